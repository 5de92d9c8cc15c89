"""The hits of a search while objects are being replaced: a segment may be found in its old and in its new copy."""

from collections.abc import Callable, Sequence

from workers.domain.hit import Hit


def distinct(search: Callable[[int], list[Hit]], k: int) -> Sequence[Hit]:
    """The best `k` hits of different segments; `search` gives the best so many, copies counted."""
    limit = k
    while limit > 0:
        hits = search(limit)
        best: dict[str, Hit] = {}
        for hit in hits:
            best.setdefault(hit.segment_id, hit)
        if len(best) >= k or len(hits) < limit:
            return list(best.values())[:k]
        limit *= 2
    return []
