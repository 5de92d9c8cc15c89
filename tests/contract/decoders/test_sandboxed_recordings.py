"""A recording comes out of the decoding process as a stream: chunk by chunk, in constant memory, and never mixed up."""

import os
import signal
from pathlib import Path
from time import monotonic

import numpy as np
import pytest

from tests.recordings import FORMATS, encoded, recorded
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder
from workers.domain.decoded import DecodedText
from workers.domain.recording import SAMPLE_RATE, Recording
from workers.errors import DamagedMedia, MediaTooLarge, ServiceUnavailable

HELLO = DecodedText("text/plain", "hello")


@pytest.fixture(scope="module")
def half_a_minute() -> bytes:
    return recorded("tone.flac", 30)


@pytest.fixture(scope="module")
def an_hour() -> bytes:
    return encoded(np.zeros(3600 * 8_000, np.float32), "flac", "flac", 8_000, layout="mono")


def opened(decoder: SandboxedDecoder, data: bytes) -> Recording:
    recording = decoder.decode(data, key="a")
    assert isinstance(recording, Recording)
    return recording


def peak_mib(pid: int | None) -> float:
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_crosses_the_pipe(decoder: SandboxedDecoder, name: str) -> None:
    recording = opened(decoder, recorded(name))
    samples = np.concatenate(list(recording.chunks))
    assert samples.dtype == np.float32
    assert len(samples) / SAMPLE_RATE == pytest.approx(3, abs=0.06)
    assert 0.2 < np.abs(samples).max() <= 1
    assert recording.media_type.startswith("audio/")


def test_one_process_decodes_recordings_and_other_objects(decoder: SandboxedDecoder, half_a_minute: bytes) -> None:
    chunks = list(opened(decoder, half_a_minute).chunks)
    pid = decoder.child_pid
    assert decoder.decode(b"hello", key="a.txt") == HELLO
    again = list(opened(decoder, half_a_minute).chunks)
    assert decoder.child_pid == pid
    assert [len(chunk) for chunk in again] == [len(chunk) for chunk in chunks] == [10 * SAMPLE_RATE] * 3


def test_an_hour_takes_no_more_memory_than_half_a_minute(
    decoder: SandboxedDecoder, half_a_minute: bytes, an_hour: bytes
) -> None:
    list(opened(decoder, half_a_minute).chunks)
    before = peak_mib(decoder.child_pid)
    total = sum(len(chunk) for chunk in opened(decoder, an_hour).chunks)
    assert total == 3600 * SAMPLE_RATE
    assert peak_mib(decoder.child_pid) < before + 32


def test_a_recording_that_nobody_hears_to_its_end_does_not_answer_for_the_next_object(
    decoder: SandboxedDecoder, an_hour: bytes
) -> None:
    next(opened(decoder, an_hour).chunks)
    assert decoder.decode(b"hello", key="a.txt") == HELLO
    opened(decoder, an_hour)
    assert decoder.decode(b"hello", key="a.txt") == HELLO


def test_an_error_in_the_middle_ends_the_stream_and_leaves_the_process_in_use(half_a_minute: bytes) -> None:
    decoder = SandboxedDecoder(DecodeLimits(max_recording_s=15))
    try:
        chunks = opened(decoder, half_a_minute).chunks
        assert len(next(chunks)) == 10 * SAMPLE_RATE
        with pytest.raises(MediaTooLarge, match="longer than 15 s"):
            list(chunks)
        pid = decoder.child_pid
        assert decoder.decode(b"hello", key="a.txt") == HELLO
        assert decoder.child_pid == pid
    finally:
        decoder.close()


def test_what_is_refused_at_once_is_no_stream(decoder: SandboxedDecoder) -> None:
    with pytest.raises(DamagedMedia, match="cannot be decoded"):
        decoder.decode(b"fLaC" + bytes(200), key="a.flac")


def test_a_child_killed_in_the_middle_of_a_recording_is_no_fault_of_the_recording(
    decoder: SandboxedDecoder, an_hour: bytes
) -> None:
    chunks = opened(decoder, an_hour).chunks
    next(chunks)
    assert decoder.child_pid is not None
    os.kill(decoder.child_pid, signal.SIGKILL)
    with pytest.raises(ServiceUnavailable, match="was killed"):
        list(chunks)
    assert decoder.decode(b"hello", key="a.txt") == HELLO


def test_a_crash_in_the_middle_of_a_recording_is_damaged_media(decoder: SandboxedDecoder, an_hour: bytes) -> None:
    chunks = opened(decoder, an_hour).chunks
    next(chunks)
    assert decoder.child_pid is not None
    os.kill(decoder.child_pid, signal.SIGSEGV)
    with pytest.raises(DamagedMedia, match="SIGSEGV"):
        list(chunks)
    assert decoder.decode(b"hello", key="a.txt") == HELLO


def test_a_slow_reader_does_not_use_up_the_time_of_the_recording(an_hour: bytes) -> None:
    limit_s = 3
    decoder = SandboxedDecoder(DecodeLimits(timeout_s=limit_s))
    try:
        chunks, begun = opened(decoder, an_hour).chunks, monotonic()
        while monotonic() - begun < limit_s + 1:
            np.sort(np.random.default_rng(1).random(1_000_000))
            assert len(next(chunks)) == 10 * SAMPLE_RATE
    finally:
        decoder.close()
