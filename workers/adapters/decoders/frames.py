"""The protocol between the worker and its decoding process: length-prefixed frames over pipes, never pickle.

A frame is the length of its header (4 bytes), the length of its payload (8 bytes), both big-endian, a JSON object, and
raw bytes. The reader names the most it accepts: the other side may have been taken over by what it decoded.
"""

import json
import struct
from io import BufferedReader
from typing import Any, BinaryIO

PREFIX = struct.Struct("!IQ")
MAX_HEADER = 64 * 1024
"""Bytes of JSON: an S3 key has at most 1,024 bytes, an error message a few hundred."""


class BrokenFrameError(Exception):
    """The stream ended inside a frame, or the frame is none of ours."""


def write_frame(stream: BinaryIO, header: dict[str, Any], *payload: bytes | memoryview) -> None:
    """Write one frame and flush it. Several parts of a payload are written one after the other, and not joined here."""
    encoded = json.dumps(header).encode()
    stream.write(PREFIX.pack(len(encoded), sum(map(len, payload))) + encoded)
    for part in payload:
        stream.write(part)
    stream.flush()


def read_frame(stream: BinaryIO, *, max_payload: int) -> tuple[dict[str, Any], bytes] | None:
    """The next header and payload, or None where the stream ends between frames. Raises `BrokenFrameError`."""
    head = _read_header(stream, max_payload)
    return None if head is None else (head[0], _read_exactly(stream, head[1]))


def read_writable_frame(stream: BufferedReader, *, max_payload: int) -> tuple[dict[str, Any], bytearray] | None:
    """As `read_frame`; the payload is in memory that arrays can be made of without copying it."""
    head = _read_header(stream, max_payload)
    if head is None:
        return None
    payload = bytearray(head[1])
    if stream.readinto(payload) < len(payload):
        raise BrokenFrameError("the stream ended inside a frame")
    return head[0], payload


def _read_header(stream: BinaryIO, max_payload: int) -> tuple[dict[str, Any], int] | None:
    prefix = stream.read(PREFIX.size)
    if not prefix:
        return None
    if len(prefix) < PREFIX.size:
        raise BrokenFrameError("the stream ended inside a frame")
    header_length, payload_length = PREFIX.unpack(prefix)
    if header_length > MAX_HEADER or payload_length > max_payload:
        raise BrokenFrameError(f"a frame of {header_length} + {payload_length} bytes is more than expected")
    try:
        header = json.loads(_read_exactly(stream, header_length))
    except (ValueError, RecursionError) as error:
        raise BrokenFrameError("a frame's header is not JSON") from error
    if not isinstance(header, dict):
        raise BrokenFrameError("a frame's header is not an object")
    return header, payload_length


def _read_exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise BrokenFrameError("the stream ended inside a frame")
    return data
