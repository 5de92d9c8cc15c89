"""Videos are known by their content, and become shots and sound as far as they can be decoded."""

import io
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from typing import Any

import av
import numpy as np
import pytest

from tests.clips import FORMATS, LEMUR, MACAW, PANDA, SIZE, encoded, photograph, still
from tests.recordings import tone
from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.recording_formats import recording_format
from workers.adapters.decoders.recordings import RATE, SoundTrack
from workers.adapters.decoders.results import Alive, Document, Part, Picture, Shot, Sound, Text
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, Permanent, UnknownMediaType

LIMITS = DecodeLimits()


def clip(name: str = "clip.mp4", *, sound: bool = True, seconds: float = 2.0, **more: Any) -> bytes:
    """Two photographs, one after the other, and a tone beside them."""
    frames = [frame for photo in (LEMUR, PANDA) for frame in still(photograph(photo, SIZE), seconds / 2)]
    return encoded(frames, name, sound=tone(seconds, rate=48_000) if sound else None, **more)


def broken_off(seconds: float, at_s: float, later_s: float) -> Iterator[Any]:
    """The frames of a tone; from `at_s` on they come that much later."""
    samples = (tone(seconds, rate=48_000) * 32_000).astype(np.int16)
    for start in range(0, len(samples), 960):
        frame = av.AudioFrame.from_ndarray(samples[None, start : start + 960], format="s16", layout="mono")
        frame.sample_rate, frame.time_base = 48_000, Fraction(1, 48_000)
        frame.pts = start + (round(later_s * 48_000) if start >= at_s * 48_000 else 0)
        yield frame


def parts(data: bytes, *, key: str = "a", limits: DecodeLimits = LIMITS) -> list[Part]:
    result = decode(data, key, limits)
    assert not isinstance(result, Text | Picture | Document)
    return list(result)


def shots(found: Sequence[Part]) -> list[Shot]:
    return [part for part in found if isinstance(part, Shot)]


def sound_s(found: Sequence[Part]) -> float:
    return sum(len(part.pcm) for part in found if isinstance(part, Sound)) / 2 / RATE


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_its_shots_and_its_sound(name: str) -> None:
    found = parts(clip(name))
    assert [shot.start_s for shot in shots(found)] == pytest.approx([0, 1], abs=0.13)
    assert shots(found)[-1].end_s == pytest.approx(2, abs=0.1)
    assert sound_s(found) == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("clip.mp4", "video/mp4"), ("clip.mov", "video/quicktime"), ("clip.mkv", "video/x-matroska"),
     ("clip.webm", "video/webm"), ("clip.avi", "video/x-msvideo")],
)  # fmt: skip
def test_the_media_type_is_that_of_the_content(name: str, media_type: str) -> None:
    assert {part.media_type for part in parts(clip(name), key="a.bin")} == {media_type}


def test_a_video_without_sound_has_its_shots() -> None:
    found = parts(clip(sound=False))
    assert len(shots(found)) == 2
    assert not sound_s(found)


@pytest.mark.parametrize("name", ["clip.mkv", "clip.webm", "clip.mov"])
def test_sound_alone_in_a_container_of_videos_is_a_recording(name: str) -> None:
    found = parts(encoded([], name, sound=tone(2, rate=48_000)))
    assert sound_s(found) == pytest.approx(2, abs=0.1)
    assert all(part.media_type.startswith("audio/") for part in found)


def test_sound_that_begins_later_is_told_so() -> None:
    found = parts(clip(sound_from_s=1.5))
    assert all(part.from_s == pytest.approx(1.5, abs=0.1) for part in found if isinstance(part, Sound))


@pytest.mark.parametrize(("gaps", "expected_s"), [(True, 6.5), (False, 2.0)], ids=["video", "recording"])
def test_a_gap_in_the_sound_is_silence_beside_pictures_alone(gaps: bool, expected_s: float) -> None:  # noqa: FBT001 - pytest passes it by name
    track = SoundTrack(av, "video/mp4", LIMITS, gaps=gaps)
    found = [piece for frame in broken_off(2.0, 1.0, 4.5) for piece in track.take(frame)] + list(track.finish())
    assert sound_s(found) == pytest.approx(expected_s, abs=0.1)
    pcm = np.frombuffer(b"".join(piece.pcm for piece in found), "<i2")
    assert np.abs(pcm[-RATE // 2 :]).max() > 1_000
    quiet = [piece for piece in np.array_split(pcm, 65 if gaps else 20) if np.abs(piece).max() == 0]
    assert len(quiet) >= (43 if gaps else 0)


def test_a_gap_in_the_sound_beyond_the_limit_is_refused() -> None:
    track = SoundTrack(av, "video/mp4", LIMITS, gaps=True)
    with pytest.raises(MediaTooLarge, match="longer than 21,600 s"):
        list(chain.from_iterable(map(track.take, broken_off(2.0, 1.0, 30_000))))


def test_a_video_with_pictures_in_another_order_is_as_long_as_it_is() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="avi") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.options = {"preset": "veryfast", "bf": "3"}
        for name in (LEMUR, PANDA):
            for each in still(photograph(name, SIZE), 5):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(each, format="rgb24")))
        container.mux(stream.encode(None))
    assert shots(parts(out.getvalue()))[-1].end_s == pytest.approx(10, abs=0.3)


def test_a_video_that_was_filmed_sideways_is_shown_upright() -> None:
    (shot,) = shots(parts(encoded(still(photograph(MACAW, SIZE), 1), rotation=90)))
    width, height = shot.frame.size
    assert (width, height) == SIZE[::-1]
    pixels = np.frombuffer(shot.frame.pixels, np.uint8).reshape(height, width, 3).astype(int)
    # The matrix says: turn it by 90 degrees clockwise.
    assert np.abs(pixels - np.rot90(photograph(MACAW, SIZE), -1)).mean() < 12


def test_a_long_shot_says_meanwhile_that_it_goes_on() -> None:
    found = parts(encoded(still(photograph(PANDA, SIZE), 19, rate=5), rate=5))
    assert any(isinstance(part, Alive) for part in found)
    assert len(shots(found)) == 1


# What is refused, and what is cut off


@pytest.mark.parametrize("name", ["clip.mkv", "clip.webm", "clip.avi"])
def test_a_video_that_breaks_off_is_taken_as_far_as_it_goes(name: str) -> None:
    whole = clip(name, seconds=8)
    found = shots(parts(whole[: len(whole) * 2 // 3]))
    assert 3 < found[-1].end_s < 8


def test_an_mp4_that_breaks_off_before_its_directory_is_refused() -> None:
    whole = clip(seconds=4)
    with pytest.raises(DamagedMedia, match="cannot be decoded"):
        parts(whole[: len(whole) // 2])


def test_a_video_without_a_frame_is_empty() -> None:
    data = clip("clip.avi", sound=False)
    with pytest.raises((EmptyMedia, DamagedMedia), match=r"\w+ \w+"):
        parts(data[: data.index(b"movi") + 4])


def test_pictures_of_an_absurd_size_are_refused() -> None:
    with pytest.raises(MediaTooLarge, match=r"192 x 108 pixels; at most 10,000"):
        parts(clip(), limits=DecodeLimits(max_frame_pixels=10_000))


def test_more_frames_than_allowed_are_refused() -> None:
    with pytest.raises(MediaTooLarge, match="more than 20 frames"):
        parts(clip(), limits=DecodeLimits(max_frames=20))


def test_a_video_longer_than_the_limit_is_refused() -> None:
    with pytest.raises(MediaTooLarge, match="longer than 3 s"):
        parts(clip(seconds=8), limits=DecodeLimits(max_recording_s=3))


def test_a_container_with_neither_pictures_nor_sound_is_refused() -> None:
    data = clip("clip.avi", sound=False)
    header = bytearray(data[: data.index(b"movi") + 4])
    header[header.index(b"vids") : header.index(b"vids") + 4] = b"txts"
    with pytest.raises(UnknownMediaType, match="this AVI file holds neither pictures nor sound"):
        parts(bytes(header))


@pytest.mark.parametrize("head", [b"\x1aE\xdf\xa3\x93\x42\x82\x84webm", b"RIFF\0\0\0\0AVI LIST", b"\0\0\0\x18ftypqt  "])
def test_a_beginning_without_a_video_is_damaged(head: bytes) -> None:
    with pytest.raises((DamagedMedia, EmptyMedia, UnknownMediaType), match=r"\w+ \w+"):
        parts(head + bytes(200))


def test_an_ebml_file_of_another_kind_is_refused_by_name() -> None:
    with pytest.raises(UnknownMediaType, match="neither Matroska nor WebM"):
        parts(b"\x1aE\xdf\xa3\x93\x42\x82\x84none" + bytes(60))


@pytest.mark.parametrize("text", ["The moov is an atom", "and mdat too", "RIFF and AVI"])
def test_a_text_about_videos_is_none(text: str) -> None:
    assert recording_format(text.encode()) is None


@pytest.mark.parametrize("name", FORMATS)
def test_damage_anywhere_is_indexed_or_refused_in_one_sentence(name: str) -> None:
    data, dice = clip(name, seconds=1), random.Random(7)
    for _ in range(12):
        damaged = bytearray(data)
        for _ in range(dice.randint(1, 20)):
            damaged[dice.randrange(min(len(damaged), dice.choice([200, 2_000, len(damaged)])))] = dice.randrange(256)
        with suppress(Permanent):
            parts(bytes(damaged))
