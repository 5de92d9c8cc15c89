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


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is said in the chunks from the end of the stretch before it to sample `end`, which is not within a word."""

    end: int
    language: str
    """Of the speech so far; empty before there was any."""
    utterances: tuple[Utterance, ...]


class Transcriber(Protocol):
    """Recognizes speech. Loads its model at first use, and raises `ModelUnavailable` when it cannot be loaded."""

    @property
    def model(self) -> str:
        """The model's name and version."""
        ...

    def transcribe(self, chunks: Iterable[Samples], *, language: str = "") -> Iterator[Stretch]:
        """What is said, stretch by stretch, while the chunks (of any length) are gone through, once.

        Who begins anew behind a stretch, with its language, hears the rest as well. Without a language it is that of
        the first speech. Takes the same memory for a recording of any length. Silence, noise and music give no
        utterance; what the chunks raise goes through.
        """
        ...
