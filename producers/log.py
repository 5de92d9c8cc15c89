"""Reading a topic as a log: from its beginning to where it ended when that was asked, as often as one likes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Self

from kafka import TopicPartition
from kafka.errors import KafkaError

from producers.groupless import away, groupless, partitions_of

FETCH_WAIT_MS = 100
"""What a broker that does not wake a waiting fetch (the embedded one) takes to read a long partition."""
LOOK_MS = 200
"""How long a broker may take to show what stands behind the end that it reports."""
LOOKS_S = 2.0
"""For how long records that arrive meanwhile still count: there may be no end to them."""
POLL_MS = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Stored:
    """One record where it stands. `timestamp_ms`: Kafka's own time of it, since the epoch.

    What the client cannot take apart is here too: a whole batch as `value`, at its last offset.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def at(self) -> datetime:
        """Kafka's time of it (UTC), or the nearest that a calendar has: the sender says it, and may say anything."""
        return _EPOCH + timedelta(milliseconds=min(max(0, self.timestamp_ms), _LAST_MS))


class TopicLog:
    """Reads topics without a consumer group. Raises `BusUnavailable` when the broker or a topic cannot be reached."""

    def __init__(self, bootstrap: str, *, timeout_s: float = 10.0, group: str | None = None) -> None:
        """`group` is the one whose committed offsets are asked for; it is not joined."""
        self._bootstrap = bootstrap
        self._timeout_s = timeout_s
        self._consumer = groupless(bootstrap, fetch_wait_ms=FETCH_WAIT_MS, timeout_s=timeout_s, group=group)

    def ends(self, topic: str) -> Mapping[int, int]:
        """Partition to the offset of the record to come.

        The embedded broker reports the first offset of the last batch instead: reading from there finds the true end.
        """
        try:
            partitions = partitions_of(self._consumer, self._bootstrap, topic)
            self._consumer.assign(partitions)
            for partition, offset in self._consumer.end_offsets(partitions).items():
                self._consumer.seek(partition, offset)
            until = monotonic() + LOOKS_S
            while self._consumer.poll(timeout_ms=LOOK_MS) and monotonic() < until:
                pass
            return {partition.partition: self._consumer.position(partition) for partition in partitions}
        except KafkaError as error:
            raise away(self._bootstrap, error) from error

    def committed(self, topic: str) -> Mapping[int, int]:
        """Partition to the offset of the first record that the group is not done with; the beginning where unknown."""
        try:
            partitions = partitions_of(self._consumer, self._bootstrap, topic)
            beginnings = self._consumer.beginning_offsets(partitions)
            return {p.partition: max(self._consumer.committed(p) or 0, beginnings[p]) for p in partitions}
        except KafkaError as error:
            raise away(self._bootstrap, error) from error

    def records(self, topic: str, ends: Mapping[int, int], begins: Mapping[int, int] | None = None) -> Iterator[Stored]:
        """The records of `topic` before `ends`, a partition after the other, from `begins` or from the beginning."""
        for partition, end in sorted(ends.items()):
            yield from self._read(TopicPartition(topic, partition), begins[partition] if begins else None, end)

    def at(self, topic: str, partition: int, offset: int) -> Stored | None:
        """The record that stands there; None where there is none (any more)."""
        try:
            if partition not in (self._consumer.partitions_for_topic(topic) or ()):
                return None
            place = TopicPartition(topic, partition)
            beginning = self._consumer.beginning_offsets([place])[place]
        except KafkaError as error:
            raise away(self._bootstrap, error) from error
        if not beginning <= offset < self.ends(topic)[partition]:
            return None
        found = next(self._read(place, offset, offset + 1), None)
        return found if found is not None and found.offset == offset else None

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, place: TopicPartition, begin: int | None, end: int) -> Iterator[Stored]:
        """Before offset `end`, from `begin`, or from the beginning; less, where the last of them are not there."""
        try:
            self._consumer.assign([place])
            start = self._consumer.beginning_offsets([place])[place] if begin is None else begin
            self._consumer.seek(place, start)
            deadline = monotonic() + self._timeout_s
            while start < end and self._consumer.position(place) < end:
                records = self._consumer.poll(timeout_ms=POLL_MS).get(place, ())
                if not records and monotonic() > deadline:
                    # The embedded broker, while it makes its topics anew, may count records that it does not keep. A
                    # broker that is away does not answer this either.
                    self._consumer.beginning_offsets([place])
                    return
                yield from (_stored(record) for record in records if record.offset < end)
                if records:
                    deadline = monotonic() + self._timeout_s
        except KafkaError as error:
            raise away(self._bootstrap, error) from error


def _stored(record: Any) -> Stored:
    headers = tuple((name, value or b"") for name, value in record.headers or ())
    return Stored(record.topic, record.partition, record.offset, record.timestamp, record.key, record.value, headers)
