"""Fusion: one list out of many, by reciprocal rank; hits that are no evidence come last."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import fsum

from workers.answer.retrieve import Retrieved
from workers.domain.hit import FusedHit, Hit

WEIGHTS = {"keywords": 0.5}
"""Retriever -> weight of its ranks, 1.0 where none is given. A word in common is weaker evidence than a close meaning:
a passage with "big" in it must not stand level with the best picture of a big cat."""
WEAK = 0.05
"""Weight of a hit below its floor: less than the last of the hits above it."""
K = 60
"""Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet", SIGIR 2009."""


def fuse(retrieved: Sequence[Retrieved], floors: Mapping[str, float], top_k: int) -> list[FusedHit]:
    """The `top_k` best segments over all lists, best first; ties by id, so that the same question gives the same order.

    `floors` gives, for a retriever, the score below which a hit says nothing. Such hits come last: a picture that
    matches nothing must not stand beside a passage that matches well.
    """
    shares: dict[str, list[float]] = defaultdict(list)
    scores: dict[str, dict[str, float]] = defaultdict(dict)
    for name, hits in ((entry.retriever, hits) for entry in retrieved for hits in entry.lists):
        for rank, hit in enumerate(hits, start=1):
            shares[hit.segment_id].append(_weight(name, hit, floors) / (K + rank))
            scores[hit.segment_id][name] = max(hit.score, scores[hit.segment_id].get(name, hit.score))
    # Exactly rounded, so that equal ranks are equal scores, whatever the order of the lists.
    fused = {segment_id: fsum(parts) for segment_id, parts in shares.items()}
    order = sorted(fused, key=lambda segment_id: (-fused[segment_id], segment_id))
    return [FusedHit(segment_id, fused[segment_id], scores[segment_id]) for segment_id in order[:top_k]]


def evidence(hits: Sequence[FusedHit], floors: Mapping[str, float]) -> list[FusedHit]:
    """Those hits that at least one vector retriever finds close enough to be evidence, best first."""
    return [hit for hit in hits if any(hit.scores.get(name, -1.0) >= floor for name, floor in floors.items())]


def _weight(retriever: str, hit: Hit, floors: Mapping[str, float]) -> float:
    return WEAK if hit.score < floors.get(retriever, 0.0) else WEIGHTS.get(retriever, 1.0)
