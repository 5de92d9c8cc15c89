"""The reader: from a picture to the words that are written in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from workers.domain.decoded import Pixels
from workers.domain.locator import Box


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One line of text, or a piece of one. `confidence` is in [0, 1]; `box` is upright around text that is not."""

    text: str
    box: Box
    confidence: float


class TextReader(Protocol):
    """Reads text in upright pictures. Loads its models at first use; safe to call from threads.

    Raises `ModelUnavailable` when a model cannot be loaded.
    """

    @property
    def model(self) -> str:
        """The models' name and version: what was read by others may differ."""
        ...

    def may_have_text(self, picture: Pixels) -> bool:
        """A look that costs a small part of reading. False: reading would most likely find nothing."""
        ...

    def read(self, picture: Pixels) -> Sequence[ReadLine]:
        """Its lines, from top to bottom, those of one height from left to right; none where there is no text."""
        ...
