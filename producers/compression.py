"""Opening compressed batches, up to a limit: a gigabyte of zeros travels as a megabyte, and memory is not endless."""

import gzip
import io
from typing import Any

import lz4.frame
import zstandard
from kafka.codec import snappy_decode

LIMIT = 64 * 1024 * 1024
"""Bytes of a batch when opened; Kafka's default lets a batch have one megabyte as it travels."""
GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4


def expanded(codec: int, data: bytes) -> bytes:
    """What `data` was before it was compressed with Kafka's codec of this number.

    Raises `ValueError` for more than `LIMIT` bytes, and whatever the codec's library raises.
    """
    opened: Any = _READERS[codec](data)
    if len(opened) > LIMIT:
        raise ValueError(f"more than {LIMIT} bytes when opened")
    return bytes(opened)


def _gzip(data: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        return file.read(LIMIT + 1)


def _lz4(data: bytes) -> Any:
    with lz4.frame.LZ4FrameFile(io.BytesIO(data)) as file:
        return file.read(LIMIT + 1)


def _zstd(data: bytes) -> Any:
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True) as reader:
        return reader.read(LIMIT + 1)


_READERS = {GZIP: _gzip, SNAPPY: snappy_decode, LZ4: _lz4, ZSTD: _zstd}
