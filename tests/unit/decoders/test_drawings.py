"""Drawings, HEIF and AVIF become pictures. In this process: the sandbox has its own tests."""

import base64
import io
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from documents import SVG, picture
from PIL import Image

from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import Picture, Text
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge

LIMITS = DecodeLimits()
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
START = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="20" height="20">'


def decoded(data: bytes, key: str = "a", limits: DecodeLimits = LIMITS) -> Picture:
    result = decode(data, key, limits)
    assert isinstance(result, Picture)
    return result


def colour(data: bytes, x: float, y: float) -> tuple[int, ...]:
    """The colour at a place, in fractions of the picture."""
    result = decoded(data)
    width, height = result.size
    pixels = np.frombuffer(result.pixels, np.uint8).reshape(height, width, 3)
    return tuple(int(value) for value in pixels[int(y * height), int(x * width)])


def drawing(content: str) -> bytes:
    return f"{START}{content}</svg>".encode()


# Drawings


def test_a_drawing_is_rendered_at_the_size_of_pictures_on_white() -> None:
    result = decoded(drawing('<circle cx="10" cy="10" r="10" fill="red"/>'))
    assert (result.media_type, result.size, result.original) == ("image/svg+xml", (640, 640), (20, 20))
    assert colour(drawing('<circle cx="10" cy="10" r="10" fill="red"/>'), 0.5, 0.5) == RED
    assert colour(drawing('<circle cx="10" cy="10" r="10" fill="red"/>'), 0.01, 0.01) == WHITE


@pytest.mark.parametrize(
    ("size", "original"),
    [
        ('width="1in" height="48pt"', (96, 64)),
        ('viewBox="0 0 300 30"', (300, 30)),
        ('width="100%" height="100%" viewBox="0,0,30,60"', (30, 60)),
        ('width="3000" height="2000"', (3000, 2000)),
    ],
)
def test_the_original_size_is_the_one_that_the_drawing_names(size: str, original: tuple[int, int]) -> None:
    data = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect width="20" height="20"/></svg>'
    assert decoded(data.encode()).original == original
    assert max(decoded(data.encode()).size) <= 640


@pytest.mark.parametrize(
    "before",
    [
        "",
        "\ufeff",
        '<?xml version="1.0"?>\n',
        "<!-- drawn by hand -->\n" * 3,
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n',
    ],
)
def test_a_drawing_is_recognised_by_its_first_element(before: str) -> None:
    assert decoded(before.encode() + SVG).media_type == "image/svg+xml"
    assert decoded(before.encode() + SVG, "map.svg").media_type == "image/svg+xml"


def test_the_source_of_a_drawing_under_the_name_of_a_text_is_that_text() -> None:
    assert isinstance(decode(SVG, "drawing.txt", LIMITS), Text)
    assert isinstance(decode(b"<p>A page with <svg></svg>", "a", LIMITS), Text)


@pytest.mark.parametrize("tag", ["image", "IMAGE:image"])
@pytest.mark.parametrize("attribute", ["href", "xlink:href"])
@pytest.mark.parametrize("scheme", ["", "file://"])
def test_no_file_of_this_machine_gets_into_a_drawing(tmp_path: Path, tag: str, attribute: str, scheme: str) -> None:
    Image.new("RGB", (10, 10), BLUE).save(tmp_path / "secret.png")
    namespace = 'xmlns:IMAGE="http://www.w3.org/2000/svg"'
    source = f'<{tag} {namespace} {attribute}="{scheme}{tmp_path}/secret.png" width="20" height="20"/>'
    with pytest.raises(EmptyMedia):
        decoded(drawing(source))


def test_a_file_is_not_reached_through_a_drawing_in_a_drawing_or_an_entity(tmp_path: Path) -> None:
    Image.new("RGB", (10, 10), BLUE).save(tmp_path / "secret.png")
    image = '<image href="{}" width="20" height="20"/>'
    inner = base64.b64encode(drawing(image.format(tmp_path / "secret.png"))).decode()
    with pytest.raises(EmptyMedia):
        decoded(drawing(image.format(f"data:image/svg+xml;base64,{inner}")))
    entity = f'<!DOCTYPE svg [<!ENTITY where "{tmp_path}/secret.png">]>'
    with pytest.raises(EmptyMedia):
        decoded(entity.encode() + drawing(image.format("&where;")))


def test_a_picture_that_stands_in_the_drawing_itself_is_shown() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (10, 10), BLUE).save(buffer, "PNG")
    source = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    assert colour(drawing(f'<image href="{source}" width="20" height="20"/>'), 0.5, 0.5) == BLUE


def test_an_external_entity_brings_nothing_into_a_drawing(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text('<rect width="20" height="20"/>')
    declared = f'<!DOCTYPE svg [<!ENTITY secret SYSTEM "{tmp_path}/secret.txt">]>'
    with pytest.raises((DamagedMedia, EmptyMedia)):
        decoded(declared.encode() + drawing("&secret;"))


def test_entities_and_references_that_grow_without_end_are_damaged_media() -> None:
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    data = f'<!DOCTYPE svg [<!ENTITY l0 "ha">{laughs}]>'.encode() + drawing('<rect id="&l11;" width="9" height="9"/>')
    with pytest.raises(DamagedMedia):
        decoded(data)
    groups = "".join(f'<g id="g{i}">' + f'<use href="#g{i - 1}"/>' * 10 + "</g>" for i in range(1, 8))
    with pytest.raises(DamagedMedia, match="cannot be rendered"):
        decoded(drawing(f'<defs><rect id="g0" width="1" height="1"/>{groups}</defs><use href="#g7"/>'))


@pytest.mark.parametrize("data", [SVG[:-8], SVG[:60] + b">", SVG.replace(b"40", b"0"), b"<svg/>"])
def test_a_drawing_that_is_cut_off_or_has_no_size_is_damaged_media(data: bytes) -> None:
    with pytest.raises((DamagedMedia, EmptyMedia), match=r"\w+ \w+"):
        decoded(data)


def test_ten_thousand_comments_before_nothing_are_no_drawing_and_no_page() -> None:
    assert isinstance(decode(b"<!---->" * 10_000 + b"x", "a", LIMITS), Text)


@pytest.mark.skipif(not any(Path("/usr/share/fonts").rglob("*.ttf")), reason="this machine has no fonts")
def test_words_in_a_drawing_are_drawn() -> None:
    result = decoded(drawing('<text x="0" y="15" font-size="16">mill</text>'))
    assert result.pixels.count(b"\0\0\0") > 1000


# HEIF and AVIF


@pytest.mark.parametrize(("codec", "media_type"), [("HEIF", "image/heic"), ("AVIF", "image/avif")])
def test_pictures_of_telephones_are_read(codec: str, media_type: str) -> None:
    result = decoded(picture(codec, (700, 350)))
    assert (result.media_type, result.size, result.original) == (media_type, (640, 320), (700, 350))


def test_a_heic_picture_stands_upright() -> None:
    image = Image.new("RGB", (64, 32), WHITE)
    image.paste(RED, (0, 0, 32, 32))
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, exif=exif.tobytes(), quality=95)
    result = decoded(buffer.getvalue())
    assert (result.size, result.original) == ((32, 64), (32, 64))
    red = colour(buffer.getvalue(), 0.5, 0.2)
    assert red[0] > 200
    assert red[1] < 60


@pytest.mark.parametrize("codec", ["HEIF", "AVIF"])
def test_the_limit_on_pixels_holds_for_them_too(codec: str) -> None:
    with pytest.raises(MediaTooLarge, match="200 x 100 pixels"):
        decoded(picture(codec, (200, 100)), limits=DecodeLimits(max_pixels=19_999))


@pytest.mark.parametrize("codec", ["HEIF", "AVIF"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9])
def test_a_truncated_one_is_damaged_media(codec: str, share: float) -> None:
    data = picture(codec, (200, 150))
    with pytest.raises(DamagedMedia, match=codec):
        decoded(data[: int(len(data) * share)])


@pytest.mark.parametrize(
    ("drawing", "says"),
    [
        ('<!DOCTYPE svg [<!ENTITY a "x">]>{}<text>&a;</text></svg>', "uses XML entities of its own"),
        ("{}<text>&nosuch;</text></svg>", "not well-formed XML"),
        ("{}<path d='" + "M0 0 " * 2_500_000 + "'/></svg>", "more than 10 MB"),
    ],
    ids=["entity", "undeclared", "long"],
)
def test_a_drawing_that_is_refused_is_told_in_one_clear_line(drawing: str, says: str) -> None:
    root = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">'
    with pytest.raises(DamagedMedia, match=says) as refusal:
        decode(drawing.replace("{}", root).encode(), "a", DecodeLimits())
    assert "\n" not in refusal.value.message
    assert "XML_PARSE_HUGE" not in refusal.value.message
