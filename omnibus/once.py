"""Making something expensive at first use, once, whichever thread needs it first."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Once(Generic[Made]):
    """Calls `make` at the first call, and gives back what it made at every call. After an error it tries again."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._lock = Lock()
        self._made: list[Made] = []

    def __call__(self) -> Made:
        """What was made."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]
