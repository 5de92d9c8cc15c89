"""What stands beside a segment in its object, out of the rows of those places, of which there may be several copies."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workers.adapters.index.rows import segment_from, version_from
from workers.domain.segment import StoredSegment


def places_around(segment: StoredSegment, reach: int) -> Sequence[int]:
    """The ordinals up to `reach` before and after that of `segment`."""
    at = segment.ordinal
    return [*range(max(0, at - reach), at), *range(at + 1, at + reach + 1)]


def beside(segment: StoredSegment, rows: Iterable[Mapping[str, Any]]) -> Sequence[StoredSegment]:
    """Those of the rows, with the columns `SEGMENT_COLUMNS`, that `ports.index.Index.around` gives, in order."""
    same = [row for row in rows if version_from(row) == segment.version]
    newest = {row["ordinal"]: segment_from(row) for row in sorted(same, key=lambda row: row["generation"])}
    within = [newest[at] for at in sorted(newest) if newest[at].parent == segment.parent]
    # Where the object was cut anew, the segment itself may stand elsewhere in the newer copy.
    return [each for each in within if each.id != segment.id]
