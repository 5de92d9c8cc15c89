"""Hostile records on a running stack: no consumer stops, none is started again, and what is good is worked on."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile import hostile, notifications, questions
from kafka import KafkaProducer
from running import Stack

from producers.kafka import _as_sent
from schemas.topics import MEDIA_EVENTS, QUERIES

COUNT = 1500
"""Of each kind, on each topic. Ten thousand of each go through the dispatchers' work in `tests/unit/dispatch`."""


def flood(stack: Stack, seed: int) -> None:
    producer = KafkaProducer(bootstrap_servers=stack.endpoints["kafka"], linger_ms=20, max_request_size=2_000_000)
    for topic, make in ((MEDIA_EVENTS, notifications), (QUERIES, questions)):
        for made in hostile(make, COUNT, seed):
            producer.send(topic.name, key=made.key, value=made.value, headers=_as_sent(made.headers))
    producer.flush()
    producer.close()


def restarts(stack: Stack) -> dict[str, int]:
    return {part["name"]: part["restarts"] for part in stack.run("status", "--json").json["parts"]}


@pytest.mark.timeout(600)
def test_a_flood_of_hostile_records_stops_nobody(
    stack: Stack, tmp_path: Path, wait_until: Callable[..., object]
) -> None:
    before = restarts(stack)
    flood(stack, seed=30)
    word = uuid.uuid4().hex
    outcomes = stack.upload(tmp_path, {"hostile/good.txt": f"The word is {word}.".encode()})
    assert [outcome["status"] for outcome in outcomes] == ["indexed"]
    assert stack.search(word, "--prefix", "hostile/good")[0] == "hostile/good.txt"

    def idle() -> bool:
        status = stack.run("status", "--json").json
        return status["in_flight"] == 0 and not any(status["lag"].values())

    wait_until(idle, timeout_s=240)
    assert restarts(stack) == before
