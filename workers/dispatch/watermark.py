"""The completion watermark: how far a partition is done without a gap.

Kafka is the ledger: an offset is committed only when every record before it is completed, superseded or
dead-lettered, so that whatever is lost on the way is read again.
"""

from collections.abc import Mapping

from workers.domain.record import Position


class Watermarks:
    """Keeps the open records of each partition. Offsets of one partition arrive in order, with or without gaps."""

    def __init__(self) -> None:
        self._open: dict[int, dict[int, None]] = {}
        self._next: dict[int, int] = {}
        self._committed: dict[int, int] = {}

    def open(self, position: Position) -> None:
        """A record was read."""
        self._open.setdefault(position.partition, {})[position.offset] = None
        self._next[position.partition] = position.offset + 1

    def complete(self, position: Position) -> None:
        """A record is done; one of a partition that was dropped is passed over."""
        self._open.get(position.partition, {}).pop(position.offset, None)

    def drop(self, partition: int) -> None:
        """The partition was taken away."""
        for by_partition in (self._open, self._next, self._committed):
            by_partition.pop(partition, None)

    @property
    def in_flight(self) -> int:
        """How many records are open."""
        return sum(len(offsets) for offsets in self._open.values())

    def pending_commits(self) -> Mapping[int, int]:
        """Partition -> offset of the first record that is not done, where that has moved since `committed`."""
        marks = {
            # Dicts keep insertion order, and offsets arrive in order: the first key is the lowest open offset.
            partition: next(iter(self._open.get(partition, ())), following)
            for partition, following in self._next.items()
        }
        return {p: offset for p, offset in marks.items() if self._committed.get(p) != offset}

    def committed(self, offsets: Mapping[int, int]) -> None:
        """These were handed to the broker."""
        self._committed.update(offsets)
