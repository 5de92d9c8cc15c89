"""One process of a stack: how it starts, when it is ready, how one sees that it lives, how it stops."""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Probe = Callable[[], str | None]
"""None when the part is ready; otherwise a few words that say what it waits for. Must return within a second."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A file that a living part touches. Older than `max_age_s`, the part hangs and is killed."""

    file: Path
    max_age_s: float = 15.0

    def age_s(self) -> float | None:
        """Seconds since the last beat; None before the first."""
        try:
            return max(0.0, time.time() - self.file.stat().st_mtime)
        except FileNotFoundError:
            return None

    @property
    def stale(self) -> bool:
        """Whether the last beat is too long ago, or the file was taken away."""
        age = self.age_s()
        return age is None or age > self.max_age_s

    def ready(self) -> str | None:
        """A `Probe`: the part is ready when it beats."""
        return "its first heartbeat" if self.stale else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process. `env` is its whole environment; `argv[0]` is an absolute path.

    It is started once every part in `needs` is ready, and started again whenever one of `restarts_with` is. A part
    that is not ready `start_limit_s` after its start counts as failed. It is stopped with `stop_signal`, and killed
    `stop_grace_s` later; no grace at all means that it is killed at once.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    ready: Probe
    needs: tuple[str, ...] = ()
    restarts_with: tuple[str, ...] = ()
    heartbeat: Heartbeat | None = None
    once: bool = False
    """It is no server but a step, ready when its process has ended with exit status 0; `ready` says what that does."""
    start_limit_s: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_grace_s: float = 3.0
    notes: Mapping[str, str] = field(default_factory=dict)
    """What else a reader of the stack's state may want to know of it, such as its address. No secrets."""
