"""The Consumer port on the real broker."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from members import over_and_over

from producers.kafka import Publisher
from workers.adapters.bus.kafka import KafkaTopicConsumer, KafkaTopics
from workers.domain.record import Incoming, Position
from workers.errors import ServiceUnavailable

Join = Callable[..., KafkaTopicConsumer]
WaitUntil = Callable[..., object]


def send(publisher: Publisher, topic: str, *values: bytes) -> None:
    publisher.publish_all([(topic, b"key", value, ()) for value in values])


def send_spread(publisher: Publisher, topic: str, name: str) -> set[bytes | None]:
    """Twenty records on all partitions; their values."""
    values = [f"{name} {number}".encode() for number in range(20)]
    publisher.publish_all([(topic, value, value, ()) for value in values])
    return set(values)


class Reader:
    """Polls, and remembers what came."""

    def __init__(self, consumer: KafkaTopicConsumer) -> None:
        self.consumer = consumer
        self.records: list[Incoming] = []
        self.revoked: set[int] = set()

    def poll(self) -> Sequence[Incoming]:
        new = self.consumer.poll(timeout_s=0.05)
        self.revoked |= self.consumer.revoked()
        self.records += new
        return new

    @property
    def seen(self) -> set[bytes | None]:
        """What came, without another poll: for a reader that another thread uses."""
        return {record.value for record in list(self.records)}

    @property
    def values(self) -> list[bytes | None]:
        self.poll()
        return [record.value for record in self.records]


def test_a_new_group_reads_from_the_beginning_with_key_bytes_and_headers(
    topic: str, publisher: Publisher, join: Join, wait_until: WaitUntil
) -> None:
    publisher.publish_raw(topic, key=b"\xff", value=b"\x00\xfe", headers=[("a", b"1"), ("a", b"\xfd"), ("b", b"")])
    publisher.publish_raw(topic, key=b"tombstone", value=None)
    publisher.publish_raw(topic, key=None, value=b"")
    reader = Reader(join(topic))
    wait_until(lambda: len(reader.values) == 3)
    assert reader.records == [
        Incoming(topic, Position(0, 0), b"\xff", b"\x00\xfe", (("a", b"1"), ("a", b"\xfd"), ("b", b""))),
        Incoming(topic, Position(0, 1), b"tombstone", None, ()),
        Incoming(topic, Position(0, 2), None, b"", ()),
    ]


def test_a_member_goes_on_where_the_group_has_committed(
    topic: str, publisher: Publisher, join: Join, wait_until: WaitUntil
) -> None:
    send(publisher, topic, b"0", b"1", b"2")
    first = Reader(join(topic))
    wait_until(lambda: len(first.values) == 3)
    first.consumer.commit({0: 2})
    first.consumer.close()
    second = Reader(join(topic))
    wait_until(lambda: second.values == [b"2"])


def test_what_was_read_and_not_committed_comes_again(
    topic: str, publisher: Publisher, join: Join, wait_until: WaitUntil
) -> None:
    send(publisher, topic, b"0", b"1")
    first = Reader(join(topic))
    wait_until(lambda: len(first.values) == 2)
    first.consumer.close()
    second = Reader(join(topic))
    wait_until(lambda: second.values == [b"0", b"1"])


def test_a_paused_consumer_takes_nothing_and_then_goes_on_where_it_was(
    new_topic: Callable[..., str], publisher: Publisher, join: Join, wait_until: WaitUntil
) -> None:
    topic = new_topic(partitions=2)
    reader = Reader(join(topic, batch=1))
    send(publisher, topic, *(str(number).encode() for number in range(5)))
    wait_until(lambda: reader.values)
    reader.consumer.pause(paused=True)
    taken = list(reader.records)
    other = Reader(join(topic, group=f"{topic}.other"))
    send(publisher, topic, b"last")
    while b"last" not in other.values:
        assert reader.poll() == []
    assert reader.records == taken
    reader.consumer.pause(paused=False)
    wait_until(lambda: len(reader.values) == 6)
    assert sorted(filter(None, reader.values)) == [b"0", b"1", b"2", b"3", b"4", b"last"]


def test_a_member_that_comes_takes_a_share_and_one_that_leaves_gives_it_back(
    new_topic: Callable[..., str], publisher: Publisher, join: Join, wait_until: WaitUntil
) -> None:
    topic = new_topic(partitions=4)
    first, second = Reader(join(topic)), Reader(join(topic))
    before = send_spread(publisher, topic, "before")
    wait_until(lambda: before <= set(first.values))
    with over_and_over(second.poll):
        wait_until(lambda: first.poll() is not None and first.revoked)
        # Everything is taken away before it is dealt out anew.
        assert first.revoked == {0, 1, 2, 3}
        both = send_spread(publisher, topic, "both")
        wait_until(lambda: both <= {*first.values, *second.seen})
        assert both & second.seen
    second.consumer.close()
    after = send_spread(publisher, topic, "after")
    wait_until(lambda: after <= set(first.values))


def test_a_paused_consumer_stays_paused_when_partitions_are_dealt_out_anew(
    new_topic: Callable[..., str], publisher: Publisher, join: Join, wait_until: WaitUntil
) -> None:
    topic = new_topic(partitions=2)
    first, second = Reader(join(topic)), Reader(join(topic))
    before = send_spread(publisher, topic, "before")
    wait_until(lambda: before <= set(first.values))
    first.consumer.pause(paused=True)
    taken = len(first.records)
    with over_and_over(second.poll):
        wait_until(lambda: first.poll() is not None and second.seen)
        after = send_spread(publisher, topic, "after")
        wait_until(lambda: first.poll() is not None and after & second.seen)
        assert len(first.records) == taken
        first.consumer.pause(paused=False)
        wait_until(lambda: after <= {*first.values, *second.seen})
        assert after & first.seen


def test_partitions_that_are_dealt_out_while_it_goes_back_are_gone_back_to_as_well(
    topic: str, publisher: Publisher, join: Join, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.publish_raw(topic, key=b"key", value=b"value")
    member = join(topic)
    wait_until(lambda: member.poll(timeout_s=0.1))
    client, membership = member._consumer, member._membership
    asked: list[Any] = []
    committed = client.committed

    def deal_out_again(*arguments: Any, **more: Any) -> Any:
        asked.append(arguments)
        if len(asked) == 1:
            # As the client's own thread does, which waits for nobody.
            membership.on_partitions_assigned([])
        return committed(*arguments, **more)

    monkeypatch.setattr(client, "committed", deal_out_again)
    membership.on_partitions_assigned([])
    assert wait_until(lambda: member.poll(timeout_s=0.1))
    assert len(asked) == 2


def test_a_commit_of_partitions_that_are_another_s_is_passed_over(
    topic: str, publisher: Publisher, join: Join, wait_until: WaitUntil
) -> None:
    send(publisher, topic, b"0")
    reader = Reader(join(topic))
    wait_until(lambda: reader.values)
    reader.consumer.commit({0: 1, 99: 5})


def test_a_broker_out_of_reach_is_an_unavailable_service() -> None:
    with pytest.raises(ServiceUnavailable, match=r"Kafka at 127\.0\.0\.1:1 does not answer"):
        KafkaTopics("127.0.0.1:1").exist("a")


def test_a_topic_exists_or_does_not(bootstrap: str, topic: str) -> None:
    topics = KafkaTopics(bootstrap)
    assert topics.exist(topic)
    assert not topics.exist("never.made")
    assert not topics.exist("never.made")


def test_a_topic_that_is_made_later_exists_then(bootstrap: str, new_topic: Callable[..., str]) -> None:
    topics = KafkaTopics(bootstrap)
    assert not topics.exist("never.made")
    assert topics.exist(new_topic())
