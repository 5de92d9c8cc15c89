"""Reading on: what the client cannot take apart is one record, and those behind it come."""

import gzip
import random
import struct
from collections.abc import Sequence
from typing import Any

import pytest
from kafka.record import MemoryRecords, MemoryRecordsBuilder
from kafka.record.default_records import DefaultRecordBatchBuilder, calc_crc32c
from kafka.structs import TopicPartition

from producers import compression
from producers.reading import Unreadable, _PartitionRecords

CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


def batch(base: int, *values: bytes, codec: int = 0, headers: Sequence[tuple[str, bytes]] = ()) -> bytearray:
    """A batch as a broker hands it out, its first record at offset `base`."""
    made = MemoryRecordsBuilder(2, codec, 10_000_000)
    for value in values:
        made.append(timestamp=1, key=b"key", value=value, headers=list(headers))
    made.close()
    raw = bytearray(made.buffer())
    struct.pack_into(">q", raw, 0, base)
    return raw


def resealed(raw: bytearray) -> bytearray:
    """The same with a checksum that fits."""
    at = DefaultRecordBatchBuilder.ATTRIBUTES_OFFSET
    struct.pack_into(">I", raw, DefaultRecordBatchBuilder.CRC_OFFSET, calc_crc32c(memoryview(raw)[at:]))
    return raw


def read(*raw: bytes | bytearray, at: int = 0) -> list[Any]:
    """What a consumer gets whose position is `at`."""
    part = _PartitionRecords(at, TopicPartition("topic", 0), MemoryRecords(b"".join(raw)))
    found: list[Any] = part.take()
    assert all(record.offset >= at for record in found)
    if found:
        assert part.next_fetch_offset > found[-1].offset
    return found


def values(records: Sequence[Any]) -> list[bytes | None]:
    return [None if isinstance(record, Unreadable) else record.value for record in records]


@pytest.mark.parametrize("codec", CODECS)
def test_batches_are_read_whatever_they_are_compressed_with(codec: str) -> None:
    wanted = [b"a" * 1000, b"b" * 1000]
    assert values(read(batch(0, *wanted, codec=CODECS[codec]))) == wanted


def test_reading_begins_in_the_middle_of_a_batch() -> None:
    found = read(batch(10, b"a", b"b", b"c"), batch(13, b"d"), at=12)
    assert [(record.offset, record.value) for record in found] == [(12, b"c"), (13, b"d")]


def test_a_header_name_that_is_not_utf_8_comes_with_its_bytes() -> None:
    raw = batch(0, b"a", b"b", headers=[("name", b"1"), ("ünï", b"2")])
    spoilt = resealed(bytearray(bytes(raw).replace(b"name", b"n\xff\xc3e")))
    found = read(spoilt)
    assert values(found) == [b"a", b"b"]
    (name, value), other = found[0].headers
    assert (name.encode(errors="surrogateescape"), value, other) == (b"n\xff\xc3e", b"1", ("ünï", b"2"))


def test_a_batch_with_a_wrong_checksum_is_one_record_that_says_so_and_reading_goes_on() -> None:
    torn = batch(5, b"a", b"b", b"c")
    torn[-2] ^= 0xFF
    found = read(batch(4, b"before"), torn, batch(8, b"after"), at=4)
    assert values(found) == [b"before", None, b"after"]
    assert (found[1].offset, found[1].value) == (7, bytes(torn))
    assert found[1].reason == "the client cannot read offsets 5 to 7: ValueError: the checksum is wrong"


@pytest.mark.parametrize("codec", [5, 6, 7])
def test_a_codec_that_nobody_knows_costs_its_batch_alone(codec: int) -> None:
    strange = batch(0, b"a", b"b")
    strange[22] |= codec
    found = read(resealed(strange), batch(2, b"after"))
    assert values(found) == [None, b"after"]
    assert "UnsupportedCodecError" in found[0].reason


def test_a_batch_that_opens_to_more_than_the_limit_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "LIMIT", 10_000)
    for codec in (1, 2, 3, 4):
        found = read(batch(0, bytes(20_000), codec=codec), batch(1, b"after"))
        assert values(found) == [None, b"after"]
        assert "more than 10000 bytes" in found[0].reason


def test_a_gigabyte_of_zeros_is_not_opened() -> None:
    bomb = batch(0, b"a" * 1000, codec=1)
    del bomb[61:]
    bomb += gzip.compress(bytes(2**24)) * 64
    struct.pack_into(">i", bomb, 8, len(bomb) - 12)
    (found,) = read(resealed(bomb))
    assert "more than 67108864 bytes" in found.reason


def test_what_was_read_before_a_batch_breaks_off_is_read() -> None:
    torn = batch(0, b"a", b"b", b"c")
    torn[-8] = 0x7F
    found = read(resealed(torn), batch(3, b"after"))
    assert values(found)[:1] == [b"a"]
    assert values(found)[-2:] == [None, b"after"]
    assert found[-2].offset == 2


def test_a_length_that_leads_nowhere_ends_what_is_read_for_now() -> None:
    lost = batch(3, b"a")
    struct.pack_into(">i", lost, 8, -20)
    found = read(batch(2, b"before"), lost, batch(4, b"after"), at=2)
    assert values(found) == [b"before", None]
    assert found[1].offset == 3


def test_a_batch_that_the_broker_has_cut_off_is_left_for_the_next_time() -> None:
    assert values(read(batch(0, b"a"), batch(1, b"b" * 100)[:-1])) == [b"a"]


def test_whatever_is_put_wrong_something_is_read_and_the_rest_comes() -> None:
    dice = random.Random(5)
    for _ in range(3000):
        spoilt = batch(0, b"a" * dice.randrange(40), b"b", codec=dice.choice((0, 0, 1, 4)), headers=[("h", b"v")])
        for _ in range(dice.randrange(1, 4)):
            spoilt[dice.randrange(12, len(spoilt))] = dice.randrange(256)
        if dice.random() < 0.7 and spoilt[16] == 2:
            # The offsets are the broker's own: it writes them, whatever a client sends.
            struct.pack_into(">i", spoilt, 23, 1)
            spoilt[22] &= ~DefaultRecordBatchBuilder.CONTROL_MASK
            resealed(spoilt)
        found = read(spoilt, batch(2, b"after"))
        assert len(found) >= 2
        assert found[-1].value == b"after"
