"""Records that a client may send and another cannot read, on the real broker: what is behind them comes."""

import random
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest
from fakes.jobs import HandWorkedJobs
from kafka import KafkaProducer
from kafka.errors import KafkaError
from kafka.record.default_records import DefaultRecordBatchBuilder, calc_crc32c

from producers.kafka import LARGEST, Publisher
from producers.tail import Tail
from workers.adapters.bus.kafka import KafkaTopicConsumer
from workers.dispatch.batches import MediaLimits
from workers.dispatch.dead_letters import DeadLetters
from workers.dispatch.loop import Dispatcher, Pace
from workers.dispatch.media import MediaWork
from workers.dispatch.retry import RetryPolicy
from workers.domain.record import Incoming

Join = Callable[..., KafkaTopicConsumer]
WaitUntil = Callable[..., Any]
FOREIGN = "n\udcff\udcc3me"
"""A header name of the bytes `n FF C3 me`."""


def everything(consumer: KafkaTopicConsumer, last: bytes, wait_until: WaitUntil) -> list[Incoming]:
    """What comes, up to the record with the value `last`."""
    found: list[Incoming] = []

    def ended() -> bool:
        found.extend(consumer.poll(timeout_s=0.05))
        return bool(found) and found[-1].value == last

    wait_until(ended)
    return found


def test_a_header_name_that_is_not_utf_8_comes_as_it_was_sent(
    topic: str, publisher: Publisher, join: Join, wait_until: WaitUntil
) -> None:
    publisher.publish_raw(topic, key=b"key", value=b"odd", headers=[("who", b"1"), (FOREIGN, b"2")])
    publisher.publish_raw(topic, key=b"key", value=b"last")
    odd, _ = everything(join(topic), b"last", wait_until)
    assert odd.headers == (("who", b"1"), (FOREIGN, b"2"))
    assert odd.headers[1][0].encode(errors="surrogateescape") == b"n\xff\xc3me"


def test_a_tail_reads_on_after_such_a_header(bootstrap: str, topic: str, publisher: Publisher) -> None:
    with Tail(bootstrap, topic) as tail:
        publisher.publish_raw(topic, key=b"key", value=b"odd", headers=[(FOREIGN, b"2")])
        publisher.publish_raw(topic, key=b"key", value=b"last")
        found = [record.value for record in islice(tail.records(timeout_s=20), 2)]
    assert found == [b"odd", b"last"]


def buried(topic: str, publisher: Publisher, join: Join, wait_until: WaitUntil, letters: Callable[[], Any]) -> Any:
    """The first letter of what a dispatcher takes of the topic."""
    work = MediaWork(
        jobs=HandWorkedJobs(),
        dead_letters=DeadLetters(publisher),
        bucket="media",
        limits=MediaLimits(),
        policy=RetryPolicy(),
        new_id=lambda: "job",
        random=lambda: 0.0,
    )
    dispatcher = Dispatcher(join(topic), work, Pace(idle_s=0.05), beat=lambda _: None, say=pytest.fail)
    return wait_until(lambda: dispatcher.turn() or letters())[0]


def test_a_dead_letter_keeps_the_bytes_of_such_a_header(
    topic: str, publisher: Publisher, join: Join, records_of: Callable[[str], Sequence[Any]], wait_until: WaitUntil
) -> None:
    publisher.publish_raw(topic, key=b"key", value=b"no JSON", headers=[(FOREIGN, b"2")])
    letter = buried(topic, publisher, join, wait_until, lambda: records_of(f"{topic}.dlt"))
    assert letter.headers[0] == (FOREIGN, b"2")


def test_a_record_whose_headers_no_topic_would_take_unpacked_becomes_a_dead_letter_without_them(
    bootstrap: str,
    topic: str,
    publisher: Publisher,
    join: Join,
    records_of: Callable[[str], Sequence[Any]],
    wait_until: WaitUntil,
) -> None:
    large = 2 * LARGEST
    producer = KafkaProducer(bootstrap_servers=bootstrap, compression_type="gzip", max_request_size=2 * large)
    producer.send(topic, key=b"key", value=b"no JSON", headers=[("small", b"1"), ("large", bytes(large))])
    producer.close()
    letter = buried(topic, publisher, join, wait_until, lambda: records_of(f"{topic}.dlt"))
    assert (letter.key, letter.value, letter.headers[0]) == (b"key", b"no JSON", ("small", b"1"))
    assert "large" not in dict(letter.headers)


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_compressed_records_come_whatever_compressed_them(
    codec: str, bootstrap: str, topic: str, join: Join, wait_until: WaitUntil
) -> None:
    values = [f"{number} ".encode() * 100 for number in range(50)]
    producer = KafkaProducer(bootstrap_servers=bootstrap, compression_type=codec, linger_ms=50)
    for value in [*values, b"last"]:
        producer.send(topic, key=b"key", value=value)
    producer.close()
    assert [record.value for record in everything(join(topic), b"last", wait_until)] == [*values, b"last"]


@contextmanager
def spoilt_batches(spoil: Callable[[bytearray], None]) -> Iterator[None]:
    """Every batch that a producer of this process builds is spoilt first."""
    build = DefaultRecordBatchBuilder.build

    def built(self: Any) -> bytearray:
        raw: bytearray = build(self)
        spoil(raw)
        return raw

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DefaultRecordBatchBuilder, "build", built)
        yield


def sealed(raw: bytearray) -> None:
    at = DefaultRecordBatchBuilder.ATTRIBUTES_OFFSET
    struct.pack_into(">I", raw, DefaultRecordBatchBuilder.CRC_OFFSET, calc_crc32c(memoryview(raw)[at:]))


def at_random(dice: random.Random) -> Callable[[bytearray], None]:
    """Puts a few bytes wrong, and as a rule has the checksum fit."""

    def spoil(raw: bytearray) -> None:
        for _ in range(dice.randrange(1, 4)):
            raw[dice.choice((22, dice.randrange(16, len(raw)), dice.randrange(61, len(raw))))] = dice.randrange(256)
        if dice.random() < 0.8:
            sealed(raw)

    return spoil


def test_what_a_broker_takes_although_it_is_spoilt_holds_nothing_up(
    bootstrap: str, topic: str, publisher: Publisher, join: Join, wait_until: WaitUntil
) -> None:
    with spoilt_batches(at_random(random.Random(7))):
        producer = KafkaProducer(
            bootstrap_servers=bootstrap, retries=0, acks="all", request_timeout_ms=1000, delivery_timeout_ms=1000
        )
        for number in range(60):
            try:
                producer.send(topic, key=b"key", value=b"%d" % number, headers=[("h", b"v")]).get(timeout=5)
            except KafkaError:
                continue
        producer.close()
    publisher.publish_raw(topic, key=b"key", value=b"last")
    consumer = join(topic)
    found = everything(consumer, b"last", wait_until)
    assert all(record.value is not None for record in found if record.unreadable)
    assert consumer.commit({0: found[-1].position.offset + 1})
