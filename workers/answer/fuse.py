"""Fusion: one list out of many, by reciprocal rank, among the hits that are evidence at all."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import fsum

from workers.answer.retrieve import Retrieved
from workers.domain.hit import FusedHit, Hit

WEIGHTS = {"keywords": 0.5}
"""Retriever -> weight of its ranks, 1.0 where none is given. A word in common is weaker evidence than a close meaning:
a passage with "big" in it must not stand level with the best picture of a big cat."""
K = 60
"""Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet", SIGIR 2009."""


def fuse(retrieved: Sequence[Retrieved], floors: Mapping[str, float], top_k: int) -> list[FusedHit]:
    """The `top_k` best segments over all lists, best first; ties by id, so that the same question gives the same order.

    `floors` gives, for a retriever, the score below which a hit says nothing. Such hits take part only when no list
    has anything better: a picture that matches nothing must not stand beside a passage that matches well.
    """
    lists = [(entry.retriever, hits) for entry in retrieved for hits in entry.lists]
    strong = [(name, [hit for hit in hits if hit.score >= floors.get(name, 0.0)]) for name, hits in lists]
    found_by_meaning = any(hits for name, hits in strong if name in floors)
    return _reciprocal_rank(strong if found_by_meaning else lists)[:top_k]


def evidence(hits: Sequence[FusedHit], floors: Mapping[str, float]) -> list[FusedHit]:
    """Those hits that at least one vector retriever finds close enough to be evidence, best first."""
    return [hit for hit in hits if any(hit.scores.get(name, -1.0) >= floor for name, floor in floors.items())]


def _reciprocal_rank(lists: Sequence[tuple[str, Sequence[Hit]]]) -> list[FusedHit]:
    shares: dict[str, list[float]] = defaultdict(list)
    scores: dict[str, dict[str, float]] = defaultdict(dict)
    for name, hits in lists:
        for rank, hit in enumerate(hits, start=1):
            shares[hit.segment_id].append(WEIGHTS.get(name, 1.0) / (K + rank))
            scores[hit.segment_id][name] = max(hit.score, scores[hit.segment_id].get(name, hit.score))
    # Exactly rounded, so that equal ranks are equal scores, whatever the order of the lists.
    fused = {segment_id: fsum(parts) for segment_id, parts in shares.items()}
    order = sorted(fused, key=lambda segment_id: (-fused[segment_id], segment_id))
    return [FusedHit(segment_id, fused[segment_id], scores[segment_id]) for segment_id in order]
