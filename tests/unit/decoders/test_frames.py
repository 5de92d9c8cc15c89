"""Frames carry a header and bytes, and a reader trusts neither their lengths nor their content."""

import io

import pytest

from workers.adapters.decoders.frames import (
    MAX_HEADER,
    PREFIX,
    BrokenFrameError,
    read_frame,
    read_writable_frame,
    write_frame,
)


def written(header: dict[str, object], payload: bytes) -> io.BytesIO:
    stream = io.BytesIO()
    write_frame(stream, header, payload)
    stream.seek(0)
    return stream


def test_frames_come_back_in_order_until_the_stream_ends() -> None:
    stream = io.BytesIO()
    write_frame(stream, {"key": "ä"}, b"one")
    write_frame(stream, {})
    stream.seek(0)
    assert read_frame(stream, max_payload=10) == ({"key": "ä"}, b"one")
    assert read_frame(stream, max_payload=10) == ({}, b"")
    assert read_frame(stream, max_payload=10) is None


@pytest.mark.parametrize("cut", [3, 13, 18])
def test_a_frame_that_ends_early_is_broken(cut: int) -> None:
    stream = io.BytesIO(written({"a": 1}, b"payload").getvalue()[:cut])
    with pytest.raises(BrokenFrameError, match="ended inside a frame"):
        read_frame(stream, max_payload=10)


def test_a_payload_or_header_longer_than_expected_is_refused_before_it_is_read() -> None:
    with pytest.raises(BrokenFrameError, match="more than expected"):
        read_frame(written({}, b"12345678901"), max_payload=10)
    with pytest.raises(BrokenFrameError, match="more than expected"):
        read_frame(io.BytesIO(PREFIX.pack(MAX_HEADER + 1, 0)), max_payload=10)


@pytest.mark.parametrize("header", [b"{oops", b"[1]", b"\xff\xfe", b"[" * 50_000])
def test_a_header_that_is_no_json_object_is_broken(header: bytes) -> None:
    with pytest.raises(BrokenFrameError, match="header"):
        read_frame(io.BytesIO(PREFIX.pack(len(header), 0) + header), max_payload=10)


def test_a_payload_of_several_parts_is_read_as_one_that_may_be_written_to() -> None:
    stream = io.BytesIO()
    write_frame(stream, {"a": 1}, b"one", memoryview(b"two"))
    stream.seek(0)
    reader = io.BufferedReader(stream)
    assert read_writable_frame(reader, max_payload=10) == ({"a": 1}, bytearray(b"onetwo"))
    assert read_writable_frame(reader, max_payload=10) is None


def test_a_payload_that_ends_early_is_broken() -> None:
    cut = io.BytesIO(written({"a": 1}, b"payload").getvalue()[:-1])
    with pytest.raises(BrokenFrameError, match="ended inside a frame"):
        read_writable_frame(io.BufferedReader(cut), max_payload=10)
