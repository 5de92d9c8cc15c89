"""The Consumer port over Kafka, through kafka-python."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from producers.reading import Unreadable, read_on
from workers.domain.record import Incoming, Position
from workers.errors import ServiceUnavailable

JOIN_WAIT_S = 1.0
"""How long a poll waits while its member joins the group.

kafka-python 3.0.12 forgets a join that ends between two polls and begins another (`join_group_async` drops a task that
is done): with polls of 50 ms and as much time between them, joining the embedded broker took 18 to 40 s in place of 3.
"""


class KafkaTopicConsumer:
    """One member of `group` on `topic`. Raises `ServiceUnavailable` when the broker cannot be reached at the start.

    `fetch_wait_ms`: how long the broker may hold back an empty answer; on a broker that does not wake a waiting fetch
    (the embedded one) this is the latency of a message.
    """

    def __init__(self, bootstrap: str, *, topic: str, group: str, fetch_wait_ms: int, batch: int) -> None:
        self._topic = topic
        self._membership = _Membership()
        self._paused = False
        try:
            self._consumer = KafkaConsumer(
                bootstrap_servers=bootstrap,
                group_id=group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                fetch_max_wait_ms=fetch_wait_ms,
                max_poll_records=batch,
                session_timeout_ms=6000,
                heartbeat_interval_ms=1000,
                max_poll_interval_ms=60_000,
                request_timeout_ms=10_000,
                bootstrap_timeout_ms=10_000,
                reconnect_backoff_max_ms=1000,
            )
            read_on(self._consumer)
            self._consumer.subscribe([topic], listener=self._membership)
        except KafkaError as error:
            raise ServiceUnavailable(f"Kafka at {bootstrap} does not answer: {error}") from error

    def poll(self, *, timeout_s: float) -> Sequence[Incoming]:
        """See `ports.consumer.Consumer`."""
        if self._membership.joining:
            timeout_s = max(timeout_s, JOIN_WAIT_S)
        try:
            batches = self._consumer.poll(timeout_ms=max(1, int(timeout_s * 1000)))
            if self._membership.dealt_out_anew:
                # Before going back: the client's own thread may deal them out once more meanwhile.
                self._membership.dealt_out_anew = False
                batches = {}
                self._go_back_to_committed()
        except KafkaError:
            # The next poll connects again; what was not read is still there.
            return []
        if self._paused:
            # A rebalance assigns partitions that are not paused; a paused consumer takes nothing of them.
            self.pause(paused=True)
        return [_incoming(record) for records in batches.values() for record in records]

    def _go_back_to_committed(self) -> None:
        """Read again what is not committed: it was in hand before the rebalance, and has been dropped.

        kafka-python keeps the position of a partition that a member had before and has again, where Kafka's own client
        would ask for the committed one.
        """
        try:
            for partition in self._consumer.assignment():
                offset = self._consumer.committed(partition, timeout_ms=5000)
                if offset is None:
                    self._consumer.seek_to_beginning(partition)
                else:
                    self._consumer.seek(partition, offset)
        except BaseException:
            self._membership.dealt_out_anew = True
            raise

    def revoked(self) -> frozenset[int]:
        """See `ports.consumer.Consumer`."""
        return self._membership.taken_away()

    def assigned(self) -> frozenset[int]:
        """See `ports.consumer.Consumer`."""
        return frozenset(place.partition for place in self._consumer.assignment())

    def commit(self, offsets: Mapping[int, int]) -> bool:
        """See `ports.consumer.Consumer`."""
        marks = {TopicPartition(self._topic, p): OffsetAndMetadata(offset, "", -1) for p, offset in offsets.items()}
        try:
            self._consumer.commit(marks, timeout_ms=5000)
        except KafkaError:
            # A rebalance or an absent broker: whoever reads these records next does the work again.
            return False
        return True

    def pause(self, *, paused: bool) -> None:
        """See `ports.consumer.Consumer`."""
        self._paused = paused
        # The client's own thread may take a partition away in between; the next poll pauses what is then assigned.
        with suppress(KeyError, KafkaError):
            (self._consumer.pause if paused else self._consumer.resume)(*self._consumer.assignment())

    def close(self) -> None:
        """See `ports.consumer.Consumer`."""
        self._consumer.close(autocommit=False, timeout_ms=2000)


class KafkaTopics:
    """Which topics there are. Connects at first use."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._admin: KafkaAdminClient | None = None

    def exist(self, topic: str) -> bool:
        """Whether there is such a topic. Raises `ServiceUnavailable`."""
        try:
            if self._admin is None:
                self._admin = KafkaAdminClient(
                    bootstrap_servers=self._bootstrap, bootstrap_timeout_ms=5000, request_timeout_ms=5000
                )
            return topic in self._admin.list_topics()
        except KafkaError as error:
            self._admin = None
            raise ServiceUnavailable(f"Kafka at {self._bootstrap} does not answer: {error}") from error


class _Membership(ConsumerRebalanceListener):
    """Only takes notes: it runs on the client's own thread, where a commit would raise."""

    def __init__(self) -> None:
        self.joining = True
        self.dealt_out_anew = False
        self._revoked: SimpleQueue[int] = SimpleQueue()

    def on_partitions_revoked(self, revoked: Sequence[Any]) -> None:
        self.joining = True
        for partition in revoked:
            self._revoked.put(partition.partition)

    def on_partitions_assigned(self, assigned: Sequence[Any]) -> None:
        del assigned
        self.joining = False
        self.dealt_out_anew = True

    def taken_away(self) -> frozenset[int]:
        """The partitions that were revoked since the last call."""
        partitions: set[int] = set()
        try:
            while True:
                partitions.add(self._revoked.get_nowait())
        except Empty:
            return frozenset(partitions)


def _incoming(record: Any) -> Incoming:
    return Incoming(
        topic=record.topic,
        position=Position(record.partition, record.offset),
        key=record.key,
        value=record.value,
        headers=tuple((name, value or b"") for name, value in record.headers or ()),
        unreadable=record.reason if isinstance(record, Unreadable) else "",
    )
