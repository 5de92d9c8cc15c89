"""The transcriber: from speech to text with the seconds at which it was said."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from workers.domain.recording import Samples


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech, about a sentence. Seconds count from the beginning of the recording."""

    start_s: float
    end_s: float
    text: str
    """Without white space at its ends; never empty."""
    language: str
    """ISO 639-1, as the recognizer heard it."""
    confidence: float
    """In (0, 1]: the mean probability of the tokens, geometrically."""


class Transcriber(Protocol):
    """Recognizes speech. Loads its model at first use, and raises `ModelUnavailable` when it cannot be loaded."""

    @property
    def model(self) -> str:
        """The model's name and version."""
        ...

    def transcribe(self, chunks: Iterable[Samples]) -> Iterator[Utterance]:
        """What is said, in order of time, while the chunks (of any length) are gone through, once.

        Takes the same memory for a recording of any length. Silence, noise and music give no utterance; what the chunks
        raise goes through.
        """
        ...
