"""A video comes out of the decoding process as a stream of shots and sound, in constant memory."""

import os
import signal
from itertools import chain, repeat
from pathlib import Path

import numpy as np
import pytest

from tests.clips import FORMATS, LEMUR, PANDA, RATE, SIZE, encoded, photograph, still
from tests.recordings import tone
from workers.adapters.decoders.film import LONGEST_S
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder
from workers.domain.decoded import DecodedText
from workers.domain.recording import SAMPLE_RATE, Recording
from workers.domain.video import Shot, SoundPiece, Video
from workers.errors import DamagedMedia, MediaTooLarge, ServiceUnavailable

HELLO = DecodedText("text/plain", "hello")


def minutes(count: int, *, size: tuple[int, int] = SIZE) -> bytes:
    """So many minutes of two photographs in turn, each for five seconds, five frames a second."""
    seconds = 60 * count
    photos = [photograph(name, size) for name in (LEMUR, PANDA)]
    frames = chain.from_iterable(repeat(photos[n % 2], 25) for n in range(seconds // 5))
    return encoded(frames, "clip.mkv", rate=5)


@pytest.fixture(scope="module")
def two_minutes() -> bytes:
    return minutes(2)


def opened(decoder: SandboxedDecoder, data: bytes) -> Video:
    video = decoder.decode(data, key="a")
    assert isinstance(video, Video)
    return video


def shots(video: Video) -> list[Shot]:
    return [part for part in video.parts if isinstance(part, Shot)]


def peak_mib(pid: int | None) -> float:
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_crosses_the_pipe(decoder: SandboxedDecoder, name: str) -> None:
    frames = chain(still(photograph(LEMUR, SIZE), 2), still(photograph(PANDA, SIZE), 2))
    video = opened(decoder, encoded(frames, name, sound=tone(4, rate=48_000)))
    parts = list(video.parts)
    seen = [part for part in parts if isinstance(part, Shot)]
    assert video.media_type.startswith("video/")
    assert [shot.start_s for shot in seen] == pytest.approx([0, 2], abs=0.13)
    for shot, photo in zip(seen, (LEMUR, PANDA), strict=True):
        assert np.abs(shot.pixels.astype(int) - photograph(photo, SIZE)).mean() < 20
    samples = sum(len(part.samples) for part in parts if isinstance(part, SoundPiece))
    assert samples / SAMPLE_RATE == pytest.approx(4, abs=0.1)


def test_the_picture_to_read_is_larger(decoder: SandboxedDecoder) -> None:
    (shot,) = shots(opened(decoder, encoded(still(photograph(PANDA, (1280, 720)), 0.4))))
    assert shot.pixels.shape == (360, 640, 3)
    assert shot.to_read.shape == (720, 1280, 3)


def test_one_process_decodes_videos_and_other_objects(decoder: SandboxedDecoder, two_minutes: bytes) -> None:
    first = shots(opened(decoder, two_minutes))
    pid = decoder.child_pid
    assert decoder.decode(b"hello", key="a.txt") == HELLO
    again = shots(opened(decoder, two_minutes))
    assert decoder.child_pid == pid
    assert [(one.start_s, one.end_s) for one in first] == [(one.start_s, one.end_s) for one in again]
    assert len(first) == 24


def test_ten_minutes_take_no_more_memory_than_two(decoder: SandboxedDecoder, two_minutes: bytes) -> None:
    for _ in opened(decoder, two_minutes).parts:
        pass
    before = peak_mib(decoder.child_pid)
    assert len(shots(opened(decoder, minutes(10)))) == 120
    assert peak_mib(decoder.child_pid) < before + 32


def test_a_still_picture_of_minutes_comes_in_pieces(decoder: SandboxedDecoder) -> None:
    found = shots(opened(decoder, encoded(still(photograph(PANDA, SIZE), 120, rate=5), "clip.mkv", rate=5)))
    assert [shot.number for shot in found] == [0] * 6
    assert all(shot.end_s - shot.start_s <= LONGEST_S + 1 / RATE for shot in found)


def test_a_video_that_nobody_watches_to_its_end_does_not_answer_for_the_next_object(
    decoder: SandboxedDecoder, two_minutes: bytes
) -> None:
    next(opened(decoder, two_minutes).parts)
    assert decoder.decode(b"hello", key="a.txt") == HELLO


def test_sound_alone_in_a_container_of_videos_is_a_recording(decoder: SandboxedDecoder) -> None:
    recording = decoder.decode(encoded([], "clip.webm", sound=tone(2, rate=48_000)), key="a")
    assert isinstance(recording, Recording)
    assert sum(map(len, recording.chunks)) / SAMPLE_RATE == pytest.approx(2, abs=0.1)


def test_a_limit_in_the_middle_ends_the_stream_and_leaves_the_process_in_use(two_minutes: bytes) -> None:
    decoder = SandboxedDecoder(DecodeLimits(max_frames=200))
    try:
        with pytest.raises(MediaTooLarge, match="more than 200 frames"):
            shots(opened(decoder, two_minutes))
        pid = decoder.child_pid
        assert decoder.decode(b"hello", key="a.txt") == HELLO
        assert decoder.child_pid == pid
    finally:
        decoder.close()


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [(signal.SIGKILL, ServiceUnavailable, "was killed"), (signal.SIGSEGV, DamagedMedia, "SIGSEGV")],
)
def test_a_child_that_ends_in_the_middle_of_a_video_costs_no_more_than_that(
    decoder: SandboxedDecoder, two_minutes: bytes, name: signal.Signals, error: type[Exception], words: str
) -> None:
    parts = opened(decoder, two_minutes).parts
    next(parts)
    assert decoder.child_pid is not None
    os.kill(decoder.child_pid, name)
    with pytest.raises(error, match=words):
        list(parts)
    assert decoder.decode(b"hello", key="a.txt") == HELLO
