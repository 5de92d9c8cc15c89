"""TIFF: of several pages, as scanners and fax machines write it, it is a document of pages without text.

Its pages are pictures of the same kind as those of a scanned PDF. What is only another form of one of them, smaller or
a mask, is no page.
"""

import io
import struct
from collections.abc import Iterator
from itertools import islice
from time import monotonic

from PIL import Image

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.pictures import decode_picture, opened, scaled, telling_damage, upright
from workers.adapters.decoders.results import WHOLE, Document, Page, PagePicture, Picture
from workers.adapters.decoders.signatures import TIFF, picture_format
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, NoSuchPlace

SUBFILE_TYPE, OLD_SUBFILE_TYPE = 254, 255
REDUCED, MASK, OLD_REDUCED = 0x1, 0x4, 2
"""TIFF 6.0, section 8, NewSubfileType and SubfileType: a smaller form of another picture, and a mask of one."""
SHORT = 3
"""TIFF 6.0, section 2: the type of an entry whose value is of 16 bits; that of the two above is this or of 32 bits."""
DECODING_SHARE = 0.5
"""Share of the time for an object that may have passed for another page to be decoded."""
MOST_FORMS = 10
"""Times as many pictures as a document may have pages: each page may come in several forms."""


def is_tiff(data: bytes) -> bool:
    """Whether `data` starts as a TIFF does."""
    return picture_format(data) is TIFF


def decode_tiff(data: bytes, limits: DecodeLimits) -> Picture | Document:
    """The picture in a TIFF, or a document where it has several pages.

    A page that does not decode costs that page. Raises what `decode_picture` raises of a picture, and of a document
    `MediaTooLarge` (`max_pages`), `DamagedMedia` (no page decodes) and `EmptyMedia` (nothing is on any page).
    """
    file = _File(data, limits)
    if len(file.pages) < 2:
        return decode_picture(file.standing_at(*file.pages), TIFF, limits)
    if len(file.pages) > limits.max_pages:
        raise MediaTooLarge(f"the TIFF has {len(file.pages):,} pages; at most {limits.max_pages:,} are decoded")
    pages = tuple(_pages(file, limits))
    if all(page.lost and not page.pictures for page in pages):
        raise DamagedMedia(f"no page of the TIFF can be read; the first one: {pages[0].lost}")
    if not any(page.pictures or page.lost for page in pages):
        raise EmptyMedia("the TIFF has nothing on any page")
    return Document(TIFF.media_type, pages)


def tiff_page(data: bytes, number: int, limits: DecodeLimits) -> Picture:
    """A page, counted from 1, within `picture_side`. Raises `NoSuchPlace`, and what `decode_picture` raises."""
    file = _File(data, limits)
    if not file.pages and number == 1:  # nothing in it calls itself a page
        return decode_picture(data, TIFF, limits)
    if not 1 <= number <= len(file.pages):
        raise NoSuchPlace(f"the TIFF has no page {number:,}; its last one is {max(1, len(file.pages)):,}")
    return _whole(file.standing_at(file.pages[number - 1]), limits)


class _File:
    """A TIFF, of which any picture can be made the first: so each is decoded as if there were no other."""

    def __init__(self, data: bytes, limits: DecodeLimits) -> None:
        """Raises `MediaTooLarge` where there are so many pictures in it that looking through them would take long."""
        self._stream = io.BytesIO(data)
        self._order = "<" if data.startswith(b"II") else ">"
        # A BigTIFF, whose offsets have 64 bits (https://www.awaresystems.be/imaging/tiff/bigtiff.html).
        self._big = b"+" in data[2:4]
        self._offset = struct.Struct(self._order + ("Q" if self._big else "I"))
        most = MOST_FORMS * limits.max_pages
        found = list(islice(self._directories(data), most + 1))
        if len(found) > most:
            raise MediaTooLarge(f"the TIFF has more than {most:,} pictures in it")
        self.pages = [at for at, is_form in found if not is_form]
        """Where the directories of those stand that are no other forms of one."""

    def standing_at(self, at: int | None = None) -> io.BytesIO:
        """The file with this picture as its first one, until the next call."""
        if at is not None:
            with self._stream.getbuffer() as bytes_:
                self._offset.pack_into(bytes_, self._first_at, at)
        self._stream.seek(0)
        return self._stream

    @property
    def _first_at(self) -> int:
        return 8 if self._big else 4

    def _directories(self, data: bytes) -> Iterator[tuple[int, bool]]:
        """Where each directory stands, and whether its picture is another form of one.

        Each names the next one: behind one that is outside the file, which is told too, there is nothing.
        """
        count, entry = struct.Struct(self._order + ("Q" if self._big else "H")), 20 if self._big else 12
        seen: set[int] = set()
        try:
            (at,) = self._offset.unpack_from(data, self._first_at)
            while at and at not in seen:
                seen.add(at)
                first = at + count.size
                yield at, self._is_other_form(data, first, entry)
                (at,) = self._offset.unpack_from(data, first + entry * count.unpack_from(data, at)[0])
        except (struct.error, OverflowError):
            return

    def _is_other_form(self, data: bytes, first: int, size: int) -> bool:
        """By the first two entries of the directory, which are those of the lowest tags."""
        for at in (first, first + size):
            entry = data[at : at + size]
            if len(entry) < size:
                return False
            tag, kind = struct.unpack_from(self._order + "HH", entry)
            (value,) = struct.unpack_from(self._order + ("H" if kind == SHORT else "I"), entry, 12 if self._big else 8)
            if (tag == SUBFILE_TYPE and value & (REDUCED | MASK)) or (tag == OLD_SUBFILE_TYPE and value == OLD_REDUCED):
                return True
        return False


def _pages(file: _File, limits: DecodeLimits) -> Iterator[Page]:
    until = monotonic() + DECODING_SHARE * limits.timeout_s
    left, told = limits.max_pictures, False
    for number, at in enumerate(file.pages, start=1):
        late = monotonic() > until
        if left and not late:
            page = _page(file.standing_at(at), number, limits)
            left -= len(page.pictures)
            yield page
        else:
            why = "decoding them takes too long" if late else f"a document may have {limits.max_pictures}"
            # Of the first page only: there may be thousands.
            yield Page(number, lost="" if told else f"from here on, pictures of pages are left out: {why}")
            told = True


def _page(stream: io.BytesIO, number: int, limits: DecodeLimits) -> Page:
    try:
        picture = _whole(stream, limits)
    except EmptyMedia:
        return Page(number)
    except (DamagedMedia, MediaTooLarge) as error:
        return Page(number, lost=f"it cannot be read: {error.message}")
    return Page(number, pictures=(PagePicture(picture.pixels, picture.size),))


def _whole(stream: io.BytesIO, limits: DecodeLimits) -> Picture:
    """The first picture in it, with what is transparent around it: boxes are parts of all of it."""
    with telling_damage(TIFF):
        seen = upright(opened(stream, TIFF, limits), TIFF, limits.picture_side)
    if seen.visible == WHOLE:
        return seen
    page = Image.new("RGB", scaled(seen.original, limits.picture_side), "white")
    left, top, right, bottom = (
        round(part * side) for part, side in zip(seen.visible, (*page.size, *page.size), strict=True)
    )
    part = Image.frombytes("RGB", seen.size, seen.pixels).resize((max(1, right - left), max(1, bottom - top)))
    page.paste(part, (left, top))
    return Picture(TIFF.media_type, page.tobytes(), page.size, seen.original)
