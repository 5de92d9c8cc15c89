"""The Excerpter contract, kept by a real child process: the place that a citation leads to, as pixels."""

import contextlib
import io
import random
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from media.pdf_writer import HEIGHT, WIDTH, Page, image, pdf, picture, text
from PIL import Image

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder
from workers.domain.decoded import DecodedImage, DecodedText, Pixels
from workers.domain.locator import Locator
from workers.errors import DamagedMedia, MediaTooLarge, NoSuchPlace, OmnibusError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits of the sandbox are Linux's")

RED, GREY = (220, 30, 30), (120, 120, 120)
PLAN = pdf(
    [
        Page(text(60, 60, "First page.")),
        Page(text(60, 60, "A figure:") + picture(150, 200, 300, 200), image=image(30, 20, RED)),
    ]
)


@pytest.fixture
def excerpter() -> Iterator[SandboxedDecoder]:
    excerpter = SandboxedDecoder(DecodeLimits())
    yield excerpter
    excerpter.close()


def pixels(excerpter: SandboxedDecoder, data: bytes, place: Locator) -> Pixels:
    found = excerpter.excerpt(data, key="a", place=place)
    assert isinstance(found, DecodedImage)
    return found.pixels


def sign(size: tuple[int, int] = (2000, 1000), *, exif: Image.Exif | None = None) -> bytes:
    """A red sign on a grey wall: 10 to 20% across, 40 to 60% down."""
    wall = Image.new("RGB", size, GREY)
    wall.paste(RED, (size[0] // 10, 4 * size[1] // 10, size[0] // 5, 6 * size[1] // 10))
    buffer = io.BytesIO()
    wall.save(buffer, "PNG", exif=exif or Image.Exif())
    return buffer.getvalue()


def test_a_box_of_a_picture_comes_at_its_own_resolution_with_a_margin(excerpter: SandboxedDecoder) -> None:
    found = pixels(excerpter, sign(), Locator(box=(0.1, 0.4, 0.2, 0.6)))
    assert found.shape == (400, 400, 3)
    assert np.all(found[100:300, 100:300] == RED)
    assert np.all(found[:100] == GREY)
    assert np.all(found[:, 300:] == GREY)


def test_a_margin_ends_where_the_picture_ends(excerpter: SandboxedDecoder) -> None:
    assert pixels(excerpter, sign(), Locator(box=(0, 0, 0.2, 0.6))).shape == (700, 500, 3)


def test_a_box_is_in_the_picture_as_it_is_shown(excerpter: SandboxedDecoder) -> None:
    on_its_side = Image.Exif()
    on_its_side[0x0112] = 6  # a quarter turn clockwise: the sign is then 40 to 60% across, 10 to 20% down
    found = pixels(excerpter, sign(exif=on_its_side), Locator(box=(0.4, 0.1, 0.6, 0.2)))
    assert np.all(found[100:300, 100:300] == RED)


def test_a_box_is_in_the_whole_picture_where_its_edges_are_transparent(excerpter: SandboxedDecoder) -> None:
    board = Image.new("RGBA", (1000, 1000), (0, 0, 0, 0))
    board.paste((*GREY, 255), (300, 300, 700, 700))
    board.paste((*RED, 255), (400, 400, 500, 500))
    buffer = io.BytesIO()
    board.save(buffer, "PNG")
    found = pixels(excerpter, buffer.getvalue(), Locator(box=(0.4, 0.4, 0.5, 0.5)))
    assert found.shape == (200, 200, 3)
    assert np.all(found[50:150, 50:150] == RED)


def test_a_page_comes_as_a_whole(excerpter: SandboxedDecoder) -> None:
    found = pixels(excerpter, PLAN, Locator(page=2))
    assert found.shape == (3 * HEIGHT, 3 * WIDTH, 3)
    assert np.all(found[3 * 300, 3 * 300] == RED)


def test_a_box_of_a_page_comes_with_a_margin(excerpter: SandboxedDecoder) -> None:
    found = pixels(excerpter, PLAN, Locator(page=2, box=(150 / WIDTH, 200 / HEIGHT, 450 / WIDTH, 400 / HEIGHT)))
    assert found.shape == (3 * 280, 3 * 380, 3)  # 40 points on each side, a twentieth of the page's height
    assert np.all(found[130:-130, 130:-130] == RED)
    assert np.all(found[:110] == 255)


@pytest.mark.parametrize(
    ("data", "place", "says"),
    [
        (PLAN, Locator(page=3), "has no page 3; its last one is 2"),
        (PLAN, Locator(box=(0, 0, 1, 1)), "begins with a page"),
        (sign(), Locator(page=1), "no PDF"),
        (sign(), Locator(start_s=1, end_s=2), "no recording"),
        (b"words", Locator(box=(0, 0, 1, 1)), "no picture"),
    ],
    ids=["page", "box without page", "page of a picture", "seconds of a picture", "box of a text"],
)
def test_a_place_that_is_not_there_is_said(excerpter: SandboxedDecoder, data: bytes, place: Locator, says: str) -> None:
    with pytest.raises(NoSuchPlace, match=says):
        excerpter.excerpt(data, key="a", place=place)
    assert excerpter.decode(b"hello", key="a.txt") == DecodedText("text/plain", "hello")


def test_a_page_as_large_as_a_house_comes_within_the_limit() -> None:
    house = pdf([Page(text(60, 60, "House."), box=(0, 0, 14_400, 14_400))])
    with contextlib.closing(SandboxedDecoder(DecodeLimits(excerpt_side=1000))) as excerpter:
        assert pixels(excerpter, house, Locator(page=1)).shape == (1000, 1000, 3)


def test_a_picture_of_too_many_pixels_is_refused() -> None:
    with (
        contextlib.closing(SandboxedDecoder(DecodeLimits(max_pixels=1_000))) as excerpter,
        pytest.raises(MediaTooLarge),
    ):
        excerpter.excerpt(sign(), key="a", place=Locator(box=(0, 0, 0.1, 0.1)))


def test_hundreds_of_damaged_objects_cost_nothing_but_themselves(excerpter: SandboxedDecoder) -> None:
    dice = random.Random("excerpts")
    cases = ((PLAN, Locator(page=2, box=(0.1, 0.1, 0.5, 0.5))), (sign((200, 100)), Locator(box=(0.1, 0.1, 0.5, 0.5))))
    for number in range(200):
        original, place = cases[number % 2]
        data = bytearray(original)
        for _ in range(dice.randint(1, 30)):
            data[dice.randrange(4, len(data))] = dice.randrange(256)
        with contextlib.suppress(OmnibusError):
            assert pixels(excerpter, bytes(data), place).size
    assert excerpter.decode(b"hello", key="a.txt") == DecodedText("text/plain", "hello")


def test_nonsense_of_a_child_that_was_taken_over_is_damaged_media(
    excerpter: SandboxedDecoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SandboxedDecoder, "_ask", lambda *_: ({"text": True, "media_type": "", "markup": ""}, b"x"))
    with pytest.raises(DamagedMedia, match="nonsense"):
        excerpter.excerpt(sign(), key="a", place=Locator(box=(0, 0, 1, 1)))
