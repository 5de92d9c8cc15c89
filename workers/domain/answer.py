"""Answers: the text, the places that bear it out, or the reason why there is none."""

from dataclasses import dataclass

from workers.domain.segment import StoredSegment


@dataclass(frozen=True, slots=True)
class Source:
    """A retrieved segment as the generator is shown it. `marker` counts from 1."""

    marker: int
    segment: StoredSegment


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence of the answer leads to this source; `quote` is the source's own words, or None for a picture."""

    marker: int
    segment: StoredSegment
    quote: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the flow found out. Exactly one of `text` and `refused` is set."""

    text: str | None
    citations: tuple[Citation, ...] = ()
    refused: str | None = None
