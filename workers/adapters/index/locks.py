"""Locks between processes on one machine: advisory file locks, which the kernel lets go of when their holder dies.

They hold between threads of one process as well, because every use opens the file anew (flock(2) locks belong to
the open file, not to the process).
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait until no other thread or process is between these lines. Raises `OSError` when the file cannot be made."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def if_free(path: Path) -> Iterator[bool]:
    """Whether the lock could be had at once; if so, it is held until the end of the block."""
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
