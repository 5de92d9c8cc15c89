"""The Backlog port over Kafka, through kafka-python."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from time import monotonic
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from producers.reading import read_on
from workers.errors import ServiceUnavailable
from workers.spool import Row, by_first

LOOK_MS = 200
"""How long a poll that finds nothing waits: longer than the broker holds back an answer (`fetch_max_wait_ms`)."""
PATIENCE_S = 10.0
"""How long the broker may give nothing while there is more, and how long records that still come are followed."""


class KafkaBacklog:
    """What `group` has not committed of `topic`. Joins no group, and connects anew for each call."""

    def __init__(self, bootstrap: str, *, topic: str, group: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._group = group

    def waiting(self) -> Iterator[tuple[str, datetime]]:
        """See `ports.backlog.Backlog`. Records without a key are passed over."""
        for key, rows in groupby(by_first(self._unsorted(), 2), key=itemgetter(0)):
            *_, (_, last_ms) = rows
            yield str(key), datetime.fromtimestamp(int(last_ms or 0) / 1000, UTC)

    def _unsorted(self) -> Iterator[Row]:
        try:
            consumer = KafkaConsumer(
                bootstrap_servers=self._bootstrap,
                group_id=self._group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=10,
                bootstrap_timeout_ms=3000,
            )
            try:
                yield from self._read(read_on(consumer))
            finally:
                consumer.close(autocommit=False)
        except KafkaError as error:
            raise ServiceUnavailable(f"Kafka at {self._bootstrap} does not answer: {error}") from error

    def _read(self, consumer: Any) -> Iterator[Row]:
        partitions = [TopicPartition(self._topic, p) for p in sorted(consumer.partitions_for_topic(self._topic) or ())]
        if not partitions:
            raise ServiceUnavailable(f"Kafka at {self._bootstrap} has no topic {self._topic}: run omnibus setup")
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        for partition, beginning in consumer.beginning_offsets(partitions).items():
            consumer.seek(partition, max(beginning, consumer.committed(partition) or 0))
        yield from _to_the_end(consumer, partitions, ends)


def _to_the_end(consumer: Any, partitions: Sequence[Any], ends: dict[Any, int]) -> Iterator[Row]:
    """Key and time (ms since the epoch) of the records up to `ends`, and as much further as there is.

    The embedded broker reports the first offset of the last batch as the end, so that only a poll that finds nothing
    shows the true one.
    """
    give_up = monotonic() + PATIENCE_S
    while True:
        batches = consumer.poll(timeout_ms=LOOK_MS)
        for records in batches.values():
            yield from ((record.key.decode(errors="replace"), record.timestamp) for record in records if record.key)
        complete = all(consumer.position(partition) >= ends[partition] for partition in partitions)
        if complete and (not batches or monotonic() > give_up):
            return
        if batches and not complete:
            give_up = monotonic() + PATIENCE_S
        if monotonic() > give_up:
            raise ServiceUnavailable(f"Kafka gave no records for {PATIENCE_S:.0f} s, though there are more")
