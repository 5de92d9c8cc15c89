"""What retrieval finds, and what it was asked to find it among."""

from dataclasses import dataclass, field
from datetime import datetime

from workers.domain.media import DEFAULT_TENANT
from workers.domain.taken import Near


@dataclass(frozen=True, slots=True)
class Filters:
    """Narrows a search. Empty `modalities` means all of them; `prefix` is a prefix of the key.

    With `taken_from` (within), `taken_until` (without; both have a time zone) or `near` only what is known to have been
    taken then or there is searched.
    """

    tenant: str = DEFAULT_TENANT
    modalities: tuple[str, ...] = ()
    prefix: str = ""
    taken_from: datetime | None = None
    taken_until: datetime | None = None
    near: Near | None = None


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
