"""From tokens to text as a reader wants it: whole words, no source markers, and the same whether streamed or not."""

import re
from collections.abc import Callable

from workers.adapters.models.prompt import NOT_FOUND

_MARKER = re.compile(r"\s*\[\d{1,2}(?:\s*,\s*\d{1,2})*\]")
"""`[1]` or `[1, 2]`, with the space before it: the model's own citations, which are wrong too often to keep."""
_UNSETTLED = re.compile(r"\s*\[[\d\s,]*$|\s*\S{0,32}$")
"""The end of a text that more text may change: what may become a marker, or the last word (of a script with spaces)."""


class Stream:
    """Takes pieces as they are decoded, hands on what is settled; `text` is all that was handed on."""

    def __init__(self, on_text: Callable[[str], None] | None) -> None:
        self._on_text = on_text
        self._unsettled = ""
        self.text = ""

    def push(self, piece: str) -> None:
        """One more piece of whole characters."""
        self._unsettled = _MARKER.sub("", self._unsettled + piece)
        unsettled = _UNSETTLED.search(self._unsettled)
        self._hand_on(unsettled.start() if unsettled else len(self._unsettled))

    def close(self) -> str:
        """Hand on the rest, and return the whole text."""
        self._unsettled = self._unsettled.rstrip()
        self._hand_on(len(self._unsettled))
        return self.text

    def _hand_on(self, count: int) -> None:
        settled, self._unsettled = self._unsettled[:count], self._unsettled[count:]
        if not self.text:
            settled = settled.lstrip()
        if settled:
            self.text += settled
            if self._on_text:
                self._on_text(settled)


def refuses(text: str) -> bool:
    """Whether a model's text is the refusal it was asked for, whatever it put around or after it."""
    return text.lstrip("\"'*` \n").upper().startswith(NOT_FOUND)
