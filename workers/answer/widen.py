"""Widening: what stands before and after the evidence in its object, as far as the model can be shown more."""

from collections.abc import Callable, Sequence

from workers.domain.answer import Source
from workers.domain.segment import StoredSegment

REACH = 8
"""Places before and after that are looked at: a page of a document has up to seven pictures, of which a model wrote
what words there are, and a recording as many sounds between two sentences."""


def widened(
    sources: Sequence[Source],
    places: int,
    around: Callable[[StoredSegment], Sequence[StoredSegment]],
    modalities: Sequence[str],
) -> list[Source]:
    """The sources, and in the `places` that they leave empty what stands beside them: the best one's first.

    `around` gives the segments of the same section, page or shot (see `ports.index.Index`), of which the nearest one
    after the source and the nearest before it are taken, if there are words of their own in them and they are of
    `modalities` (none: of any). Raises as `around` does. Without a source there is nothing beside it.
    """
    shown = {source.segment.id: source.segment for source in sources}
    for source in sources:
        if len(shown) >= places:
            break
        wanted = [each for each in around(source.segment) if not modalities or each.modality in modalities]
        for each in _nearest(source.segment, [each for each in wanted if each.text and not each.derived]):
            if len(shown) < places:
                shown.setdefault(each.id, each)
    return [Source(number, segment) for number, segment in enumerate(shown.values(), start=1)]


def _nearest(segment: StoredSegment, others: Sequence[StoredSegment]) -> list[StoredSegment]:
    """The next one of `others`, which are in order, and then the one before."""
    after = [each for each in others if each.ordinal > segment.ordinal]
    before = [each for each in others if each.ordinal < segment.ordinal]
    return [*after[:1], *before[-1:]]
