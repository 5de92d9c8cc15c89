"""Topics, made where they are missing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from producers.errors import BusUnavailable
from producers.kafka import LARGEST
from schemas.topics import DEAD_LETTER_SUFFIX

TIMEOUT_MS = 10_000
DEAD_LETTERS_KEPT_MS = 90 * 24 * 3600 * 1000
"""A week, as brokers keep records, may pass before anybody looks."""
AS_THE_BROKER_SAYS = -1
"""Replication factor: the broker's own default (KIP-464)."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A topic that is missing, or has fewer partitions than it should: `present` of `wanted`."""

    bootstrap: str
    topic: str
    present: int
    wanted: int

    @property
    def found(self) -> str:
        """What is wrong, in a line."""
        if not self.present:
            return f"topic {self.topic} is missing"
        return (
            f"topic {self.topic} has {_counted(self.present)}, not {self.wanted}, "
            "and no more dispatchers than that can share its work"
        )

    @property
    def remedy(self) -> str:
        """What to do about it, in a line."""
        if not self.present:
            return "make it with: omnibus setup"
        return (
            f"stop them, then: kafka-topics.sh --bootstrap-server {self.bootstrap} --alter --topic {self.topic} "
            f"--partitions {self.wanted}"
        )


def set_up_topics(bootstrap: str, topics: Mapping[str, int], *, replication: int = AS_THE_BROKER_SAYS) -> list[str]:
    """Make each topic with that many partitions, unless it is there; a line for each that was made.

    A topic that has another number of partitions is left as it is (`other_partitions` tells of it): changing it moves
    keys to other partitions, which must not happen while their events are on the way. Raises `BusUnavailable`.
    """
    with _admin(bootstrap) as admin:
        present = _partitions(admin)
        missing = {name: partitions for name, partitions in topics.items() if name not in present}
        for name, partitions in missing.items():
            _create(admin, NewTopic(name, partitions, replication, topic_configs=_configuration(name)))
        # A broker learns of a topic a moment after it has agreed to make it.
        admin.wait_for_topics(list(missing), timeout_ms=TIMEOUT_MS)
    return [f"made topic {name} with {_counted(partitions)}" for name, partitions in missing.items()]


def other_partitions(bootstrap: str, topics: Mapping[str, int]) -> list[str]:
    """A line, with its remedy, for each shortfall. Raises `BusUnavailable`."""
    return [f"{each.found}; {each.remedy}" for each in shortfalls(bootstrap, topics)]


def shortfalls(bootstrap: str, topics: Mapping[str, int]) -> list[Shortfall]:
    """The topics that are missing or have fewer partitions than they should. Raises `BusUnavailable`."""
    with _admin(bootstrap) as admin:
        present = _partitions(admin)
    found = (Shortfall(bootstrap, name, present.get(name, 0), wanted) for name, wanted in topics.items())
    return [each for each in found if each.present < each.wanted]


def _configuration(name: str) -> dict[str, str]:
    """A dead letter has more headers than the record that it keeps, which may be as large as its own topic allows."""
    if not name.endswith(DEAD_LETTER_SUFFIX):
        return {}
    return {"max.message.bytes": str(LARGEST), "retention.ms": str(DEAD_LETTERS_KEPT_MS), "retention.bytes": "-1"}


def _partitions(admin: KafkaAdminClient) -> dict[str, int]:
    """The number of partitions of every topic that is there."""
    return {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics()}


@contextmanager
def _admin(bootstrap: str) -> Iterator[KafkaAdminClient]:
    try:
        # An admin client that finds no broker at first would wait up to 30 s before it looks again.
        admin = KafkaAdminClient(
            bootstrap_servers=bootstrap,
            bootstrap_timeout_ms=TIMEOUT_MS,
            request_timeout_ms=TIMEOUT_MS,
            reconnect_backoff_max_ms=100,
        )
        try:
            yield admin
        finally:
            admin.close()
    except KafkaError as error:
        raise BusUnavailable(f"Kafka at {bootstrap} does not answer: {error}") from error


def _create(admin: KafkaAdminClient, topic: NewTopic) -> None:
    try:
        admin.create_topics([topic])
    except TopicAlreadyExistsError:
        # Someone else made it since we looked.
        return


def _counted(partitions: int) -> str:
    return "1 partition" if partitions == 1 else f"{partitions} partitions"
