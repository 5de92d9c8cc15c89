"""What every reader of text in pictures does; today there is one. The tests draw what it reads."""

import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from omnibus.profiles import Models
from workers.adapters.models.rapid import RapidReader
from workers.domain.decoded import Pixels
from workers.errors import ModelUnavailable

Photo = Callable[[str], Pixels]
NOTICE = (
    "The ferry to the island leaves every morning at nine.",
    "Tickets are sold on board; children under six travel free.",
    "In winter the last boat back is at 16:30, in summer 21:15.",
    "Dogs must be kept on a lead (at most 2 per passenger).",
    "Please call +49 40 1234567 before you bring a bicycle!",
)
POINTS = 11


def middle_of(number: int, image: Image.Image) -> float:
    """Of the line of that number on a notice: in fractions of its height."""
    step = 150 // 4
    box = ImageDraw.Draw(image).textbbox((0, step // 2 + number * step), NOTICE[number], ImageFont.load_default(23))
    return (box[1] + box[3]) / 2 / image.height


def drawn(*lines: str, dpi: int = 150, ink: str = "black", paper: str = "white") -> Image.Image:
    """A notice of half the width of A4, in letters of 11 points."""
    font = ImageFont.load_default(POINTS * dpi / 72)
    image = Image.new("RGB", (dpi * 5, dpi * (1 + len(lines)) // 4), paper)
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        pen.text((dpi // 4, dpi // 8 + number * dpi // 4), line, fill=ink, font=font)
    return image


def words(reader: RapidReader, image: Image.Image | Pixels) -> list[str]:
    return [line.text for line in reader.read(np.asarray(image))]


@pytest.mark.parametrize("dpi", [100, 150, 200, 300])
def test_clean_print_is_read_without_an_error(reader: RapidReader, dpi: int) -> None:
    assert words(reader, drawn(*NOTICE, dpi=dpi)) == list(NOTICE)


def test_lines_come_from_top_to_bottom_with_their_boxes(reader: RapidReader) -> None:
    image = drawn(*NOTICE)
    lines = reader.read(np.asarray(image))
    for number, line in enumerate(lines):
        x0, y0, x1, y1 = line.box
        assert (y0 + y1) / 2 == pytest.approx(middle_of(number, image), abs=0.02)
        assert y1 - y0 < 150 / 4 / image.height
        assert x0 == pytest.approx(150 / 4 / image.width, abs=0.02)
        assert 0.5 < x1 <= 1
        assert line.confidence > 0.9


def test_white_letters_on_a_dark_ground_are_read(reader: RapidReader) -> None:
    assert words(reader, drawn(*NOTICE, ink="white", paper="#102040")) == list(NOTICE)


@pytest.mark.parametrize("degrees", [-12, 7, 90, 180])
def test_a_sign_that_hangs_askew_is_read(reader: RapidReader, degrees: int) -> None:
    sign = drawn("NO SWIMMING BEYOND THE PIER").rotate(degrees, expand=True, fillcolor="white")
    assert words(reader, sign) == ["NO SWIMMING BEYOND THE PIER"]


@pytest.mark.parametrize("turn", [0, 2], ids=["upright", "upside down"])
def test_long_lines_are_read_the_right_way_up(reader: RapidReader, turn: int) -> None:
    lines = (
        "The lighthouse's lamp burned rapeseed oil, and its light was green. This was a",
        "From 1 April to 31 October the park is open every day from 9:30 to 18:30. In",
        "ever since, and those that break are replaced by a blower of glass in Lindmoor,",
        "and made the rope fast to the wreck. Twenty people came ashore along it,",
    )
    page = Image.new("RGB", (827, 200), "white")
    for number, line in enumerate(lines):
        ImageDraw.Draw(page).text((100, 40 + number * 25), line, fill="black", font=ImageFont.load_default(15.3))
    read = words(reader, np.rot90(np.asarray(page), turn))
    assert (read if turn == 0 else read[::-1]) == list(lines)


def test_a_picture_without_text_has_no_lines(reader: RapidReader, photo: Photo) -> None:
    assert words(reader, photo("media/photos/IMG_0412.jpg")) == []
    assert words(reader, Image.new("RGB", (640, 480), "white")) == []


def test_noise_has_no_lines(reader: RapidReader) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    assert words(reader, noise) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (9, 1600), (1600, 9), (31, 33)])
def test_a_picture_of_any_shape_is_looked_at_and_read(reader: RapidReader, shape: tuple[int, int]) -> None:
    grid = (np.indices(shape).sum(axis=0) // 3 % 2 * 255).astype(np.uint8)
    picture = np.repeat(grid[..., None], 3, axis=2)
    reader.may_have_text(picture)
    assert all(0 <= edge <= 1 for line in reader.read(picture) for edge in line.box)


@pytest.mark.parametrize("high", [8, 12, 20, 40])
@pytest.mark.parametrize("degrees", [0, 15, 90])
def test_a_look_sees_a_sign_in_a_photograph(reader: RapidReader, photo: Photo, high: int, degrees: int) -> None:
    scene = Image.fromarray(photo("media/photos/IMG_0412.jpg"))
    sign = Image.new("RGBA", (high * 12, high * 2), "white")
    ImageDraw.Draw(sign).text(
        (high // 2, high // 4), "No swimming here", fill="black", font=ImageFont.load_default(high)
    )
    turned = sign.rotate(degrees, expand=True)
    assert not reader.may_have_text(np.asarray(scene))
    scene.paste(turned, (60, 20), turned)
    assert reader.may_have_text(np.asarray(scene))


@pytest.mark.parametrize("lines", [1, 3, 5])
def test_a_look_sees_the_small_print_of_a_page(reader: RapidReader, lines: int) -> None:
    page = Image.new("RGB", (2480, 3508), "white")
    page.paste(drawn(*NOTICE[:lines], dpi=300), (200, 400))
    page.thumbnail((640, 640))
    assert reader.may_have_text(np.asarray(page))


def test_a_look_sees_no_text_in_most_photographs(reader: RapidReader, photo: Photo) -> None:
    names = ["DSC_0093.jpg", "DSC_0108.gif", "DSC_0121.png", "IMG_0412.jpg", "IMG_0419.webp", "IMG_0437.jpg"]
    assert [name for name in names if reader.may_have_text(photo(f"media/photos/{name}"))] == []


def test_nothing_is_ever_asked_of_the_network(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the reader went to the network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert words(models.reader(threads=1), drawn(*NOTICE)) == list(NOTICE)


def test_a_model_that_is_missing_is_unavailable_and_not_fetched(
    tmp_path: Path, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    del models  # only where they are there is this about a missing file
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("the reader went to the network"))
    with pytest.raises(ModelUnavailable, match="does not load"):
        RapidReader(tmp_path, threads=1).read(np.zeros((64, 64, 3), dtype=np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_logged_of_a_picture_without_text(reader: RapidReader, capfd: pytest.CaptureFixture[str]) -> None:
    reader.read(np.zeros((64, 64, 3), dtype=np.uint8))
    assert capfd.readouterr() == ("", "")
