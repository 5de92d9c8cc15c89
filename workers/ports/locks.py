"""Locks between processes: for stores that cannot compare and write in one step by themselves."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Protocol

Renew = Callable[[], None]
"""Starts the time limit anew. Raises `ServiceUnavailable` when it was up, or the server does not answer."""


class Locks(Protocol):
    """Named locks. A lock has a time limit, so that the lock of a holder that died passes to the next.

    A holder that stalls for longer than the limit notices at its next `Renew` that its lock has passed, but not before:
    what it guards must bear a write that comes late.
    """

    def held(self, names: Collection[str]) -> AbstractContextManager[Renew]:
        """Wait until no other thread or process holds any of these names, and hold all of them until the end.

        Either all are held or none, so that two callers can never wait for each other. Not reentrant: a holder that
        asks again for what it holds waits in vain. Raises `ServiceUnavailable` when the locks cannot be had, because
        the server does not answer or others hold them for too long.
        """
        ...
