"""The pictures of a PDF's page, drawn by PDFium as a reader sees them: the page as a whole, and its figures.

Drawing a figure's part of the page, in place of taking the embedded picture, has masks, turns and what is written over
it right, and its size is ours to choose.
"""

from collections.abc import Iterator
from ctypes import byref, c_float, c_ubyte, c_uint
from dataclasses import dataclass
from typing import Any

from workers.adapters.decoders.layout import Rect
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.pdf_calls import kinds_of_parts
from workers.adapters.decoders.pdf_text import View
from workers.adapters.decoders.results import Box, PagePicture
from workers.errors import MediaTooLarge

MAX_OBJECTS = 2_000
"""Parts of a page that are looked at in search of figures: a map may be of a million lines."""
LEAST_AREA = 0.02
"""Share of the page that a figure fills at least: logos and rules do not."""
MOST_AREA = 0.9
"""Share of the page from which on a figure is the page."""
LONGEST = 8.0
"""Length over breadth from which on a figure is a rule, or a strip of a scan."""
LEAST_POINTS = 12.0
"""A figure's shorter side."""
DRAWN_PATHS = 10
"""Lines and areas that make a group of parts a drawing, in place of a frame around text."""
POINT = 1.0
"""Pixels that a point of a figure has at least, whatever the resolution in the file: drawings have none."""
WHITE = 0xFFFFFFFF
"""Opaque, as PDFium writes colours."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure's place on the page, in points as it is shown, and the pixels that a point of it has in the file."""

    rect: Rect
    resolution: float

    @property
    def area(self) -> float:
        """In square points."""
        return (self.rect[2] - self.rect[0]) * (self.rect[3] - self.rect[1])


@dataclass(frozen=True, slots=True)
class Drawing:
    """A part of the page to be drawn, at `scale` pixels a point; `box` is None for the whole page."""

    rect: Rect
    scale: float
    box: Box | None


def drawings_of(page: Any, view: View, limits: DecodeLimits, *, has_text: bool) -> list[Drawing]:
    """What is to be drawn of a page: itself, where it has figures or no text, and its figures from top to bottom.

    The page is drawn with its longest side `picture_side`, a figure at its own resolution if that is less. Raises
    `MediaTooLarge` for a picture of more than `max_pixels`, which is not to be drawn at all.
    """
    width, height = view.size
    found = [figure for figure in _figures(page, view, limits) if figure.area >= LEAST_AREA * width * height]
    if not found and (has_text or not _has_content(page)):
        return []
    figures = [figure for figure in dict.fromkeys(found) if figure.area < MOST_AREA * width * height]
    largest = sorted(figures, key=lambda figure: -figure.area)[: limits.page_figures]
    from_above = sorted(largest, key=lambda figure: (figure.rect[1], figure.rect[0]))
    return [whole_drawing(view, limits), *(_drawing(figure, view, limits.picture_side) for figure in from_above)]


def whole_drawing(view: View, limits: DecodeLimits) -> Drawing:
    """The page itself, its longest side as long as `picture_side`."""
    width, height = view.size
    return Drawing((0.0, 0.0, width, height), limits.picture_side / max(width, height), None)


def _drawing(figure: Figure, view: View, side: int) -> Drawing:
    x0, y0, x1, y1 = figure.rect
    scale = min(side / max(x1 - x0, y1 - y0), max(figure.resolution, POINT))
    x0, y0, x1, y1 = (round(side, 4) for side in fractions(figure.rect, view.size))
    return Drawing(figure.rect, scale, (x0, y0, x1, y1))


def fractions(rect: Rect, size: tuple[float, float]) -> Box:
    """`rect` as fractions of a page of `size`; what is beyond the page's edges is left out."""
    width, height = size
    x0, y0, x1, y1 = rect
    if x0 < 0 or y0 < 0 or x1 > width or y1 > height:
        x0, y0, x1, y1 = _visible(rect, size)
    return x0 / width, y0 / height, x1 / width, y1 / height


def _figures(page: Any, view: View, limits: DecodeLimits) -> Iterator[Figure]:
    import pypdfium2.raw as pdfium  # noqa: PLC0415 - 85 ms, and most decoding processes never see a PDF

    left, bottom, right, top = (c_float() for _ in range(4))
    may_be = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM)
    for number, kind in enumerate(kinds_of_parts(page, min(MAX_OBJECTS, pdfium.FPDFPage_CountObjects(page)))):
        if kind not in may_be:
            continue
        part = pdfium.FPDFPage_GetObject(page, number)
        pictures = _pictures(pdfium, part)
        if pictures is None or not pdfium.FPDFPageObj_GetBounds(
            part, byref(left), byref(bottom), byref(right), byref(top)
        ):
            continue
        columns = max((_columns(pdfium, picture, limits) for picture in pictures), default=0)
        rect = _visible(view.rect(left.value, bottom.value, right.value, top.value), view.size)
        sides = rect[2] - rect[0], rect[3] - rect[1]
        if min(sides) >= LEAST_POINTS and max(sides) <= LONGEST * min(sides):
            yield Figure(rect, columns / max(sides))


def _pictures(pdfium: Any, part: Any) -> list[Any] | None:
    """The embedded pictures of a part of the page that is a figure: one picture, or a group that is a drawing."""
    if pdfium.FPDFPageObj_GetType(part) == pdfium.FPDF_PAGEOBJ_IMAGE:
        return [part]
    numbers = range(min(MAX_OBJECTS, pdfium.FPDFFormObj_CountObjects(part)))
    members = [pdfium.FPDFFormObj_GetObject(part, number) for number in numbers]
    kinds = [pdfium.FPDFPageObj_GetType(member) for member in members]
    pictures = [member for member, kind in zip(members, kinds, strict=True) if kind == pdfium.FPDF_PAGEOBJ_IMAGE]
    return pictures if pictures or kinds.count(pdfium.FPDF_PAGEOBJ_PATH) >= DRAWN_PATHS else None


def _columns(pdfium: Any, picture: Any, limits: DecodeLimits) -> int:
    """The longer side of an embedded picture, in pixels of its file."""
    width, height = c_uint(), c_uint()
    pdfium.FPDFImageObj_GetImagePixelSize(picture, byref(width), byref(height))
    if width.value * height.value > limits.max_pixels:
        raise MediaTooLarge(f"a picture on it has {width.value:,} x {height.value:,} pixels")
    return max(width.value, height.value)


def _visible(rect: Rect, size: tuple[float, float]) -> Rect:
    width, height = size
    return max(0.0, rect[0]), max(0.0, rect[1]), min(width, rect[2]), min(height, rect[3])


def draw(page: Any, view: View, drawing: Drawing) -> PagePicture:
    """A part of the page on white, without annotations and forms."""
    import pypdfium2.raw as pdfium  # noqa: PLC0415 - 85 ms, and most decoding processes never see a PDF

    x0, y0, x1, y1 = drawing.rect
    scale = drawing.scale
    width, height = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    # Packed and in the order of our pictures: the bytes go into the pipe as they are.
    buffer = (c_ubyte * (3 * width * height))()
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGR, buffer, 3 * width)
    if not bitmap:
        raise MemoryError
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE)
        whole = [max(1, round(side * scale)) for side in view.size]
        flags = pdfium.FPDF_REVERSE_BYTE_ORDER | pdfium.FPDF_RENDER_LIMITEDIMAGECACHE
        pdfium.FPDF_RenderPageBitmap(bitmap, page, -round(x0 * scale), -round(y0 * scale), *whole, 0, flags)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return PagePicture(memoryview(buffer).cast("B"), (width, height), drawing.box)


def _has_content(page: Any) -> bool:
    import pypdfium2.raw as pdfium  # noqa: PLC0415 - 85 ms, and most decoding processes never see a PDF

    return bool(pdfium.FPDFPage_CountObjects(page) > 0)
