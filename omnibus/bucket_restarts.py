"""Noticing that the object store was started again: of what was put just then, it forgets to report some."""

from collections.abc import Callable
from time import monotonic

from workers.errors import ServiceUnavailable

LOOK_S = 5.0
SLACK_S = 3.0
"""Uptimes come in whole seconds, and the answer takes a while."""
SETTLED_S = 5.0
"""After so long, clients that waited for the store have put their objects, and it reports all of them again."""


class BucketRestarts:
    """`uptime_s` gives the store's uptime, None where it does not tell, and raises when it does not answer.

    `say` gets a line when restarts cannot be noticed.
    """

    def __init__(
        self,
        uptime_s: Callable[[], float | None],
        say: Callable[[str], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._uptime_s = uptime_s
        self._say = say
        self._clock = clock
        self._look_at = 0.0
        self._started: float | None = None
        self._restarted = False
        self._blind = False

    def __call__(self) -> bool:
        """Whether it was restarted since the first call, and has settled; True once for each restart."""
        now = self._clock()
        if self._blind or now < self._look_at:
            return False
        self._look_at = now + LOOK_S
        try:
            uptime = self._uptime_s()
        except ServiceUnavailable:
            # The runs say so themselves.
            return False
        if uptime is None:
            self._blind = True
            self._say("the object store does not tell when it was started: what a restart loses is found on schedule")
            return False
        started = now - uptime
        if self._started is not None and started > self._started + SLACK_S:
            self._restarted = True
        if self._started is None or self._restarted:
            self._started = started
        if self._restarted and uptime >= SETTLED_S:
            self._restarted = False
            return True
        return False
