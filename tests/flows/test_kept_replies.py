"""A reply that is ready survives what happens to the servers on its way."""

import json
import os
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kafka.errors import KafkaError
from running import Stack, is_terminal
from waiting import wait_until

from omnibus.settings import load_running
from producers.errors import BusUnavailable
from producers.kafka import Publisher
from workers.adapters.cache.redis import RedisCache

TEXT = "What is the heron called?"


@pytest.fixture
def pond(stack: Stack, tmp_path: Path) -> str:
    """A text to ask about; the prefix that it is under. The worker has answered before, and so has its connections."""
    stack.upload(tmp_path, {"pond/heron.txt": b"The heron at the pond is called Agatha."})
    assert stack.run("ask", TEXT, "--prefix", "pond/", "--json").status == 0
    return "pond/"


def pid_of(stack: Stack, *names: str) -> Any:
    parts = stack.run("status", "--json").json["parts"]
    return next(part["pid"] for part in parts if part["name"] in names)


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def ask(stack: Stack, prefix: str) -> str:
    request_id = str(uuid.uuid4())
    body = json.dumps({"text": TEXT, "filters": {"prefix": prefix}}).encode()
    stack.send("rag.queries", body, key=request_id.encode(), headers=[("ce_id", request_id.encode())])
    return request_id


def back(stack: Stack) -> bool:
    """Whether the broker serves its topics: it first answers that nobody does."""
    try:
        return not list(stack.records("rag.replies", lambda _: False, timeout_s=0.5))
    except KafkaError:
        return False


def only_reply(stack: Stack, request_id: str) -> dict[str, object]:
    """The terminal reply, of which there may be copies."""
    wait_until(lambda: back(stack), timeout_s=90)
    stack.first("rag.replies", lambda record: is_terminal(record, request_id), timeout_s=90)
    copies = stack.replies(request_id, timeout_s=3)
    ((_, value),) = {(dict(record.headers)["ce_id"], record.value) for record in copies}
    reply: dict[str, object] = json.loads(value)
    return reply


def test_an_answer_that_is_ready_while_the_broker_is_away_comes_when_it_is_back(stack: Stack, pond: str) -> None:
    cache = RedisCache(load_running(stack.data).redis)
    broker = pid_of(stack, "tansu", "kafka")
    request_id = ask(stack, pond)
    wait_until(lambda: cache.get_many([f"question:{request_id}"])[0], every_s=0.002)
    with frozen(broker):
        wait_until(lambda: cache.get_many([f"reply-body:{request_id}"])[0], timeout_s=120)
        # The first attempt has failed, and nobody is at it.
        wait_until(lambda: cache.get_many([f"reply:{request_id}"])[0] is None, timeout_s=60)
    assert "Agatha" in str(only_reply(stack, request_id)["answer"])


def test_a_publisher_goes_on_after_the_broker_hung(stack: Stack) -> None:
    with Publisher(stack.endpoints["kafka"], source="/test", timeout_s=2) as publisher:
        publisher.publish_raw("rag.replies", key=b"hung", value=b"before")
        with frozen(pid_of(stack, "tansu", "kafka")):
            for _ in range(3):
                with pytest.raises(BusUnavailable):
                    publisher.publish_raw("rag.replies", key=b"hung", value=b"meanwhile")
        wait_until(lambda: back(stack), timeout_s=90)
        publisher.publish_raw("rag.replies", key=b"hung", value=b"after")
    assert stack.first("rag.replies", lambda record: record.value == b"after")


@pytest.mark.parametrize("kind", ["services"], indirect=True)
def test_a_question_gets_its_one_reply_though_the_broker_is_killed(stack: Stack, pond: str) -> None:
    """The embedded broker keeps everything in memory: what it held when it died is gone, questions too."""
    cache = RedisCache(load_running(stack.data).redis)
    broker = pid_of(stack, "kafka")
    request_id = ask(stack, pond)
    wait_until(lambda: cache.get_many([f"question:{request_id}"])[0], every_s=0.002)
    os.kill(broker, signal.SIGKILL)
    wait_until(lambda: pid_of(stack, "kafka") not in {broker, None}, timeout_s=60)
    assert "Agatha" in str(only_reply(stack, request_id)["answer"])


def test_what_was_answered_is_known_after_redis_was_killed(stack: Stack, pond: str) -> None:
    redis = pid_of(stack, "valkey", "redis")
    request_id = ask(stack, pond)
    first = only_reply(stack, request_id)
    os.kill(redis, signal.SIGKILL)
    wait_until(lambda: pid_of(stack, "valkey", "redis") not in {redis, None}, timeout_s=60)
    known = [("ce_id", request_id.encode())]
    stack.send("rag.queries", b'{"text": "What is it called?"}', key=request_id.encode(), headers=known)
    wait_until(lambda: len(stack.replies(request_id, timeout_s=3)) >= 2, timeout_s=90)
    assert only_reply(stack, request_id) == first
