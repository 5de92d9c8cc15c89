"""The Backlog port on the real broker."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from producers.kafka import Publisher
from workers.adapters.bus.backlog import KafkaBacklog
from workers.errors import ServiceUnavailable


@pytest.fixture
def backlog(bootstrap: str, topic: str) -> KafkaBacklog:
    return KafkaBacklog(bootstrap, topic=topic, group=f"{topic}.group")


def keys(backlog: KafkaBacklog) -> list[str]:
    return [key for key, _ in backlog.waiting()]


def send(publisher: Publisher, topic: str, *keys: str) -> None:
    publisher.publish_all([(topic, key.encode(), b"event", ()) for key in keys])


def test_nothing_waits_on_a_new_topic(backlog: KafkaBacklog) -> None:
    assert keys(backlog) == []


def test_what_was_sent_waits_each_key_once_in_the_order_of_code_points(
    backlog: KafkaBacklog, topic: str, publisher: Publisher
) -> None:
    sent = ["media/b", "media/\U0001f600", "media/\uffee", "media/a b", "media/b", "media/a/b"]
    send(publisher, topic, *sent)
    assert keys(backlog) == sorted(set(sent))


def test_what_the_group_has_committed_does_not_wait(
    bootstrap: str, topic: str, publisher: Publisher, join: Callable[..., object], wait_until: Callable[..., object]
) -> None:
    send(publisher, topic, "media/a", "media/b")
    member = join(topic)
    wait_until(lambda: member.poll(timeout_s=0.1))
    assert member.commit({0: 1})
    send(publisher, topic, "media/c")
    found = KafkaBacklog(bootstrap, topic=topic, group=f"{topic}.group")
    assert keys(found) == ["media/b", "media/c"]


def test_several_batches_on_several_partitions_are_read_to_the_end(
    bootstrap: str, new_topic: Callable[..., str], publisher: Publisher
) -> None:
    topic = new_topic(4)
    sent = [f"media/{number:05}" for number in range(3000)]
    for start in range(0, 3000, 500):
        send(publisher, topic, *sent[start : start + 500])
    assert keys(KafkaBacklog(bootstrap, topic=topic, group="another")) == sent


def test_of_each_key_it_is_known_when_the_last_record_was_sent(
    backlog: KafkaBacklog, topic: str, publisher: Publisher
) -> None:
    begun = datetime.now(UTC)
    send(publisher, topic, "media/a", "media/b", "media/a")
    assert [key for key, sent in backlog.waiting() if abs(sent - begun) < timedelta(minutes=1)] == [
        "media/a",
        "media/b",
    ]


def test_a_record_without_a_key_is_passed_over(backlog: KafkaBacklog, topic: str, publisher: Publisher) -> None:
    publisher.publish_raw(topic, key=None, value=b"event")
    assert keys(backlog) == []


def test_a_topic_that_is_not_there_is_an_error_with_what_to_do(bootstrap: str) -> None:
    with pytest.raises(ServiceUnavailable, match=r"has no topic test\.none.*omnibus setup"):
        keys(KafkaBacklog(bootstrap, topic="test.none", group="any"))


def test_a_broker_out_of_reach_is_an_unavailable_service() -> None:
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        keys(KafkaBacklog("127.0.0.1:1", topic="any", group="any"))
