"""A TIFF of several pages is a document of pages without text. In this process: the sandbox has its own tests."""

import io
import random
import struct
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import AppendingTiffWriter

from tests.moving import SIZE, animated, slide, slides
from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import Document, PagePicture, Picture
from workers.adapters.decoders.scans import tiff_page
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, NoSuchPlace, Permanent

LIMITS = DecodeLimits()


def tiff(pages: list[Image.Image], compression: str = "raw") -> bytes:
    """A TIFF of these pages."""
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], compression=compression)
    return out.getvalue()


def tiff_of_kinds(pages: list[tuple[Image.Image, int]]) -> bytes:
    """A TIFF of these pages, with what NewSubfileType says of each: one image with all of them has one for all."""
    out = io.BytesIO()
    with AppendingTiffWriter(out) as writer:
        for image, kind in pages:
            image.save(writer, "TIFF", tiffinfo={254: kind})
            writer.newFrame()
    return out.getvalue()


def changed(data: bytes, page: int, tag: int, value: int) -> bytes:
    """The TIFF with another value in an entry of a page's directory; pages count from 0."""
    out = bytearray(data)
    (at,) = struct.unpack_from("<I", out, 4)
    for _ in range(page):
        (count,) = struct.unpack_from("<H", out, at)
        (at,) = struct.unpack_from("<I", out, at + 2 + 12 * count)
    (count,) = struct.unpack_from("<H", out, at)
    (entry,) = (n for n in range(at + 2, at + 2 + 12 * count, 12) if struct.unpack_from("<H", out, n) == (tag,))
    struct.pack_into("<I", out, entry + 8, value)
    return bytes(out)


def document(data: bytes, limits: DecodeLimits = LIMITS) -> Document:
    found = decode(data, "a.tiff", limits)
    assert isinstance(found, Document)
    return found


def apart(one: PagePicture | Picture, other: Image.Image) -> float:
    pixels = np.frombuffer(one.pixels, np.uint8).reshape(one.size[1], one.size[0], 3).astype(int)
    return float(np.abs(pixels - np.asarray(other.convert("RGB").resize(one.size))).mean())


@pytest.mark.parametrize(("compression", "mode"), [("raw", "RGB"), ("tiff_lzw", "L"), ("group4", "1"), ("jpeg", "RGB")])
def test_each_page_of_a_tiff_is_a_page_without_text(compression: str, mode: str) -> None:
    drawn = [page.convert(mode) for page in slides(3)]
    found = document(tiff(drawn, compression=compression))
    assert (found.media_type, [page.number for page in found.pages], found.outline) == ("image/tiff", [1, 2, 3], ())
    for page, image in zip(found.pages, drawn, strict=True):
        (picture,) = page.pictures
        assert (page.lines, page.lost, picture.box) == ((), "", None)
        assert apart(picture, image) < 3


def test_a_tiff_of_one_page_is_a_picture() -> None:
    assert isinstance(decode(tiff(slides(1)), "a", LIMITS), Picture)


def test_a_smaller_form_or_a_mask_of_a_picture_is_no_page() -> None:
    one, other = slides(2)
    forms = [(one, 0), (one.resize((80, 60)), 1), (Image.new("1", SIZE), 4)]
    found = decode(tiff_of_kinds(forms), "a", LIMITS)
    assert isinstance(found, Picture)
    assert apart(found, one) < 1
    pages = document(tiff_of_kinds([*forms, (other, 2)])).pages
    assert [page.number for page in pages] == [1, 2]
    assert apart(pages[1].pictures[0], other) < 1


def test_a_picture_that_calls_itself_a_smaller_form_is_one_all_the_same() -> None:
    data = tiff_of_kinds([(slides(1)[0], 1)])
    found = decode(data, "a", LIMITS)
    assert isinstance(found, Picture)
    assert tiff_page(data, 1, LIMITS).pixels == found.pixels


def test_a_page_that_does_not_decode_costs_that_page() -> None:
    data = bytearray(tiff(slides(3), compression="tiff_lzw"))
    image = Image.open(io.BytesIO(bytes(data)))
    image.seek(1)
    (start, *_), (size, *_) = image.tag_v2[273], image.tag_v2[279]  # type: ignore[attr-defined]
    data[start : start + size] = b"\xff" * size
    first, second, third = document(bytes(data)).pages
    assert (len(first.pictures), len(second.pictures), len(third.pictures)) == (1, 0, 1)
    assert second.lost.startswith("it cannot be read: a picture in TIFF that cannot be decoded")


@pytest.mark.parametrize("page", [0, 1, 2])
@pytest.mark.parametrize(("tag", "value"), [(259, 34712), (262, 99), (258, 64)])
def test_a_page_of_an_unknown_kind_costs_that_page(page: int, tag: int, value: int) -> None:
    """Compression, colours, depth."""
    pages = document(changed(tiff([each.convert("L") for each in slides(3)]), page, tag, value)).pages
    assert [bool(each.pictures) for each in pages] == [number != page for number in range(3)]
    assert pages[page].lost.startswith("it cannot be read: a picture in TIFF that cannot be decoded")


def test_a_page_that_does_not_decode_never_shows_the_one_before() -> None:
    """Rows in a strip: of none, libtiff says nothing."""
    data = changed(tiff([each.convert("1") for each in slides(2)], compression="group4"), 1, 278, 0)
    first, second = document(data).pages
    assert [picture.pixels for picture in second.pictures] != [picture.pixels for picture in first.pictures]


def test_pages_that_are_cut_off_are_told() -> None:
    """The second in the middle of its picture, the third with its directory."""
    sound = tiff(slides(3))
    pages = document(sound[: len(sound) // 2]).pages
    assert [len(page.pictures) for page in pages] == [1, 0, 0]
    assert [page.lost.partition(":")[0] for page in pages] == ["", "it cannot be read", "it cannot be read"]


def test_pages_that_name_one_another_in_a_ring_end() -> None:
    data = bytearray(tiff(slides(2)))
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    (second,) = struct.unpack_from("<I", data, first + 2 + 12 * count)
    (count,) = struct.unpack_from("<H", data, second)
    struct.pack_into("<I", data, second + 2 + 12 * count, first)
    assert len(document(bytes(data)).pages) == 2


def test_a_tiff_with_offsets_of_64_bits_has_its_pages() -> None:
    one, other = slides(2)
    out = io.BytesIO()
    one.save(out, "TIFF", save_all=True, append_images=[other], big_tiff=True)
    assert out.getvalue().startswith(b"II+\0")
    pages = document(out.getvalue()).pages
    assert [apart(page.pictures[0], each) < 1 for page, each in zip(pages, (one, other), strict=True)] == [True, True]


def test_a_tiff_of_very_many_forms_of_pictures_is_refused() -> None:
    """16,000 directories, each a smaller form of a picture, and each the next of the one before."""
    directory = struct.pack("<HHHII", 1, 254, 4, 1, 1)
    size = len(directory) + 4
    chain = b"".join(directory + struct.pack("<I", 8 + size * (n + 1)) for n in range(16_000))
    with pytest.raises(MediaTooLarge, match="the TIFF has more than 10,000 pictures in it"):
        decode(b"II*\0" + struct.pack("<I", 8) + chain, "a", DecodeLimits(max_pages=1_000))


def test_a_page_with_too_many_pixels_costs_that_page() -> None:
    pages = [slide("Small", (100, 75)), slide("Large", (200, 150))]
    first, second = document(tiff(pages), DecodeLimits(max_pixels=100 * 75)).pages
    assert (first.lost, second.pictures) == ("", ())
    assert second.lost == "it cannot be read: the picture has 200 x 150 pixels; at most 7,500 are decoded"


def test_after_so_many_pictures_pages_have_none_and_the_first_of_them_says_so() -> None:
    pages = document(tiff(slides(4)), DecodeLimits(max_pictures=2)).pages
    assert [len(page.pictures) for page in pages] == [1, 1, 0, 0]
    assert [page.lost for page in pages[2:]] == [
        "from here on, pictures of pages are left out: a document may have 2",
        "",
    ]


def test_a_tiff_of_too_many_pages_is_refused() -> None:
    with pytest.raises(MediaTooLarge, match="the TIFF has 4 pages; at most 3 are decoded"):
        decode(tiff(slides(4)), "a", DecodeLimits(max_pages=3))


def test_a_tiff_of_which_no_page_decodes_is_damaged_media() -> None:
    with pytest.raises(DamagedMedia, match="no page of the TIFF can be read; the first one: it cannot be read"):
        decode(tiff(slides(2), compression="tiff_lzw").replace(b"\x80", b"\xff"), "a", LIMITS)


def test_pages_on_which_nothing_is_visible_are_empty_media() -> None:
    clear = [Image.new("RGBA", SIZE, (0, 0, 0, 0)) for _ in range(2)]
    with pytest.raises(EmptyMedia, match="nothing on any page"):
        decode(tiff(clear), "a", LIMITS)


def test_what_is_transparent_around_a_page_stays_so_that_boxes_are_parts_of_all_of_it() -> None:
    page = Image.new("RGBA", (800, 600), (0, 0, 0, 0))
    page.paste((255, 0, 0, 255), (400, 300, 600, 450))
    (picture,) = document(tiff([page, page.copy()])).pages[0].pictures
    white = Image.new("RGB", (800, 600), "white")
    white.paste((255, 0, 0), (400, 300, 600, 450))
    assert picture.size == (640, 480)
    assert apart(picture, white) < 1


def test_a_page_can_be_had_by_itself_and_larger() -> None:
    data = tiff(slides(3, (1000, 750)))
    assert tiff_page(data, 2, LIMITS).pixels == document(data).pages[1].pictures[0].pixels
    large = tiff_page(data, 3, DecodeLimits(picture_side=1600))
    assert (large.size, apart(large, slides(3, (1000, 750))[2])) == ((1000, 750), 0)


@pytest.mark.parametrize("number", [0, 4])
def test_a_page_that_there_is_not_is_no_place(number: int) -> None:
    with pytest.raises(NoSuchPlace, match=f"the TIFF has no page {number}; its last one is 3"):
        tiff_page(tiff(slides(3)), number, LIMITS)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "group4"])
def test_damaged_pages_are_decoded_or_refused(compression: str) -> None:
    limits = DecodeLimits(max_pixels=10**6)
    sound = tiff([page.convert("1") for page in slides(3, (64, 48))], compression=compression)
    dice = random.Random(f"pages {compression}")
    for _ in range(150):
        data = bytearray(sound[: dice.randrange(1, len(sound))] if dice.random() < 0.3 else sound)
        for _ in range(dice.randrange(4)):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        with suppress(Permanent):
            found = decode(bytes(data), "a", limits)
            for page in found.pages if isinstance(found, Document) else ():
                if page.pictures:
                    assert page.pictures[0].pixels == tiff_page(bytes(data), page.number, limits).pixels


def test_pages_are_no_frames() -> None:
    assert len(document(animated(slides(2), "TIFF")).pages) == 2
