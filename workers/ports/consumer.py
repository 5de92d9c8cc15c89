"""The consumer: one group's share of a topic. The group's committed offsets are the ledger of what is done."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from workers.domain.record import Incoming


class Consumer(Protocol):
    """Used by one thread. While the broker is away its methods wait or do nothing; they never raise for that."""

    def poll(self, *, timeout_s: float) -> Sequence[Incoming]:
        """The next records, waiting up to `timeout_s` seconds for the first of them; none of a paused consumer."""
        ...

    def revoked(self) -> frozenset[int]:
        """The partitions taken away since the last call: what was read of them is somebody else's now."""
        ...

    def assigned(self) -> frozenset[int]:
        """The partitions that are this member's now."""
        ...

    def commit(self, offsets: Mapping[int, int]) -> bool:
        """Note, for each partition, the offset of the first record that is not done; whether the broker has it.

        What is not noted is read again: work is then redone.
        """
        ...

    def pause(self, *, paused: bool) -> None:
        """Stop or go on taking records, without leaving the group."""
        ...

    def close(self) -> None:
        """Leave the group."""
        ...
