"""Locks between processes: for stores that cannot compare and write in one step by themselves."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Protocol


class Locks(Protocol):
    """Named locks. A lock has a time limit, so that the lock of a holder that died passes to the next.

    A holder that stalls for longer than the limit does not notice that its lock has passed: what it guards must stay
    whole when its writes come late.
    """

    def held(self, names: Collection[str]) -> AbstractContextManager[None]:
        """Wait until no other thread or process holds any of these names, and hold all of them until the end.

        Either all are held or none, so that two callers can never wait for each other. Not reentrant: a holder that
        asks again for what it holds waits in vain. Raises `ServiceUnavailable` when the locks cannot be had, because
        the server does not answer or others hold them for too long.
        """
        ...
