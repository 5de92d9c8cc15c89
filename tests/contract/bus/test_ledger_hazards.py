"""What may happen to a topic or to its dispatcher, on real brokers: no record is lost, and nothing stands still."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from dying_dispatcher import ALL_DONE, Finishing
from kafka import KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from producers.kafka import Publisher
from workers.adapters.bus.kafka import KafkaTopicConsumer
from workers.dispatch.loop import Dispatcher, Pace

Join = Callable[..., KafkaTopicConsumer]
WaitUntil = Callable[..., object]
IN_FLIGHT = 2000

on_kafka = pytest.mark.parametrize("servers", ["services"], indirect=True)
"""Nobody sends transactions to the embedded broker, and it never drops a record."""


def send(publisher: Publisher, topic: str, *values: bytes) -> None:
    publisher.publish_all([(topic, b"key", value, ()) for value in values])


def values(work: Finishing) -> list[bytes | None]:
    return [record.value for record in work.taken]


def dispatcher(consumer: KafkaTopicConsumer) -> tuple[Dispatcher, Finishing]:
    """One that is done with every record at once, and is turned by hand."""
    work = Finishing(lambda _: True)
    pace = Pace(idle_s=0.05, commit_s=0.0)
    return Dispatcher(consumer, work, pace, beat=lambda _: None, say=print), work


def test_of_a_dispatcher_killed_with_thousands_in_flight_everything_unfinished_comes_again(
    bootstrap: str, topic: str, publisher: Publisher, join: Join, wait_until: WaitUntil
) -> None:
    count = ALL_DONE + 2 * IN_FLIGHT
    for start in range(0, count, 1000):
        send(publisher, topic, *(b"%d" % number for number in range(start, start + 1000)))
    script = Path(__file__).with_name("dying_dispatcher.py")
    died = subprocess.run([sys.executable, str(script), bootstrap, topic, str(IN_FLIGHT)], check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL
    consumer = join(topic, batch=500)
    found: list[bytes | None] = []
    wait_until(lambda: found.extend(r.value for r in consumer.poll(timeout_s=0.1)) or len(found) >= count - ALL_DONE)
    assert found == [b"%d" % number for number in range(ALL_DONE, count)]


@on_kafka
def test_a_gap_in_the_offsets_holds_up_no_commit(
    bootstrap: str, topic: str, publisher: Publisher, join: Join, wait_until: WaitUntil
) -> None:
    """The end of a transaction has an offset of its own, and no record."""
    producer = KafkaProducer(bootstrap_servers=bootstrap, transactional_id=topic)
    producer.init_transactions()
    for value in (b"a", b"b"):
        producer.begin_transaction()
        producer.send(topic, value)
        producer.commit_transaction()
    producer.close()
    first, work = dispatcher(join(topic))
    wait_until(lambda: first.turn() or values(work) == [b"a", b"b"])
    assert [record.position.offset for record in work.taken] == [0, 2]
    first.run(lambda: True)
    send(publisher, topic, b"new")
    second, work = dispatcher(join(topic))
    wait_until(lambda: second.turn() or values(work) == [b"new"])


@on_kafka
def test_a_topic_whose_beginning_was_dropped_is_read_from_where_it_begins_now(
    bootstrap: str, topic: str, publisher: Publisher, join: Join, wait_until: WaitUntil
) -> None:
    """As retention does. What was dropped unread is found by the next reconciliation."""
    send(publisher, topic, b"0")
    first, work = dispatcher(join(topic))
    wait_until(lambda: first.turn() or values(work) == [b"0"])
    first.run(lambda: True)
    send(publisher, topic, b"1", b"2", b"3")
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.delete_records({TopicPartition(topic, 0): 3})
    admin.close()
    second, work = dispatcher(join(topic))
    wait_until(lambda: second.turn() or values(work) == [b"3"])
    send(publisher, topic, b"4")
    wait_until(lambda: second.turn() or values(work) == [b"3", b"4"])
