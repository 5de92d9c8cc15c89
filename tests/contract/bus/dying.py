"""A process that sends a terminal reply and is killed just before, or just after, the broker has it.

Its arguments: the broker, Redis, the topic, and `before` or `after`.
"""

import os
import signal
import sys
from typing import Any

from producers.kafka import Publisher
from schemas.answers import AnswerCompleted
from workers.adapters.cache.redis import RedisCache
from workers.answer.asked import ReplyTo
from workers.answer.reply import Replies

CLAIM_S = 2


class DyingPublisher(Publisher):
    """Ends the process around its first record."""

    def publish_raw(self, topic: str, **record: Any) -> None:
        if sys.argv[4] == "after":
            super().publish_raw(topic, **record)
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    bootstrap, redis, topic, _ = sys.argv[1:]
    replies = Replies(DyingPublisher(bootstrap, source="/dying"), RedisCache(redis), claim_s=CLAIM_S)
    replies.terminal(ReplyTo(topic, topic, "default"), AnswerCompleted(request_id=topic, answer="Blue."))


if __name__ == "__main__":
    main()
