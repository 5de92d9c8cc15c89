"""Topics of the test's own on the real broker, and what is in them."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from omnibus.stacks.endpoints import Endpoints
from producers.kafka import Publisher
from producers.reading import read_on
from producers.setup.topics import set_up_topics
from workers.adapters.bus.kafka import KafkaTopicConsumer


@pytest.fixture(scope="session")
def bootstrap(servers: Endpoints) -> str:
    return servers.kafka


@pytest.fixture(scope="session")
def new_topic(bootstrap: str) -> Callable[..., str]:
    """Makes a topic that nobody else uses, with its dead letters; gives its name."""

    def make(partitions: int = 1) -> str:
        name = f"test.{uuid.uuid4().hex}"
        set_up_topics(bootstrap, {name: partitions, f"{name}.dlt": 1}, replication=1)
        return name

    return make


@pytest.fixture
def topic(new_topic: Callable[..., str]) -> str:
    """A topic with one partition."""
    return new_topic()


@pytest.fixture(scope="session")
def publisher(bootstrap: str) -> Iterator[Publisher]:
    with Publisher(bootstrap, source="/test") as made:
        yield made


@pytest.fixture
def join(bootstrap: str) -> Iterator[Callable[..., KafkaTopicConsumer]]:
    """Joins a group on a topic; members that are still there at the end of the test leave then."""
    members: list[KafkaTopicConsumer] = []

    def member(topic: str, group: str = "", **settings: Any) -> KafkaTopicConsumer:
        wanted = {"fetch_wait_ms": 10, "batch": 100, **settings}
        made = KafkaTopicConsumer(bootstrap, topic=topic, group=group or f"{topic}.group", **wanted)
        members.append(made)
        return made

    yield member
    for made in members:
        made.close()


@pytest.fixture
def records_of(bootstrap: str) -> Iterator[Callable[[str], Sequence[Any]]]:
    """All records of a topic with one partition, as a program reads them that knows only Kafka."""
    consumers: dict[str, KafkaConsumer] = {}
    seen: dict[str, list[Any]] = {}

    def read(topic: str) -> Sequence[Any]:
        if topic not in consumers:
            consumers[topic] = read_on(KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest"))
            consumers[topic].assign([TopicPartition(topic, 0)])
            consumers[topic].seek_to_beginning()
            seen[topic] = []
        for batch in consumers[topic].poll(timeout_ms=100).values():
            seen[topic] += batch
        return seen[topic]

    yield read
    for consumer in consumers.values():
        consumer.close()
