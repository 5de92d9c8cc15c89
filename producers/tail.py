"""Reading a topic from now on: how a requester waits for what follows on something that it is about to send."""

from collections.abc import Iterator
from time import monotonic
from typing import Any, Self

from kafka.errors import KafkaError

from producers.groupless import away, groupless, partitions_of
from producers.reading import Unreadable

FETCH_WAIT_MS = 10
"""The latency of a reply on a broker that does not wake a waiting fetch."""


class Tail:
    """The records that reach `topic` after this was made, and perhaps a few from just before: filter by your own id.

    Belongs to no consumer group. Raises `BusUnavailable` when the broker or the topic cannot be reached.
    """

    def __init__(self, bootstrap: str, topic: str, *, timeout_s: float = 10.0) -> None:
        self._consumer = groupless(bootstrap, fetch_wait_ms=FETCH_WAIT_MS, timeout_s=timeout_s)
        try:
            partitions = partitions_of(self._consumer, bootstrap, topic)
            self._consumer.assign(partitions)
            # Not seek_to_end(), which takes effect only in a later poll: what is sent before that would be missed.
            for partition, end in self._consumer.end_offsets(partitions).items():
                self._consumer.seek(partition, end)
        except KafkaError as error:
            raise away(bootstrap, error) from error

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
