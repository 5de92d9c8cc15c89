"""Pictures of every format and mode become upright 8-bit RGB. In this process: the sandbox has its own tests."""

import io
import random
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import Picture
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, Permanent

LIMITS = DecodeLimits()
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def saved(image: Image.Image, codec: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, codec, **options)
    return buffer.getvalue()


def picture(data: bytes, limits: DecodeLimits = LIMITS) -> Picture:
    result = decode(data, "a", limits)
    assert isinstance(result, Picture)
    return result


def pixels(data: bytes) -> np.ndarray:
    result = picture(data)
    width, height = result.size
    return np.frombuffer(result.pixels, np.uint8).reshape(height, width, 3)


def close(pixel: np.ndarray, colour: tuple[int, int, int], tolerance: int = 8) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= tolerance)


def red_above_blue(size: tuple[int, int] = (64, 48)) -> Image.Image:
    image = Image.new("RGB", size, BLUE)
    image.paste(RED, (0, 0, size[0], size[1] // 2))
    return image


@pytest.mark.parametrize(
    ("codec", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("BMP", "image/bmp"),
        ("TIFF", "image/tiff"),
    ],
)
def test_every_format_is_recognised_by_its_content(codec: str, media_type: str) -> None:
    data = saved(red_above_blue(), codec)
    assert picture(data).media_type == media_type
    assert picture(data).original == (64, 48)
    assert close(pixels(data)[4, 4], RED)
    assert close(pixels(data)[-4, -4], BLUE)


@pytest.mark.parametrize("name", ["holiday.jpg", "holiday", "holiday.dat"])
def test_the_name_does_not_decide_which_picture_it_is(name: str) -> None:
    assert decode(saved(red_above_blue(), "PNG"), name, LIMITS).media_type == "image/png"


@pytest.mark.parametrize("name", ["holiday.txt", "holiday.md", "holiday.json"])
def test_a_picture_that_is_named_a_text_is_damaged_media(name: str) -> None:
    with pytest.raises(DamagedMedia, match="holds a picture"):
        decode(saved(red_above_blue(), "PNG"), name, LIMITS)


@pytest.mark.parametrize("name", ["holiday.jpg", "holiday.webp", "holiday.mp3", "holiday.mp4"])
def test_a_text_that_is_named_otherwise_is_damaged_media(name: str) -> None:
    with pytest.raises(DamagedMedia, match="holds text"):
        decode(b"<html>404 not found</html>", name, LIMITS)


def test_a_text_named_svg_is_text() -> None:
    assert decode(b"A map that is to be drawn", "map.svg", LIMITS).media_type.startswith("text/")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("codec", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_picture_stands_upright_whatever_its_orientation_tag(codec: str, orientation: int) -> None:

    image = Image.new("RGB", (60, 40), WHITE)
    image.paste(RED, (0, 0, 30, 20))
    image.paste(BLUE, (30, 0, 60, 20))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(image, codec, exif=exif)
    with Image.open(io.BytesIO(data)) as reopened:
        expected = ImageOps.exif_transpose(reopened).convert("RGB")
    assert picture(data).original == expected.size
    assert np.abs(pixels(data).astype(int) - np.asarray(expected)).max() <= 2


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_metadata_does_not_cost_the_picture() -> None:
    data = saved(red_above_blue(), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage")
    assert close(pixels(data)[4, 4], RED)


def test_transparency_is_cropped_and_composited_on_white() -> None:
    image = Image.new("RGBA", (100, 80), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (20, 10, 60, 30))
    image.paste((0, 0, 0, 0), (30, 15, 40, 25))
    data = saved(image, "PNG")
    assert picture(data).size == (40, 20)
    assert picture(data).original == (100, 80)
    assert close(pixels(data)[0, 0], RED)
    assert close(pixels(data)[10, 15], WHITE)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_what_is_visible_is_told_as_a_part_of_the_upright_picture(orientation: int) -> None:
    image = Image.new("RGBA", (100, 80), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (20, 10, 60, 30))
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = ImageOps.exif_transpose(_tagged(image, orientation)).getchannel("A")
    left, top, right, bottom = upright.getbbox() or (0, 0, 0, 0)
    result = picture(saved(image, "PNG", exif=exif))
    width, height = result.original
    assert result.visible == (left / width, top / height, right / width, bottom / height)
    assert result.size == (right - left, bottom - top)


def test_of_a_picture_without_transparency_all_is_visible() -> None:
    assert picture(saved(red_above_blue(), "PNG")).visible == (0, 0, 1, 1)


def test_half_transparent_colours_mix_with_white() -> None:
    data = saved(Image.new("RGBA", (8, 8), (255, 0, 0, 128)), "PNG")
    assert close(pixels(data)[4, 4], (255, 127, 127))


def test_a_palette_picture_keeps_its_colours_and_its_transparency() -> None:
    image = Image.new("P", (20, 20), 0)
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.paste(1, (5, 5, 15, 15))
    data = saved(image, "PNG", transparency=0)
    assert picture(data).size == (10, 10)
    assert close(pixels(data)[5, 5], RED)


def test_a_picture_that_is_transparent_everywhere_is_empty_media() -> None:
    with pytest.raises(EmptyMedia, match="transparent"):
        picture(saved(Image.new("RGBA", (8, 8), (9, 9, 9, 0)), "PNG"))


@pytest.mark.parametrize("codec", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_and_not_clipped(codec: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (4, 1))
    decoded = pixels(saved(Image.fromarray(ramp), codec))
    assert np.abs(decoded[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_sixteen_bit_colour_is_scaled_and_not_clipped() -> None:
    row = b"\0" + b"".join(struct.pack(">HHH", value, 0, 65535 - value) for value in range(0, 65536, 4096))
    assert close(pixels(_png(16, 1, depth=16, colour=2, raw=row))[0, 8], (0x80, 0, 0x7F), 1)


def test_a_floating_point_picture_is_scaled_by_its_own_range() -> None:
    ramp = np.tile(np.linspace(-1.5, 2.5, 256).astype(np.float32), (4, 1))
    decoded = pixels(saved(Image.fromarray(ramp), "TIFF"))
    assert (decoded[0, 0, 0], decoded[0, -1, 0]) == (0, 255)


@pytest.mark.parametrize("codec", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb_with_the_right_sign(codec: str) -> None:
    decoded = pixels(saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), codec))
    assert close(decoded[8, 8], RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_white_picture_is_white_in_every_mode(mode: str) -> None:
    white = Image.new("I;16", (8, 8), 65535) if mode == "I;16" else Image.new("RGB", (8, 8), WHITE).convert(mode)
    assert close(pixels(saved(white, "PNG"))[4, 4], WHITE)


@pytest.mark.parametrize("codec", ["JPEG", "PNG"])
def test_a_large_picture_is_scaled_to_the_longest_side_allowed(codec: str) -> None:
    result = picture(saved(red_above_blue((3000, 2000)), codec))
    assert result.size == (640, 427)
    assert result.original == (3000, 2000)


def test_a_small_picture_is_not_enlarged() -> None:
    assert picture(saved(red_above_blue((7, 5)), "PNG")).size == (7, 5)


def test_a_very_long_picture_keeps_at_least_one_pixel_of_height() -> None:
    assert picture(saved(red_above_blue((5000, 2)), "PNG")).size == (640, 1)


@pytest.mark.parametrize("codec", ["JPEG", "PNG", "WEBP", "GIF", "TIFF"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_truncated_picture_is_damaged_media(codec: str, share: float) -> None:
    noise = Image.effect_noise((200, 150), 80).convert("RGB")
    data = saved(noise, codec)
    with pytest.raises(DamagedMedia, match=codec):
        picture(data[: int(len(data) * share)])


def test_a_bare_signature_is_damaged_media() -> None:
    for start in (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0", b"RIFF\x10\0\0\0WEBP"):
        with pytest.raises(DamagedMedia, match="cannot be decoded"):
            picture(start)


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    bomb = _png(100_000, 100_000, depth=8, colour=2, raw=b"\0" * 1000)
    with pytest.raises(MediaTooLarge, match="100,000 x 100,000 pixels"):
        picture(bomb)


def test_the_limit_on_pixels_is_inclusive() -> None:
    data = saved(red_above_blue((100, 100)), "PNG")
    assert picture(data, DecodeLimits(max_pixels=10_000)).size == (100, 100)
    with pytest.raises(MediaTooLarge):
        picture(data, DecodeLimits(max_pixels=9_999))


@pytest.mark.parametrize("codec", ["JPEG", "PNG"])
def test_random_damage_ends_as_a_picture_or_as_one_of_our_errors(codec: str) -> None:
    dice = random.Random(codec)
    sound = saved(Image.effect_noise((80, 60), 80).convert("RGB"), codec)
    ends = set()
    for _ in range(200):
        data = bytearray(sound)
        for _ in range(dice.randint(1, 20)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            decode(bytes(data), "a", LIMITS)
            ends.add("decoded")
        except Permanent as error:
            ends.add(error.kind)
    assert "damaged_media" in ends
    assert ends <= {"decoded", "damaged_media", "media_too_large", "unknown_media_type", "empty_media"}


def _png(width: int, height: int, *, depth: int, colour: int, raw: bytes) -> bytes:
    """A PNG made by hand: Pillow writes no 16-bit colour, and no header that lies."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def _tagged(image: Image.Image, orientation: int) -> Image.Image:
    image = image.copy()
    image.getexif()[0x0112] = orientation
    return image
