"""Reading a topic from now on: how a requester waits for what follows on something that it is about to send."""

from collections.abc import Iterator
from time import monotonic
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from producers.errors import BusUnavailable
from producers.reading import Unreadable, read_on


class Tail:
    """The records that reach `topic` after this was made, and perhaps a few from just before: filter by your own id.

    Belongs to no consumer group. Raises `BusUnavailable` when the broker or the topic cannot be reached.
    """

    def __init__(self, bootstrap: str, topic: str, *, timeout_s: float = 10.0) -> None:
        try:
            self._consumer = KafkaConsumer(
                bootstrap_servers=bootstrap,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                # A broker that does not wake a waiting fetch (the embedded one) answers after this long.
                fetch_max_wait_ms=10,
                bootstrap_timeout_ms=int(timeout_s * 1000),
                reconnect_backoff_max_ms=1000,
            )
            read_on(self._consumer)
            partitions = [
                TopicPartition(topic, number) for number in sorted(self._consumer.partitions_for_topic(topic) or ())
            ]
            if not partitions:
                raise BusUnavailable(f"Kafka at {bootstrap} has no topic {topic}; is the stack set up? (omnibus up)")
            self._consumer.assign(partitions)
            # Not seek_to_end(), which takes effect only in a later poll: what is sent before that would be missed.
            for partition, end in self._consumer.end_offsets(partitions).items():
                self._consumer.seek(partition, end)
        except KafkaError as error:
            raise BusUnavailable(
                f"Kafka at {bootstrap} does not answer: {error}; is the stack up? (omnibus up)"
            ) from error

    def records(self, *, timeout_s: float) -> Iterator[Any]:
        """Kafka records as they come, but for those that nobody can read, until `timeout_s` seconds have passed."""
        deadline = monotonic() + timeout_s
        while (left := deadline - monotonic()) > 0:
            for batch in self._consumer.poll(timeout_ms=max(1, min(100, int(left * 1000)))).values():
                yield from (record for record in batch if not isinstance(record, Unreadable))

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
