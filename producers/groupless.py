"""A consumer of no group's, which reads where it is told to: what a requester's tail and an operator's log stand on."""

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from producers.errors import BusUnavailable
from producers.reading import read_on


def groupless(bootstrap: str, *, fetch_wait_ms: int, timeout_s: float, group: str | None = None) -> KafkaConsumer:
    """It joins no group; `group` is only the one whose committed offsets can be asked for. Raises `BusUnavailable`."""
    try:
        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            # A broker that does not wake a waiting fetch (the embedded one) answers after this long.
            fetch_max_wait_ms=fetch_wait_ms,
            bootstrap_timeout_ms=int(timeout_s * 1000),
            reconnect_backoff_max_ms=1000,
        )
    except KafkaError as error:
        raise away(bootstrap, error) from error
    return read_on(consumer)


def partitions_of(consumer: KafkaConsumer, bootstrap: str, topic: str) -> list[TopicPartition]:
    """All of them, in order. Raises `BusUnavailable` where there is no such topic, and the client's errors."""
    numbers = consumer.partitions_for_topic(topic)
    if not numbers:
        raise BusUnavailable(
            f"Kafka at {bootstrap} has no topic {topic}; is the stack set up? (omnibus up, omnibus setup)"
        )
    return [TopicPartition(topic, number) for number in sorted(numbers)]


def away(bootstrap: str, error: object) -> BusUnavailable:
    """What to raise, and so to say, when Kafka does not answer."""
    return BusUnavailable(f"Kafka at {bootstrap} does not answer: {error}; is the stack up? (omnibus up)")
