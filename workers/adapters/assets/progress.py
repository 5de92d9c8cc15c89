"""How far a fetch has come. The store reports; whoever passed a `Progress` decides whether anything is drawn."""

from typing import Protocol


class Progress(Protocol):
    """Hears about one asset at a time: `started`, any number of `advanced`, `finished` (also after an error)."""

    def started(self, name: str, total_bytes: int) -> None:
        """The asset `name` is being fetched; `total_bytes` of model files are missing."""
        ...

    def advanced(self, count: int) -> None:
        """Another `count` of those bytes have come; all counts of a successful fetch add up to the total."""
        ...

    def finished(self) -> None:
        """Nothing more will come for this asset."""
        ...


class Silence:
    """A `Progress` that nobody watches."""

    def started(self, name: str, total_bytes: int) -> None:
        """Ignore it."""

    def advanced(self, count: int) -> None:
        """Ignore it."""

    def finished(self) -> None:
        """Ignore it."""


class Meter:
    """Turns "this share of a file" into bytes of that file.

    A package is compressed and a source may be given up midway, so bytes on the wire would not add up to the total.
    The meter never goes back: what a second source sends again is not counted again.
    """

    def __init__(self, progress: Progress, size: int) -> None:
        self._progress = progress
        self._size = size
        self._reported = 0

    def reached(self, fraction: float) -> None:
        """The file is there up to `fraction` (0 to 1) of it."""
        count = int(self._size * min(fraction, 1.0)) - self._reported
        if count > 0:
            self._reported += count
            self._progress.advanced(count)
