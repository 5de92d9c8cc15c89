"""When a part that failed is started again, and when that is given up."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """At most `limit` restarts in `window_s`; each waits twice as long as the one before, up to `longest_delay_s`."""

    limit: int = 5
    window_s: float = 60.0
    first_delay_s: float = 0.1
    longest_delay_s: float = 5.0

    def delay_s(self, failures: Sequence[float], now: float) -> float | None:
        """Seconds to wait after the last of these failures (monotonic seconds); None when it is to be given up."""
        recent = [at for at in failures if now - at <= self.window_s]
        if len(recent) > self.limit:
            return None
        return min(self.first_delay_s * 2.0 ** (len(recent) - 1), self.longest_delay_s)
