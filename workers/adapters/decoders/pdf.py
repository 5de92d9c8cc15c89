"""PDF through PDFium: page by page, so that a page that fails costs that page.

PDFium forgives a lot. What it cannot open at all is refused; a page that it cannot load, or whose picture would pass a
limit, is lost with a reason, and the others are not.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from math import isfinite
from time import monotonic
from typing import TYPE_CHECKING, Any

from workers.adapters.decoders.encodings import without_controls
from workers.adapters.decoders.layout import lines_of
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.lines import one_line
from workers.adapters.decoders.pdf_pictures import draw, drawings_of, fractions, whole_drawing
from workers.adapters.decoders.pdf_text import View, pieces_of
from workers.adapters.decoders.results import Document, Heading, Line, Page, PagePicture, Picture
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, NoSuchPlace, Permanent

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

PDF = "application/pdf"
HEAD = 1024
"""Bytes within which the header stands (ISO 32000-1, Annex H, note 13: other data may come before it)."""
TAIL = 2048
"""Bytes at the end within which a PDF that begins with other data says where its table of objects is."""

MAX_HEADINGS = 5_000
TITLE_CHARS = 200
DRAWING_SHARE = 0.5
"""Share of the time for an object that may have passed for another page to be drawn: text comes first."""


def looks_like_pdf(data: bytes) -> bool:
    """Whether this is a PDF, also after other data. A text that only tells of PDF does not end as one does."""
    found = data.find(b"%PDF-", 0, HEAD)
    if found <= 0:
        return found == 0
    return data[found - 1] in b"\r\n\0 \xbf" and b"startxref" in data[-TAIL:]


def decode_pdf(data: bytes, limits: DecodeLimits) -> Document:
    """The pages of a PDF, and its outline.

    Raises `DamagedMedia` (also for an encrypted one), `MediaTooLarge` (pages, characters) and `EmptyMedia` where no
    page has anything on it.
    """
    document = _open(data)
    try:
        count = len(document)
        if count == 0:
            raise DamagedMedia("a PDF without any page")
        if count > limits.max_pages:
            raise MediaTooLarge(f"the PDF has {count:,} pages; at most {limits.max_pages:,} are decoded")
        pages = tuple(_Pages(document, limits).read(count))
        outline = tuple(_outline(document, count))
    finally:
        document.close()
    if not any(page.lines or page.pictures or page.lost for page in pages):
        raise EmptyMedia("the PDF has nothing on any page")
    if all(page.lost and not page.lines for page in pages):
        raise DamagedMedia(f"no page of the PDF can be read; the first one: {pages[0].lost}")
    return Document(PDF, pages, outline)


@contextmanager
def open_page(data: bytes, number: int) -> Iterator[tuple[Any, View]]:
    """One page (a `pypdfium2.PdfPage`), counted from 1, and how it is shown. Raises `NoSuchPlace`, `DamagedMedia`."""
    if not looks_like_pdf(data):
        raise NoSuchPlace("this is neither a PDF nor a TIFF, so it has no pages")
    with closing(_open(data)) as document:
        if not 1 <= number <= len(document):
            raise NoSuchPlace(f"the PDF has no page {number:,}; its last one is {len(document):,}")
        with closing(document[number - 1]) as page:
            view = view_of(page)
            if not has_size(view):
                raise DamagedMedia(f"page {number:,} has no size")
            yield page, view


def whole_page(data: bytes, number: int, limits: DecodeLimits) -> Picture:
    """A page as it looks, as large as `picture_side` allows. Raises what `open_page` raises."""
    with open_page(data, number) as (page, view):
        drawn = draw(page, view, whole_drawing(view, limits))
    return Picture(PDF, bytes(drawn.pixels), drawn.size, drawn.size)


def _open(data: bytes) -> "PdfDocument":
    import pypdfium2  # noqa: PLC0415 - 85 ms, and most decoding processes never see a PDF

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        code, raw = error.err_code, pypdfium2.raw
        if code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise DamagedMedia("the PDF is encrypted and opens with a password only") from error
        raise DamagedMedia("a PDF that cannot be opened: it is damaged or not complete") from error


def view_of(page: Any) -> View:
    """How a page (a `pypdfium2.PdfPage`) is shown; its size may be nothing, or not finite."""
    left, bottom, right, top = page.get_bbox()
    return View(left, bottom, right, top, page.get_rotation())


def has_size(view: View) -> bool:
    """Whether there is anything to draw."""
    return all(isfinite(side) and side > 0 for side in view.size)


class _Pages:
    """Reads one page after another, within the limits of the whole document."""

    def __init__(self, document: "PdfDocument", limits: DecodeLimits) -> None:
        self._document = document
        self._limits = limits
        self._chars_left = limits.max_text_chars
        self._pictures_left = limits.max_pictures
        self._drawn_until = monotonic() + DRAWING_SHARE * limits.timeout_s
        self._told = False

    def read(self, count: int) -> Iterator[Page]:
        for number in range(1, count + 1):
            yield self._page(number)

    def _page(self, number: int) -> Page:
        import pypdfium2  # noqa: PLC0415 - 85 ms, and most decoding processes never see a PDF

        try:
            with closing(self._document[number - 1]) as page:
                return self._read(number, page)
        except (Permanent, MemoryError):
            raise
        except pypdfium2.PdfiumError as error:
            return Page(number, lost=f"it cannot be read: {error}")
        except Exception as error:  # noqa: BLE001 - damaged content makes a library raise anything; it costs its page
            return Page(number, lost=f"it cannot be read: {type(error).__name__}: {error}")

    def _read(self, number: int, page: Any) -> Page:
        view = view_of(page)
        size = view.size
        if not has_size(view):
            return Page(number, lost="it has no size")
        found = lines_of(pieces_of(page, view))
        lines = tuple([Line(text, fractions(rect, size)) for text, rect in found])
        self._chars_left -= sum([len(text) + 1 for text, _ in found])
        if self._chars_left < 0:
            raise MediaTooLarge(f"the text has more than {self._limits.max_text_chars:,} characters")
        try:
            return Page(number, lines, *self._pictures(page, view, has_text=bool(lines)))
        except MediaTooLarge as error:
            return Page(number, lines, lost=f"{error.message}; its pictures are left out")
        except (Permanent, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - as above; it costs the pictures, not the words
            return Page(number, lines, lost=f"its pictures cannot be drawn: {type(error).__name__}: {error}")

    def _pictures(self, page: Any, view: View, *, has_text: bool) -> tuple[tuple[PagePicture, ...], str]:
        """The pictures of a page, and what is said of those that are left out."""
        wanted = drawings_of(page, view, self._limits, has_text=has_text)
        late = monotonic() > self._drawn_until
        drawn = tuple(draw(page, view, drawing) for drawing in ([] if late else wanted[: self._pictures_left]))
        self._pictures_left -= len(drawn)
        if len(drawn) == len(wanted) or self._told:
            return drawn, ""
        self._told = True  # of the first page only: there may be thousands
        why = "drawing them takes too long" if late else f"a document may have {self._limits.max_pictures}"
        return drawn, f"from here on, pictures of pages are left out: {why}"


def _outline(document: "PdfDocument", pages: int) -> Iterator[Heading]:
    """The bookmarks that have a title and lead to a page of the document."""
    for bookmark in islice(document.get_toc(), MAX_HEADINGS):
        try:
            title, place = bookmark.get_title(), bookmark.get_dest()
        except UnicodeDecodeError:
            continue
        title = one_line(without_controls(title))[:TITLE_CHARS]
        page = place.get_index() if place is not None else None
        if title and page is not None and 0 <= page < pages:
            yield Heading(bookmark.level, title, page + 1)
