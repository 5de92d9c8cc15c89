"""The splitter: where a text may be cut into segments."""

from collections.abc import Sequence
from typing import Protocol

from workers.domain.decoded import DecodedText


class Splitter(Protocol):
    """Cuts at headings, paragraphs and sentences, as late as the size of a segment allows."""

    def split(self, text: DecodedText) -> Sequence[tuple[int, int]]:
        """Half-open spans of characters in `text.text`, in order, without overlap, none of them only white space."""
        ...
