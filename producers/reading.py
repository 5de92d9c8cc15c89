"""Reading on, whatever a topic holds: what the client cannot take apart must not hold up the records behind it.

kafka-python 3.0.12 raises for such a batch at every poll and stays where it is, so that one record stops a partition
for good. Here the batch becomes an `Unreadable` record, and reading goes on after it. Header names that are not UTF-8,
which Kafka allows and the client does not, are read with their other bytes as surrogates (PEP 383).

Source for the layout of batches: Apache Kafka, "Message format", record batch version 2.
"""

import struct
from collections.abc import Iterator
from typing import Any

from kafka import KafkaConsumer
from kafka.consumer.fetcher import ConsumerRecord, Fetcher
from kafka.record import MemoryRecords
from kafka.record.default_records import DefaultRecordBatch

from producers.compression import expanded

_HEAD = struct.Struct(">qi")
"""Base offset and length, which all versions of a batch begin with."""
_MAGIC_AT = 16


class Unreadable(ConsumerRecord):
    """Stands for a batch, or the rest of one. `offset` is its last, `value` the whole batch as the broker has it."""

    reason: str


def read_on(consumer: KafkaConsumer) -> KafkaConsumer:
    """Have `consumer` give an `Unreadable` where it would raise, and go on. It must not have deserializers."""
    # The fetcher makes what is here from its own attribute: nothing of another consumer changes.
    consumer._fetcher.PartitionRecords = _PartitionRecords
    return consumer


class _PartitionRecords(Fetcher.PartitionRecords):
    next_fetch_offset: int

    def _unpack_records(self, tp: Any, records: MemoryRecords, *_: object) -> Iterator[ConsumerRecord]:
        for raw, following in _batches(records._buffer):
            yield from self._records(tp, raw, following)
        self.drain()

    def _records(self, tp: Any, raw: bytes, following: int | None) -> Iterator[ConsumerRecord]:
        try:
            yield from self._readable(tp, _opened(raw))
        except Exception as error:  # noqa: BLE001 - whatever a batch breaks must cost that batch alone
            first = self.next_fetch_offset
            last = max(first, _last_offset(raw, following))
            self.next_fetch_offset = last + 1
            reason = f"the client cannot read offsets {first} to {last}: {type(error).__name__}: {error}"
            yield _unreadable(tp, last, raw, reason)

    def _readable(self, tp: Any, batch: Any) -> Iterator[ConsumerRecord]:
        if batch.magic < 2:
            yield from (self._taken(tp, record) for record in batch)
            return
        self.leader_epoch = batch.leader_epoch
        # What transactions leave behind is nobody's record.
        for record in () if batch.is_control_batch else _in_order(batch):
            yield self._taken(tp, record)
        # A batch keeps its last offset though compaction has removed the record.
        self.next_fetch_offset = max(self.next_fetch_offset, batch.next_offset)

    def _taken(self, tp: Any, record: Any) -> ConsumerRecord:
        self.records_read += 1
        self.bytes_read += record.size_in_bytes
        self.next_fetch_offset = record.offset + 1
        about = (tp.topic, tp.partition, self.leader_epoch, record.offset, record.timestamp, record.timestamp_type)
        return ConsumerRecord(*about, record.key, record.value, record.headers, record.checksum, -1, -1, -1)


def _in_order(batch: Any) -> Iterator[Any]:
    """The batch's records. Raises `ValueError` for offsets that lead out of it, or back."""
    lowest = batch.base_offset
    for record in batch:
        if not lowest <= record.offset <= batch.last_offset:
            raise ValueError(f"a record of offset {record.offset} where {lowest} to {batch.last_offset} belongs")
        lowest = record.offset + 1
        yield record


def _unreadable(tp: Any, offset: int, raw: bytes, reason: str) -> Unreadable:
    made = Unreadable(tp.topic, tp.partition, -1, offset, -1, 0, None, raw, [], None, -1, -1, -1)
    made.reason = reason
    return made


def _batches(buffer: Any) -> Iterator[tuple[bytes, int | None]]:
    """Each whole batch, with the base offset of the next. A broker may cut off the last one, which is fetched again."""
    view, at = memoryview(buffer), 0
    while len(view) - at >= _HEAD.size:
        length = _HEAD.unpack_from(view, at)[1]
        end = at + _HEAD.size + length
        if length <= 0:
            # Where the next one begins is anybody's guess.
            yield bytes(view[at:]), None
            return
        if end > len(view):
            return
        more = len(view) - end >= _HEAD.size
        yield bytes(view[at:end]), _HEAD.unpack_from(view, end)[0] if more else None
        at = end


def _last_offset(raw: bytes, following: int | None) -> int:
    """The last offset of a batch that cannot be read: no further than is certain, or records would be passed over."""
    base: int = _HEAD.unpack_from(raw)[0]
    if len(raw) >= DefaultRecordBatch.HEADER_STRUCT.size and raw[_MAGIC_AT] >= 2:
        batch = _Batch(raw)
        if batch.last_offset_delta == batch.records_count - 1 >= 0 or batch.validate_crc():
            return base + int(batch.last_offset_delta)
    return base if following is None else max(base, following - 1)


def _opened(raw: bytes) -> Any:
    """The batch, its checksum proven. Raises the client's errors."""
    batch = _Batch(raw) if raw[_MAGIC_AT] >= 2 else MemoryRecords(raw).next_batch()
    if not batch.validate_crc():
        raise ValueError("the checksum is wrong")
    return batch


class _Batch(DefaultRecordBatch):
    """A batch that may be compressed up to a limit, and have header names of any bytes."""

    _buffer: Any
    _pos: int
    _decompressed: bool

    def _maybe_uncompress(self) -> None:
        if not self._decompressed and self.compression_type:
            self._assert_has_codec(self.compression_type)
            self._buffer = bytearray(expanded(self.compression_type, bytes(self._buffer[self._pos :])))
            self._pos = 0
        self._decompressed = True

    def _read_msg(self) -> Any:
        try:
            return super()._read_msg()
        except UnicodeDecodeError:
            self._buffer = _Lenient(self._buffer)
            return super()._read_msg()


class _Lenient(bytearray):
    """Bytes whose parts become text whatever they are."""

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return _Lenient(part) if isinstance(part, bytearray) else part

    def decode(self, encoding: str = "utf-8", errors: str = "surrogateescape") -> str:
        return super().decode(encoding, "surrogateescape" if errors == "strict" else errors)
