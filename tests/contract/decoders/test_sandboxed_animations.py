"""An animation comes out of the decoding process as a stream of shots, and is shown by the place of each."""

import struct
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.moving import CODECS, SIZE, animated, slide, slides
from workers.adapters.decoders.files import file_of
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder
from workers.domain.decoded import DecodedImage, DecodedText, Pixels
from workers.domain.locator import Locator
from workers.domain.video import Shot, Video
from workers.errors import DamagedMedia, NoSuchPlace

HELLO = DecodedText("text/plain", "hello")


def opened(decoder: SandboxedDecoder, data: bytes, *, to_read: bool = False) -> Video:
    video = decoder.decode(data, key="a", to_read=to_read)
    assert isinstance(video, Video)
    return video


def shots(video: Video) -> list[Shot]:
    parts = list(video.parts)
    assert all(isinstance(part, Shot) for part in parts)
    return [part for part in parts if isinstance(part, Shot)]


def excerpt(decoder: SandboxedDecoder, data: bytes, place: Locator) -> Pixels:
    found = decoder.excerpt(data, key="a", place=place)
    assert isinstance(found, DecodedImage)
    return found.pixels


def is_like(pixels: Pixels, drawn: Image.Image) -> bool:
    return pixels.shape[:2] == drawn.size[::-1] and float(np.abs(pixels.astype(int) - np.asarray(drawn)).mean()) < 3


def peak_mib(pid: int | None) -> float:
    (line,) = (line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


@pytest.mark.parametrize("codec", CODECS)
def test_every_kind_of_animation_crosses_the_pipe(decoder: SandboxedDecoder, codec: str) -> None:
    drawn = slides(3)
    data = animated(drawn, codec, [1000, 2000, 500])
    video = opened(decoder, data)
    found = shots(video)
    assert decoder.is_heavy(data)
    assert (video.media_type, video.declared_s) == (f"image/{codec.lower()}", 3.5)
    assert [(shot.start_s, shot.end_s) for shot in found] == [(0, 1), (1, 3), (3, 3.5)]
    assert all(is_like(shot.pixels, image) for shot, image in zip(found, drawn, strict=True))


def test_a_frame_to_be_read_is_larger_than_one_to_be_looked_at(decoder: SandboxedDecoder) -> None:
    data = animated(slides(2, (2000, 1500)))
    (shot, _) = shots(opened(decoder, data))
    assert (shot.pixels.shape, shot.to_read.shape) == ((480, 640, 3), (1200, 1600, 3))
    (shot, _) = shots(opened(decoder, data, to_read=True))
    assert (shot.pixels.shape, shot.to_read.shape) == ((1200, 1600, 3), (1200, 1600, 3))


def test_an_animation_in_which_nothing_changes_is_a_picture(decoder: SandboxedDecoder) -> None:
    (image,) = slides(1)
    other = image.copy()
    other.putpixel((0, 0), (200, 200, 200))
    found = decoder.decode(animated([image, other]), key="a")
    assert isinstance(found, DecodedImage)
    assert is_like(found.pixels, image)


def test_one_process_decodes_animations_and_other_objects(decoder: SandboxedDecoder) -> None:
    data = animated(slides(3))
    first = shots(opened(decoder, data))
    pid = decoder.child_pid
    assert decoder.decode(b"hello", key="a.txt") == HELLO
    assert len(shots(opened(decoder, data))) == len(first) == 3
    assert decoder.child_pid == pid


def test_an_animation_that_nobody_goes_through_holds_nothing_up(decoder: SandboxedDecoder) -> None:
    data = animated(slides(3))
    opened(decoder, data)
    opened(decoder, data, to_read=True)
    assert decoder.decode(b"hello", key="a.txt") == HELLO


def test_many_frames_take_no_more_memory_than_few(decoder: SandboxedDecoder) -> None:
    size = (1600, 1200)
    assert len(shots(opened(decoder, animated(slides(2, size))))) == 2
    before = peak_mib(decoder.child_pid)
    assert len(shots(opened(decoder, animated(slides(20, size))))) == 20
    assert peak_mib(decoder.child_pid) < before + 24


def test_an_animation_of_which_no_frame_decodes_is_refused_with_a_reason(decoder: SandboxedDecoder) -> None:
    data = bytearray(animated(slides(2), "PNG"))
    first = data.index(b"IDAT") + 4
    data[first : first + 40] = bytes(40)
    with pytest.raises(DamagedMedia, match="a picture in PNG that cannot be decoded"):
        decoder.decode(bytes(data), key="a")


# The frame at a place


def test_a_place_is_shown_as_the_frame_that_stands_there(decoder: SandboxedDecoder) -> None:
    drawn = slides(3)
    data = animated(drawn)
    for shot, image in zip(shots(opened(decoder, data)), drawn, strict=True):
        place = Locator(start_s=shot.start_s, end_s=shot.end_s)
        assert is_like(excerpt(decoder, data, place), image)
    suffix, content = file_of(decoder.excerpt(data, key="a", place=Locator(start_s=0, end_s=1)))
    assert (suffix, content[:4]) == (".png", b"\x89PNG")


@pytest.mark.parametrize(("seconds", "number"), [({"start_s": 2.0, "end_s": 3.0}, 2), ({}, 1)])
def test_a_box_in_a_frame_is_cut_out_of_it(decoder: SandboxedDecoder, seconds: dict[str, float], number: int) -> None:
    colours = ("red", "lime", "blue")
    frames = [slide("Mind the seals", (1000, 500)) for _ in colours]
    for image, colour in zip(frames, colours, strict=True):
        image.paste(colour, (500, 200, 1000, 400))
    found = excerpt(decoder, animated(frames, "PNG"), Locator(box=(0.6, 0.5, 0.8, 0.7), **seconds))
    assert found.shape == (200, 300, 3)
    assert np.all(found == np.eye(3, dtype=np.uint8)[number] * 255)


def test_a_place_after_the_end_is_none(decoder: SandboxedDecoder) -> None:
    data = animated(slides(3), durations=400)
    with pytest.raises(NoSuchPlace, match=r"nothing is to be seen there: the animation ends after 1\.2 s"):
        decoder.excerpt(data, key="a", place=Locator(start_s=1.2, end_s=2.4))


def test_there_are_no_seconds_in_a_picture_that_does_not_move(decoder: SandboxedDecoder) -> None:
    with pytest.raises(NoSuchPlace, match="no seconds in it"):
        decoder.excerpt(animated(slides(1), "PNG"), key="a", place=Locator(start_s=0, end_s=1))


def test_what_is_shown_is_within_the_limits_of_indexing() -> None:
    data = animated(slides(4))
    with closing(SandboxedDecoder(DecodeLimits(max_pixels=2 * SIZE[0] * SIZE[1]))) as decoder:
        assert len(shots(opened(decoder, data))) == 3
        with pytest.raises(NoSuchPlace, match="ends after 3 s"):
            decoder.excerpt(data, key="a", place=Locator(start_s=3, end_s=4))


def test_a_last_frame_for_which_there_is_no_memory_ends_the_animation(decoder: SandboxedDecoder) -> None:
    data = bytearray(animated(slides(3)))
    last = data.rfind(b"\x21\xf9\x04") + 8
    data[last + 1 : last + 5] = struct.pack("<HH", 40_000, 40_000)
    assert [(shot.start_s, shot.end_s) for shot in shots(opened(decoder, bytes(data)))] == [(0, 1), (1, 2)]
    assert decoder.decode(b"hello", key="a") == HELLO
