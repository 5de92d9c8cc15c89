"""One stack per data directory: a lock that the kernel gives back when its last holder is gone."""

import fcntl
import time
from pathlib import Path
from typing import Self

from omnibus.stacks.errors import StackFailed

PATIENCE_S = 3.0
"""How long to wait for a stack that is just going away: its guard holds the lock until everything is killed."""


class DataLock:
    """Held as long as it is open. Raises `StackFailed` when another stack uses the directory."""

    def __init__(self, file: Path, *, patience_s: float = PATIENCE_S) -> None:
        self._file = file.open("a+")
        try:
            self._acquire(time.monotonic() + patience_s)
        except StackFailed:
            self._file.close()
            raise

    def _acquire(self, deadline: float) -> None:
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    data = Path(self._file.name).parent.parent
                    raise StackFailed(f"a stack runs already on {data}; stop it with `omnibus down`") from None
                time.sleep(0.05)
            else:
                return

    def fileno(self) -> int:
        """The descriptor, for a process that is to hold the lock as well."""
        return self._file.fileno()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
