"""One terminal reply, whatever is killed on the way to it: on real servers, with processes that really die."""

import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from dying import CLAIM_S

from omnibus.stacks.endpoints import Endpoints
from producers.kafka import Publisher
from schemas.answers import AnswerCompleted
from schemas.envelope import attributes_of
from workers.adapters.cache.redis import RedisCache
from workers.answer.asked import ReplyTo
from workers.answer.reply import Replies
from workers.errors import WorkLost


@pytest.mark.parametrize(("killed", "copies"), [("before", 1), ("after", 2)])
def test_a_process_that_dies_while_it_replies_leaves_one_reply_for_the_next_to_send(
    killed: str,
    copies: int,
    servers: Endpoints,
    topic: str,
    publisher: Publisher,
    records_of: Callable[[str], Sequence[Any]],
    wait_until: Callable[..., object],
) -> None:
    script = Path(__file__).with_name("dying.py")
    died = subprocess.run(
        [sys.executable, str(script), servers.kafka, servers.redis, topic, killed], check=False, timeout=60
    )
    assert died.returncode == -signal.SIGKILL
    replies = Replies(publisher, RedisCache(servers.redis), claim_s=CLAIM_S)
    to = ReplyTo(topic, topic, "default")
    # What it claimed is nobody's until the claim runs out; what it had to say is said then, and nothing else.
    wait_until(lambda: replies.fail(to, WorkLost("no worker finished")))
    wait_until(lambda: len(records_of(topic)) == copies)
    assert not replies.fail(to, WorkLost("no worker finished"))
    found = {(attributes_of(record.headers)["id"], record.value) for record in records_of(topic)}
    ((_, value),) = found
    assert AnswerCompleted.model_validate_json(value) == AnswerCompleted(request_id=topic, answer="Blue.")
