"""Documents through the sandbox: whatever is wrong with one, it ends as a document or as an error of ours."""

import contextlib
import sys

import numpy as np
import pytest
from media.pdf_writer import HEIGHT, WIDTH, Page, image, lines, pdf, picture, text

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder
from workers.domain.decoded import DecodedDocument, DecodedImage, DecodedText, Heading
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, NoSuchPlace, Permanent

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits of the sandbox are Linux's")

RED = (220, 30, 30)
GOOD = pdf(
    [
        Page(lines(60, 80, ["The keeper feeds the seals.", "He does so every morning."])),
        Page(text(60, 60, "A figure:") + picture(150, 200, 300, 200), image=image(30, 20, RED)),
        Page(picture(0, 0, WIDTH, HEIGHT), image=image(60, 80, RED)),
    ],
    outline=[(0, "Seals", 1), (1, "A figure", 2)],
)


def document(decoder: SandboxedDecoder, data: bytes) -> DecodedDocument:
    decoded = decoder.decode(data, key="a.pdf")
    assert isinstance(decoded, DecodedDocument)
    return decoded


def is_alive_and_well(decoder: SandboxedDecoder) -> bool:
    return decoder.decode(b"hello", key="a.txt") == DecodedText("text/plain", "hello")


def test_a_document_comes_back_with_its_lines_pictures_and_outline(decoder: SandboxedDecoder) -> None:
    found = document(decoder, GOOD)
    assert found.media_type == "application/pdf"
    assert [[line.text for line in page.lines] for page in found.pages] == [
        ["The keeper feeds the seals.", "He does so every morning."],
        ["A figure:"],
        [],
    ]
    assert [[shown.box is None for shown in page.pictures] for page in found.pages] == [[], [True, False], [True]]
    assert found.outline == (Heading(0, "Seals", 1), Heading(1, "A figure", 2))


def test_its_pictures_are_writable_rgb_in_one_piece_of_memory(decoder: SandboxedDecoder) -> None:
    pictures = [shown.pixels for page in document(decoder, GOOD).pages for shown in page.pictures]
    assert [(one.dtype, one.shape[2], one.flags.writeable) for one in pictures] == [(np.uint8, 3, True)] * 3
    assert np.all(pictures[2] == RED)
    (start, end) = (min(one.ctypes.data for one in pictures), max(one.ctypes.data + one.nbytes for one in pictures))
    assert end - start == sum(one.nbytes for one in pictures)


def test_a_page_comes_as_the_document_has_it_and_larger_to_be_read(decoder: SandboxedDecoder) -> None:
    (shown,) = document(decoder, GOOD).pages[2].pictures
    small, larger = (decoder.decode(GOOD, key="a.pdf", page=3, to_read=to_read) for to_read in (False, True))
    assert isinstance(small, DecodedImage)
    assert isinstance(larger, DecodedImage)
    assert np.array_equal(small.pixels, shown.pixels)
    assert larger.pixels.shape == (1600, 1200, 3)
    with pytest.raises(NoSuchPlace, match="no page 4"):
        decoder.decode(GOOD, key="a.pdf", page=4)
    assert is_alive_and_well(decoder)


def test_a_document_truncated_anywhere_costs_nothing_but_itself(decoder: SandboxedDecoder) -> None:
    for end in (*range(1, len(GOOD), len(GOOD) // 60), len(GOOD) - 1):
        with contextlib.suppress(DamagedMedia, EmptyMedia):
            assert document(decoder, GOOD[:end]).pages
    assert is_alive_and_well(decoder)


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        (pdf([Page(text(60, 60, "Secret."))], encrypted=True), DamagedMedia, "encrypted"),
        (b"%PDF-1.7\n" + bytes(2000), DamagedMedia, "damaged or not complete"),
        (pdf([]), DamagedMedia, "PDF"),
        (pdf([Page()] * 3), EmptyMedia, "nothing on any page"),
        (pdf([Page()] * 10_000), MediaTooLarge, "10,000 pages"),
    ],
    ids=["encrypted", "damaged", "no pages", "empty", "too long"],
)
def test_a_bad_document_is_refused_with_a_sentence(
    decoder: SandboxedDecoder, data: bytes, error: type[Permanent], says: str
) -> None:
    with pytest.raises(error, match=says):
        document(decoder, data)
    assert is_alive_and_well(decoder)


def test_a_page_that_fails_costs_that_page(decoder: SandboxedDecoder) -> None:
    found = document(decoder, pdf([Page(text(60, 60, "One.")), Page(raw=b"null"), Page(text(60, 60, "Three."))]))
    assert [bool(page.lost) for page in found.pages] == [False, True, False]
    assert [line.text for page in found.pages for line in page.lines] == ["One.", "Three."]


def test_a_page_that_takes_for_ever_is_too_large() -> None:
    endless = Page(b"0 0 600 800 re f " * 400_000 + b"0 0 m " + b"600 800 l 0 0 l " * 400_000 + b"S")
    with contextlib.closing(SandboxedDecoder(DecodeLimits(timeout_s=0.5))) as impatient:
        with pytest.raises(MediaTooLarge, match=r"takes longer than 0\.5 s"):
            document(impatient, pdf([endless] * 3))
        assert is_alive_and_well(impatient)
