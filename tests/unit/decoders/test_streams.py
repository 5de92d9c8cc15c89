"""A decoding process that was taken over sends nothing of a video that the worker keeps, or waits for without end."""

from collections.abc import Iterator
from itertools import repeat
from typing import Any

import pytest

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.streams import Frame, recording_chunks, video_parts
from workers.domain.video import Shot, SoundPiece
from workers.errors import DamagedMedia

LIMITS = DecodeLimits(picture_side=8, reading_side=16, max_recording_s=60, max_frames=1000)


def shot(start_s: Any, end_s: Any, frame_s: Any = None, *, sizes: Any = ((2, 2),), number: Any = 0) -> Frame:
    """A shot with the pixels that these sizes want."""
    times = {"start_s": start_s, "end_s": end_s, "frame_s": start_s if frame_s is None else frame_s}
    count = sum(3 * width * height for width, height in sizes)
    return {"part": "shot", "number": number, "blank": False, "sizes": sizes, **times}, bytearray(count)


def sound(from_s: Any = 0.0, *, size: int = 320) -> Frame:
    return {"part": "sound", "from_s": from_s}, bytearray(size)


def parts(*frames: Frame) -> list[Shot | SoundPiece]:
    return list(video_parts(iter(frames), (LIMITS.picture_side, LIMITS.reading_side), LIMITS))


def test_shots_and_sound_in_order_are_taken() -> None:
    found = parts(shot(0, 2), sound(), ({"part": "alive"}, bytearray()), shot(1.999, 5, 0.5), sound())
    assert [type(each) for each in found] == [Shot, SoundPiece, Shot, SoundPiece]


@pytest.mark.parametrize(
    "frames",
    [
        [sound(10**400)], [sound(1e5)], [sound(float("nan"))], [sound(0), sound(1)], [sound(size=0)], [sound(size=3)],
        [sound(size=320_002)], [shot(0, 10**400)], [shot(-1, 2)], [shot(2, 2)], [shot(0, 2), shot(1, 3)],
        [shot(0, 2), shot(0, 2)], [shot(0, 2, 3)], [shot(0, 2, -1)], [shot(0, 100)], [shot(0, 2, sizes=((9, 1),))],
        [shot(0, 2, sizes=((2, 2), (17, 1)))], [shot(0, 2, sizes=())], [shot(0, 2, number=10**5000)],
        [({"part": "alive"}, bytearray(4))], [({"part": "secret"}, bytearray())], [({}, bytearray())],
        [({**shot(0, 2)[0]}, bytearray(1_000))],
    ],
    ids=lambda _: "frames",
)  # fmt: skip
def test_parts_that_no_decoder_sends_are_damaged_media(frames: list[Frame]) -> None:
    with pytest.raises(DamagedMedia, match="nonsense"):
        parts(*frames)


@pytest.mark.parametrize("frame", [({"part": "alive"}, bytearray()), sound(size=2)], ids=["alive", "sound"])
def test_a_stream_without_end_is_ended(frame: Frame) -> None:
    endless: Iterator[Frame] = repeat(frame)
    with pytest.raises(DamagedMedia, match="nonsense"):
        for _ in video_parts(endless, (8, 16), LIMITS):
            pass


@pytest.mark.parametrize("frame", [({"part": "sound"}, bytearray()), ({"part": "alive"}, bytearray(2))])
def test_a_recording_that_does_not_go_on_is_damaged_media(frame: Frame) -> None:
    with pytest.raises(DamagedMedia, match="nonsense"):
        list(recording_chunks(iter([frame]), LIMITS))
