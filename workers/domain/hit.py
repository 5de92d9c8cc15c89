"""What retrieval finds, and what it was asked to find it among."""

from dataclasses import dataclass, field

from workers.domain.media import DEFAULT_TENANT


@dataclass(frozen=True, slots=True)
class Filters:
    """Narrows a search. Empty `modalities` means all of them; `prefix` is a prefix of the key."""

    tenant: str = DEFAULT_TENANT
    modalities: tuple[str, ...] = ()
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One segment found by one retriever; the higher the `score`, the better.

    Scores of vector search are cosines in [-1, 1]; those of keyword search are BM25, without an upper bound.
    """

    segment_id: str
    score: float


@dataclass(frozen=True, slots=True)
class FusedHit:
    """One segment after fusion: its fused score and what each retriever gave it."""

    segment_id: str
    score: float
    scores: dict[str, float] = field(default_factory=dict)
