"""The retry policy: how often, how long in between, and what counts as a try."""

from dataclasses import dataclass

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Bounded tries with exponential back-off and full jitter.

    An object has `tries` tries of its own. What fails because a store or a model is away is none of them, and is waited
    for up to `patience_s` seconds. All objects together are sent again `per_hour` times an hour at most; what is beyond
    that waits. Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (full jitter).
    """

    tries: int = 5
    base_s: float = 0.5
    cap_s: float = 30.0
    patience_s: float = 24 * HOUR_S
    per_hour: int = 36_000

    def exhausted(self, tries: int, failing_s: float) -> bool:
        """Whether nothing is tried again after this many tries of its own, the first `failing_s` seconds ago."""
        return tries >= self.tries or failing_s >= self.patience_s

    def delay_s(self, sent: int, random: float) -> float:
        """Seconds to wait after it was sent for the `sent`-th time, for `random` uniform in [0, 1)."""
        # No more doubling than a float can take.
        ceiling: float = min(self.cap_s, self.base_s * 2 ** min(sent - 1, 64))
        return random * ceiling


class RetryBudget:
    """What is left of the hour's retries: a bucket that holds `per_hour` and fills evenly (a token bucket)."""

    def __init__(self, per_hour: int) -> None:
        self._per_hour = per_hour
        self._left = float(per_hour)
        self._filled_at = 0.0

    def left(self, now: float) -> int:
        """How many retries there are at `now` (monotonic seconds)."""
        filled = (now - self._filled_at) * self._per_hour / HOUR_S
        self._left = min(float(self._per_hour), self._left + filled)
        self._filled_at = now
        return int(self._left)

    def use(self, retries: int) -> None:
        """So many were made, of those that were left."""
        self._left -= retries
