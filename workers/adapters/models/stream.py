"""From tokens to text as a reader wants it: whole words, no source markers, and the same whether streamed or not."""

import re
from collections.abc import Callable

from workers.ports.generator import NOT_FOUND

_MARKER = re.compile(r"\s*\[\d{1,2}(?:\s*,\s*\d{1,2})*\]")
"""`[1]` or `[1, 2]`, with the space before it: the model's own citations, which are wrong too often to keep."""
_UNSETTLED = re.compile(r"\s*\[[\d\s,]*\Z|\s*\S{0,32}\Z")
"""The end of a text that more text may change: what may become a marker, or the last word.

Scripts without spaces are handed on too, 32 characters late.
"""
_QUOTES = "\"'`*"
_REFUSAL = re.compile(rf"[{_QUOTES}]*{NOT_FOUND}\b", re.IGNORECASE)


class Stream:
    """Takes pieces as they are decoded, hands on what is settled; `text` is all that was handed on.

    A refusal, whatever the model puts around it, is the text `NOT_FOUND` and nothing else.
    """

    def __init__(self, on_text: Callable[[str], None] | None) -> None:
        self._on_text = on_text
        self._unsettled = ""
        self.text = ""
        self.refused = False

    def push(self, piece: str) -> None:
        """One more piece of whole characters. Nothing is wanted after a refusal."""
        self._unsettled = _MARKER.sub("", self._unsettled + piece)
        if not self.text:
            self._unsettled = self._unsettled.lstrip()
            if NOT_FOUND.startswith(self._unsettled.lstrip(_QUOTES).upper()):
                return  # too early to tell whether it is a refusal
            self.refused = bool(_REFUSAL.match(self._unsettled))
        tail = _UNSETTLED.search(self._unsettled)
        if tail and not self.refused:
            self._hand_on(tail.start())

    def close(self) -> str:
        """Hand on the rest, and return the whole text."""
        self.refused = self.refused or (not self.text and bool(_REFUSAL.match(self._unsettled)))
        self._unsettled = NOT_FOUND if self.refused else self._unsettled.rstrip()
        self._hand_on(len(self._unsettled))
        return self.text

    def _hand_on(self, count: int) -> None:
        settled, self._unsettled = self._unsettled[:count], self._unsettled[count:]
        if settled:
            self.text += settled
            if self._on_text:
                self._on_text(settled)
