"""The retry policy: how often, and how long to wait in between."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Bounded tries with exponential back-off and full jitter.

    Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (full jitter).
    """

    tries: int = 5
    base_s: float = 0.5
    cap_s: float = 30.0

    def exhausted(self, tries: int) -> bool:
        """Whether nothing is tried again after this many tries."""
        return tries >= self.tries

    def delay_s(self, tries: int, random: float) -> float:
        """Seconds to wait after the `tries`-th try, for `random` uniform in [0, 1)."""
        ceiling: float = min(self.cap_s, self.base_s * 2 ** (tries - 1))
        return random * ceiling
