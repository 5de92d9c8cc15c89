"""Whether an answer that is being written is still wanted: asked between tokens, so it must cost next to nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from workers.answer.asked import Asked
from workers.answer.reply import Replies
from workers.errors import ServiceUnavailable

LOOK_EVERY_S = 0.02
"""How often the cache is asked, at most; see docs/decisions/011-cancellation.md."""


@dataclass(slots=True)
class Unwanted:
    """True from the deadline on, and as soon as the question has its terminal reply, that of a cancellation above all.

    `clock` gives monotonic seconds. While the cache is away, an answer is taken for wanted.
    """

    asked: Asked
    replies: Replies
    utc_now: Callable[[], datetime]
    clock: Callable[[], float]
    _look_due: float = 0.0
    _replied: bool = False

    def __call__(self) -> bool:
        """Whether to stop."""
        return self._replied or self.asked.deadline <= self.utc_now() or self._look()

    def _look(self) -> bool:
        now = self.clock()
        if now >= self._look_due:
            self._look_due = now + LOOK_EVERY_S
            try:
                self._replied = bool(self.replies.done([self.asked.request_id]))
            except ServiceUnavailable:
                self._replied = False
        return self._replied
