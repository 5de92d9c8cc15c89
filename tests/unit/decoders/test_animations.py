"""Every distinct frame of an animation is found, with its seconds. In this process: the sandbox has its own tests."""

import io
import random
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress

import numpy as np
import pytest
from documents import EVERY_KIND, picture
from PIL import Image

from tests.moving import CODECS, SIZE, animated, grainy, pan, slide, slides
from workers.adapters.decoders import signatures
from workers.adapters.decoders.animations import frame_shown
from workers.adapters.decoders.content import decode
from workers.adapters.decoders.distinct import MOST
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.recording_formats import is_heavy
from workers.adapters.decoders.results import KeyFrame, Picture, Shot
from workers.adapters.decoders.signatures import GIF, is_animated
from workers.errors import EmptyMedia, MediaTooLarge, NoSuchPlace, Permanent

LIMITS = DecodeLimits()
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
CLEAR = Image.new("RGBA", SIZE, (0, 0, 0, 0))
AREA = SIZE[0] * SIZE[1]


def shots(data: bytes, limits: DecodeLimits = LIMITS) -> list[Shot]:
    found = decode(data, "a", limits)
    assert isinstance(found, Iterator)
    parts = list(found)
    assert all(isinstance(part, Shot) for part in parts)
    return [part for part in parts if isinstance(part, Shot)]


def still(data: bytes, limits: DecodeLimits = LIMITS) -> Picture:
    found = decode(data, "a", limits)
    assert isinstance(found, Picture)
    return found


def spans(found: Sequence[Shot]) -> list[tuple[float, float]]:
    return [(shot.start_s, shot.end_s) for shot in found]


def apart(one: KeyFrame | Picture, other: Image.Image) -> float:
    """Grey levels between what was decoded and what was drawn."""
    pixels = np.frombuffer(one.pixels, np.uint8).reshape(one.size[1], one.size[0], 3).astype(int)
    return float(np.abs(pixels - np.asarray(other.convert("RGB").resize(one.size))).mean())


def plain(codec: str, colours: Sequence[tuple[int, int, int]]) -> bytes:
    return animated([Image.new("RGB", (16, 16), colour) for colour in colours], codec, 100)


# What is told apart, and when it is shown


@pytest.mark.parametrize("codec", CODECS)
def test_every_slide_of_a_show_is_a_shot_with_its_seconds(codec: str) -> None:
    drawn = slides(4)
    found = shots(animated(drawn, codec, [1000, 500, 2000, 1500]))
    assert spans(found) == [(0, 1), (1, 1.5), (1.5, 3.5), (3.5, 5)]
    assert [shot.frame_s for shot in found] == [0, 1, 1.5, 3.5]
    assert [shot.number for shot in found] == [0, 1, 2, 3]
    for shot, image in zip(found, drawn, strict=True):
        assert (shot.frame.size, shot.blank, shot.declared_s) == (SIZE, False, 5)
        assert apart(shot.frame, image) < 3
    assert {shot.media_type for shot in found} == {f"image/{codec.lower()}"}


def test_the_fades_beside_a_slide_are_no_slides() -> None:
    one, other = slides(2)
    fade = [Image.blend(one, other, step / 6) for step in range(1, 6)]
    found = shots(animated([one, *fade, other], "GIF", [1530, *[60] * 5, 1500]))
    assert len(found) == 2
    assert apart(found[0].frame, one) + apart(found[1].frame, other) < 2
    assert found[0].end_s == found[1].start_s == pytest.approx(1.53 + 0.15, abs=0.07)


def test_slides_that_come_again_are_found_once() -> None:
    assert len(shots(animated(slides(3) * 4))) == 3


def test_a_loop_of_one_scene_is_few_shots() -> None:
    found = decode(animated(list(pan(20)), "PNG", 60), "a", LIMITS)
    assert isinstance(found, Picture | Iterator)
    assert isinstance(found, Picture) or len(list(found)) <= 4


def test_the_grain_of_a_sensor_is_one_picture() -> None:
    assert apart(still(animated(list(grainy(12)), "PNG", 60)), next(grainy(1, grain=0))) < 20


def test_no_more_frames_are_taken_than_one_looks_at() -> None:
    assert len(shots(animated(slides(MOST + 6)))) == MOST


@pytest.mark.parametrize("codec", ["GIF", "WEBP", "PNG"])
def test_frames_that_are_blank_or_transparent_are_no_shots(codec: str) -> None:
    one, other = (each.convert("RGBA") for each in slides(2))
    blank = Image.new("RGBA", SIZE, (240, 240, 240, 255))
    found = shots(animated([CLEAR, one, blank, other, CLEAR], codec, 400, disposal=2))
    assert spans(found) == [(0.4, 0.8), (1.2, 1.6)]


@pytest.mark.parametrize("codec", CODECS)
def test_of_an_animation_without_anything_in_it_the_middle_frame_is_a_picture(codec: str) -> None:
    found = still(plain(codec, [WHITE, (0, 200, 0), RED, (0, 0, 200), WHITE]))
    assert apart(found, Image.new("RGB", (16, 16), RED)) <= 8


@pytest.mark.parametrize("codec", CODECS)
def test_of_two_frames_without_anything_in_them_the_first_is_a_picture(codec: str) -> None:
    assert apart(still(plain(codec, [RED, BLUE])), Image.new("RGB", (16, 16), RED)) <= 8


@pytest.mark.parametrize("codec", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("shown", [1, 4])
def test_of_an_animation_whose_middle_is_transparent_the_nearest_frame_that_shows_something_is_taken(
    codec: str, shown: int
) -> None:
    frames = [CLEAR.resize((8, 8)) for _ in range(5)]
    frames[shown] = Image.new("RGBA", (8, 8), (*RED, 255))
    found = still(animated(frames, codec, 40, disposal=2))
    assert apart(found, Image.new("RGB", (8, 8), RED)) <= 8


def test_an_animation_that_is_transparent_everywhere_is_empty_media() -> None:
    other = CLEAR.copy()
    other.putpixel((0, 0), (1, 1, 1, 0))
    data = animated([CLEAR, other, CLEAR], "WEBP", 100, exact=True)
    assert is_animated(data)
    with pytest.raises(EmptyMedia, match="transparent"):
        decode(data, "a", LIMITS)


def test_a_frame_is_cropped_to_what_is_visible_of_it_as_pictures_are() -> None:
    frames = []
    for image in slides(2, (160, 120)):
        frames.append(CLEAR.copy())
        frames[-1].paste(image.convert("RGBA"), (100, 60))
    assert [shot.frame.size for shot in shots(animated(frames, "PNG", disposal=1))] == [(160, 120)] * 2


# Sizes and durations


def test_a_large_frame_comes_twice_to_be_looked_at_and_to_be_read() -> None:
    (first, _) = shots(animated(slides(2, (2000, 1000))))
    assert first.to_read is not None
    assert (first.frame.size, first.to_read.size) == ((640, 320), (1600, 800))


@pytest.mark.parametrize("delay", [0, 10])
def test_frames_without_a_delay_are_shown_as_long_as_browsers_show_them(delay: int) -> None:
    assert spans(shots(animated(slides(3), durations=delay))) == [(0, 0.1), (0.1, 0.2), (0.2, 0.3)]


def test_what_is_shown_for_hours_ends_at_the_limit() -> None:
    found = shots(animated(slides(3), "PNG", 60_000_000), DecodeLimits(max_recording_s=100_000))
    assert spans(found) == [(0, 60_000), (60_000, 100_000)]


def test_frames_for_which_too_many_pixels_would_have_to_be_decoded_are_not_waited_for() -> None:
    found = shots(animated(slides(5)), DecodeLimits(max_pixels=2 * AREA))
    assert spans(found) == [(0, 1), (1, 2), (2, 3)]


def test_a_canvas_that_grows_beyond_the_limit_ends_the_animation() -> None:
    data = bytearray(animated(slides(3)))
    last = data.rfind(b"\x21\xf9\x04") + 8
    assert data[last] == 0x2C
    data[last + 1 : last + 5] = struct.pack("<HH", 60_000, 60_000)
    assert len(shots(bytes(data))) == 2


def test_an_animation_whose_frames_are_too_large_is_refused_by_its_header() -> None:
    with pytest.raises(MediaTooLarge, match="pixels"):
        decode(animated(slides(2)), "a", DecodeLimits(max_pixels=AREA - 1))


def test_a_picture_for_programs_without_animations_is_no_part_of_it() -> None:
    found = shots(animated([slide("Nothing moves here"), *slides(2)], "PNG", default_image=True))
    assert spans(found) == [(0, 1), (1, 2)]
    assert apart(found[0].frame, slides(1)[0]) < 1


# What is broken


@pytest.mark.parametrize("codec", ["GIF", "PNG"])
def test_what_is_damaged_half_way_ends_there(codec: str) -> None:
    data = animated(slides(4), codec)
    mark = {"GIF": b"\x21\xf9\x04", "PNG": b"fdAT"}[codec]
    places = [at for at in range(len(data)) if data.startswith(mark, at)]
    assert spans(shots(data[: places[-1] + 20])) == [(0, 1), (1, 2), (2, 3)]


def test_of_an_animation_that_is_damaged_in_its_second_frame_the_first_is_a_picture() -> None:
    data = animated(slides(3))
    second = [at for at in range(len(data)) if data.startswith(b"\x21\xf9\x04", at)][1]
    assert apart(still(data[: second + 10]), slides(1)[0]) < 1


@pytest.mark.parametrize("codec", CODECS)
def test_damaged_animations_are_decoded_or_refused_in_one_line(codec: str) -> None:
    sound, dice = animated(slides(3, (64, 48)), codec, 300), random.Random(f"moving {codec}")
    for _ in range(150):
        data = bytearray(sound[: dice.randrange(1, len(sound))] if dice.random() < 0.5 else sound)
        for _ in range(dice.randrange(3)):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        with suppress(Permanent):
            found = decode(bytes(data), "a", DecodeLimits(max_pixels=10**6))
            before = 0.0
            for shot in found if isinstance(found, Iterator) else ():
                assert isinstance(shot, Shot)
                assert before <= shot.start_s <= shot.frame_s < shot.end_s <= LIMITS.max_recording_s
                before = shot.end_s


# Which objects are animations


@pytest.mark.parametrize("codec", CODECS)
def test_an_animation_is_known_by_its_bytes_and_work_for_the_heavy_queue(codec: str) -> None:
    assert is_animated(animated(slides(2), codec))
    assert is_heavy(animated(slides(2), codec))


@pytest.mark.parametrize("codec", ["GIF", "PNG", "WEBP", "JPEG", "TIFF", "BMP"])
def test_a_picture_of_one_frame_is_no_animation(codec: str) -> None:
    assert not is_heavy(picture(codec))


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_a_picture_in_a_box_of_one_frame_is_no_animation(kind: str) -> None:
    assert not is_heavy(EVERY_KIND[kind]())


def test_pages_are_no_frames() -> None:
    assert not is_heavy(animated(slides(2), "TIFF"))


@pytest.mark.parametrize("codec", CODECS)
def test_whether_something_moves_can_be_asked_of_any_part_of_it(codec: str) -> None:
    data = animated(slides(2, (40, 30)), codec)
    assert {is_animated(data[:end]) for end in range(len(data))} <= {True, False}


def test_the_word_for_an_animation_in_the_pixels_of_a_picture_is_none() -> None:
    pixels = zlib.compress(b"acTL" * 50, 0)
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    data = out.getvalue()
    at = data.index(b"IDAT") + 4
    assert not is_animated(data[:at] + pixels + data[at:])


@pytest.mark.parametrize("blocks", [b"!\xfe\0", b"!\xfe" + b"\1a" * 1000 + b"\0"])
def test_of_a_gif_of_endless_blocks_so_many_are_looked_at(monkeypatch: pytest.MonkeyPatch, blocks: bytes) -> None:
    """Then it is left to who can be killed: it may move."""
    still = b"GIF89a" + struct.pack("<HH", 10, 10) + bytes(3) + blocks * 3
    assert not is_animated(still)
    monkeypatch.setattr(signatures, "GIF_BLOCKS", 2)
    assert is_animated(still)


# The frame that a citation leads to


def shown(data: bytes, span: tuple[float, float] | None, number: int) -> bool:
    return apart(frame_shown(data, GIF, span, LIMITS), slides(4)[number]) < 1


def test_a_place_leads_to_the_frame_that_was_found_there() -> None:
    one, other = slides(2)
    data = animated([Image.new("RGB", SIZE, "white"), one, other], durations=1000)
    (first, second) = shots(data)
    assert shown(data, (first.start_s, first.end_s), 0)
    assert shown(data, (second.start_s, second.end_s), 1)


@pytest.mark.parametrize(("span", "number"), [((0, 0), 0), ((1.2, 1.4), 1), ((2.999, 3.5), 2), ((3, 90), 3)])
def test_other_seconds_lead_to_what_is_shown_when_they_begin(span: tuple[float, float], number: int) -> None:
    assert shown(animated(slides(4)), span, number)


def test_no_seconds_lead_to_the_middle() -> None:
    assert shown(animated(slides(4)), None, 1)


def test_seconds_after_the_end_are_no_place() -> None:
    with pytest.raises(NoSuchPlace, match="the animation ends after 4 s"):
        frame_shown(animated(slides(4)), GIF, (4, 5), LIMITS)
