"""PDFium's functions that are called for every line or part of a page, with as little around a call as ctypes allows.

A page has a hundred of them. pypdfium2's own prototypes check the type of every pointer, which takes longer than
PDFium needs for the answer: here pointers are numbers, and what is written to is allocated once.
"""

from collections.abc import Callable
from ctypes import PYFUNCTYPE, addressof, c_double, c_int, c_void_p, cast, sizeof
from functools import cache, partial
from itertools import repeat
from typing import Any, NamedTuple

Corners = list[float]
"""[left, bottom, right, top] in the page's own coordinates."""


class _Functions(NamedTuple):
    """By PDFium's names, without `FPDFText_` and `FPDFPage`."""

    count_rects: Callable[[int, int, int], int]
    get_rect: Callable[..., int]
    get_char_box: Callable[..., int]
    get_index: Callable[[int, int], int]
    get_object: Callable[[int, int], int | None]
    get_type: Callable[[int | None], int]


class Calls:
    """What is asked about the text of a page (a `pypdfium2.PdfTextPage`), while that is open."""

    def __init__(self, textpage: Any) -> None:
        functions = _functions()
        self._page = _address(textpage.raw)
        self._sides = (c_double * 4)()
        left, bottom, right, top = (addressof(self._sides) + sizeof(c_double) * side for side in range(4))
        self._rect_order, self._box_order = (left, top, right, bottom), (left, right, bottom, top)
        self._get_rect, self._get_char_box = functions.get_rect, functions.get_char_box
        self.count_runs: Callable[[int, int], int] = partial(functions.count_rects, self._page)
        """How many runs of one font and size there are from a character on, in so many."""
        self.index_of: Callable[[int], int] = partial(functions.get_index, self._page)
        """The index of the character that stands at a unit of the text."""

    def run(self, number: int) -> Corners:
        """The place of one of the runs that were counted last."""
        self._get_rect(self._page, number, *self._rect_order)
        return self._sides[:]

    def character(self, index: int) -> Corners:
        """The place of a character."""
        self._get_char_box(self._page, index, *self._box_order)
        return self._sides[:]


def kinds_of_parts(page: Any, count: int) -> list[int]:
    """The type (`FPDF_PAGEOBJ_…`) of each of the first `count` parts of a page (a `pypdfium2.PdfPage`)."""
    functions, address = _functions(), _address(page.raw)
    return list(map(functions.get_type, map(functions.get_object, repeat(address), range(count))))


@cache
def _functions() -> _Functions:
    import pypdfium2.raw as pdfium  # noqa: PLC0415 - 85 ms, and most decoding processes never see a PDF

    def plain(function: Any, result: Any, *arguments: Any) -> Any:
        return PYFUNCTYPE(result, *arguments)(_address(function))

    places = (c_void_p,) * 4
    return _Functions(
        plain(pdfium.FPDFText_CountRects, c_int, c_void_p, c_int, c_int),
        plain(pdfium.FPDFText_GetRect, c_int, c_void_p, c_int, *places),
        plain(pdfium.FPDFText_GetCharBox, c_int, c_void_p, c_int, *places),
        plain(pdfium.FPDFText_GetCharIndexFromTextIndex, c_int, c_void_p, c_int),
        plain(pdfium.FPDFPage_GetObject, c_void_p, c_void_p, c_int),
        plain(pdfium.FPDFPageObj_GetType, c_int, c_void_p),
    )


def _address(pointer: Any) -> int:
    return cast(pointer, c_void_p).value or 0
