"""TIFF: of several pages, as scanners and fax machines write it, it is a document of pages without text.

Its pages are pictures of the same kind as those of a scanned PDF. What is only another form of one of them, smaller or
a mask, is no page.
"""

from collections.abc import Iterator
from itertools import count, islice
from time import monotonic
from typing import Any

from PIL import Image

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.pictures import decode_picture, open_picture, scaled, telling_damage, upright
from workers.adapters.decoders.results import WHOLE, Document, Page, PagePicture, Picture
from workers.adapters.decoders.signatures import TIFF, picture_format
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, NoSuchPlace

SUBFILE_TYPE, OLD_SUBFILE_TYPE = 254, 255
REDUCED, MASK, OLD_REDUCED = 0x1, 0x4, 2
"""TIFF 6.0, section 8, NewSubfileType and SubfileType: a smaller form of another picture, and a mask of one."""
DECODING_SHARE = 0.5
"""Share of the time for an object that may have passed for another page to be decoded."""


def is_tiff(data: bytes) -> bool:
    """Whether `data` starts as a TIFF does."""
    return picture_format(data) is TIFF


def decode_tiff(data: bytes, limits: DecodeLimits) -> Picture | Document:
    """The picture in a TIFF, or a document where it has several pages.

    A page that does not decode costs that page. Raises what `decode_picture` raises of a picture, and of a document
    `MediaTooLarge` (`max_pages`), `DamagedMedia` (no page decodes) and `EmptyMedia` (nothing is on any page).
    """
    with telling_damage(TIFF):
        image = open_picture(data, TIFF, limits)
    first = list(islice(_frames(image), 2))
    if len(first) < 2:
        return decode_picture(data, TIFF, limits, *first)
    pages = tuple(_pages(image, limits))
    if all(page.lost and not page.pictures for page in pages):
        raise DamagedMedia(f"no page of the TIFF can be read; the first one: {pages[0].lost}")
    if not any(page.pictures or page.lost for page in pages):
        raise EmptyMedia("the TIFF has nothing on any page")
    return Document(TIFF.media_type, pages)


def tiff_page(data: bytes, number: int, limits: DecodeLimits) -> Picture:
    """A page, counted from 1, within `picture_side`. Raises `NoSuchPlace`, and what `decode_picture` raises."""
    with telling_damage(TIFF):
        image = open_picture(data, TIFF, limits)
    last = 0
    for last, _ in enumerate(_frames(image), start=1):
        if last == number:
            with telling_damage(TIFF):
                return _whole(image, limits)
    if last == 0 and number == 1:  # nothing in it calls itself a page
        return decode_picture(data, TIFF, limits)
    raise NoSuchPlace(f"the TIFF has no page {number:,}; its last one is {max(1, last):,}")


def _frames(image: Image.Image) -> Iterator[int]:
    """The numbers of the frames that are pages, where `image` stands one after the other.

    Each names the next one: behind one that is damaged there is nothing.
    """
    for number in count():
        try:
            image.seek(number)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - the end of it, or see telling_damage
            return
        if not _is_other_form(image):
            yield number


def _is_other_form(image: Any) -> bool:
    kind, old = image.tag_v2.get(SUBFILE_TYPE, 0), image.tag_v2.get(OLD_SUBFILE_TYPE, 0)
    return (isinstance(kind, int) and bool(kind & (REDUCED | MASK))) or old == OLD_REDUCED


def _pages(image: Image.Image, limits: DecodeLimits) -> Iterator[Page]:
    until = monotonic() + DECODING_SHARE * limits.timeout_s
    left, told = limits.max_pictures, False
    for number, _ in enumerate(_frames(image), start=1):
        if number > limits.max_pages:
            raise MediaTooLarge(f"the TIFF has more than {limits.max_pages:,} pages, which is what is decoded at most")
        late = monotonic() > until
        if left and not late:
            page = _page(image, number, limits)
            left -= len(page.pictures)
            yield page
        else:
            why = "decoding them takes too long" if late else f"a document may have {limits.max_pictures}"
            # Of the first page only: there may be thousands.
            yield Page(number, lost="" if told else f"from here on, pictures of pages are left out: {why}")
            told = True


def _page(image: Image.Image, number: int, limits: DecodeLimits) -> Page:
    try:
        with telling_damage(TIFF):
            picture = _whole(image, limits)
    except EmptyMedia:
        return Page(number)
    except (DamagedMedia, MediaTooLarge) as error:
        return Page(number, lost=f"it cannot be read: {error.message}")
    return Page(number, pictures=(PagePicture(picture.pixels, picture.size),))


def _whole(image: Image.Image, limits: DecodeLimits) -> Picture:
    """The page that `image` stands at, with what is transparent around it: boxes are parts of all of it."""
    if image.width * image.height > limits.max_pixels:
        raise MediaTooLarge(
            f"it has {image.width:,} x {image.height:,} pixels; at most {limits.max_pixels:,} are decoded"
        )
    seen = upright(image, TIFF, limits.picture_side)
    if seen.visible == WHOLE:
        return seen
    page = Image.new("RGB", scaled(seen.original, limits.picture_side), "white")
    left, top, right, bottom = (
        round(part * side) for part, side in zip(seen.visible, (*page.size, *page.size), strict=True)
    )
    part = Image.frombytes("RGB", seen.size, seen.pixels).resize((max(1, right - left), max(1, bottom - top)))
    page.paste(part, (left, top))
    return Picture(TIFF.media_type, page.tobytes(), page.size, seen.original)
