"""Topics, made where they are missing."""

from collections.abc import Mapping

from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from omnibus.stacks.errors import StackFailed

TIMEOUT_MS = 10_000


def create_topics(bootstrap: str, topics: Mapping[str, int]) -> None:
    """Make each topic with that many partitions, unless it is there. Raises `StackFailed`."""
    try:
        # An admin client that finds no broker at first would wait up to 30 s before it looks again.
        admin = KafkaAdminClient(
            bootstrap_servers=bootstrap,
            bootstrap_timeout_ms=TIMEOUT_MS,
            request_timeout_ms=TIMEOUT_MS,
            reconnect_backoff_max_ms=100,
        )
        try:
            present = set(admin.list_topics())
            for name, partitions in topics.items():
                if name not in present:
                    _create(admin, NewTopic(name=name, num_partitions=partitions, replication_factor=1))
        finally:
            admin.close()
    except KafkaError as error:
        raise StackFailed(f"cannot make topics at {bootstrap}: {error}") from error


def _create(admin: KafkaAdminClient, topic: NewTopic) -> None:
    try:
        admin.create_topics([topic])
    except TopicAlreadyExistsError:
        # Someone else made it since we looked.
        return
