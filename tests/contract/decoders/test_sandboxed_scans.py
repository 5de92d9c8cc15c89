"""A TIFF of several pages comes out of the decoding process as a document, and each page can be had by itself."""

import numpy as np
import pytest

from tests.moving import animated, slides
from workers.adapters.decoders.sandbox import SandboxedDecoder
from workers.domain.decoded import DecodedDocument, DecodedImage, Pixels
from workers.domain.locator import Locator
from workers.errors import NoSuchPlace

SIZE = (1200, 1600)


@pytest.fixture(scope="module")
def scans() -> bytes:
    """Three pages, each with a red seal on it: 10 to 20% across, 50 to 60% down."""
    pages = slides(3, SIZE)
    for page in pages:
        page.paste((220, 30, 30), (120, 800, 240, 960))
    return animated(pages, "TIFF", compression="tiff_lzw")


def pixels(found: object) -> Pixels:
    assert isinstance(found, DecodedImage)
    return found.pixels


def test_the_pages_cross_the_pipe_as_those_of_a_scanned_pdf_do(decoder: SandboxedDecoder, scans: bytes) -> None:
    found = decoder.decode(scans, key="fax.tif")
    assert isinstance(found, DecodedDocument)
    assert found.media_type == "image/tiff"
    assert [(page.number, page.lines, [p.pixels.shape for p in page.pictures]) for page in found.pages] == [
        (number, (), [(640, 480, 3)]) for number in (1, 2, 3)
    ]
    assert not decoder.is_heavy(scans)


def test_a_page_by_itself_is_the_one_of_the_document_and_can_be_larger(decoder: SandboxedDecoder, scans: bytes) -> None:
    document = decoder.decode(scans, key="a")
    assert isinstance(document, DecodedDocument)
    for page in document.pages:
        assert np.array_equal(pixels(decoder.decode(scans, key="a", page=page.number)), page.pictures[0].pixels)
    assert pixels(decoder.decode(scans, key="a", page=2, to_read=True)).shape == (1600, 1200, 3)


def test_a_page_is_shown_at_its_own_resolution(decoder: SandboxedDecoder, scans: bytes) -> None:
    shown = pixels(decoder.excerpt(scans, key="a", place=Locator(page=3)))
    drawn = slides(3, SIZE)[2]
    drawn.paste((220, 30, 30), (120, 800, 240, 960))
    assert np.array_equal(shown, np.asarray(drawn))


@pytest.mark.parametrize("page", [2, None])
def test_a_box_on_a_page_is_shown_with_a_margin(decoder: SandboxedDecoder, scans: bytes, page: int | None) -> None:
    shown = pixels(decoder.excerpt(scans, key="a", place=Locator(page=page, box=(0.1, 0.5, 0.2, 0.6))))
    assert shown.shape == (320, 240 + 40, 3)
    assert np.all(shown[80:240, 80:200] == (220, 30, 30))
    assert np.all(shown[:70] == 255)


def test_a_picture_in_a_tiff_is_shown_as_before(decoder: SandboxedDecoder) -> None:
    (page,) = slides(1, SIZE)
    data = animated([page], "TIFF")
    assert isinstance(decoder.decode(data, key="a"), DecodedImage)
    assert pixels(decoder.excerpt(data, key="a", place=Locator(box=(0, 0, 1, 0.5)))).shape[1] == SIZE[0]


def test_a_page_that_there_is_not_is_no_place(decoder: SandboxedDecoder, scans: bytes) -> None:
    for ask in (
        lambda: decoder.excerpt(scans, key="a", place=Locator(page=4)),
        lambda: decoder.decode(scans, key="a", page=4),
    ):
        with pytest.raises(NoSuchPlace, match="the TIFF has no page 4; its last one is 3"):
            ask()
