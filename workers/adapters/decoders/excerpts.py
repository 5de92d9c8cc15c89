"""What a citation of a picture, a page or a recording points at, cut out of the object in the child process.

A box comes with a margin around it, at the resolution of the object; a page, or a frame of an animation, without a box
as a whole.
"""

from dataclasses import replace
from typing import Any

from workers.adapters.decoders.animations import frame_shown
from workers.adapters.decoders.clips import cut_seconds
from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.pdf import PDF, looks_like_pdf, open_page
from workers.adapters.decoders.pdf_pictures import Drawing, draw
from workers.adapters.decoders.results import WHOLE, Box, Clip, Picture, Reel
from workers.adapters.decoders.scans import is_tiff, tiff_page
from workers.adapters.decoders.signatures import is_animated, picture_format
from workers.errors import NoSuchPlace

MARGIN = 0.05
"""Around a box, of the longer side of the page or picture: two lines of text, or what stands beside a sign."""
PIXELS_A_POINT = 3.0
"""Of a page: 216 pixels an inch, at which the smallest print is read with ease."""


def excerpt(data: bytes, key: str, place: dict[str, Any], limits: DecodeLimits) -> Picture | Clip | Reel:
    """The part of the object that `place` names (fields of a locator: `page`, `box`, `start_s` and `end_s`).

    Raises `NoSuchPlace`, what `content.decode` raises, and `MemoryError`.
    """
    box: Box = tuple(place["box"]) if place.get("box") else WHOLE
    sized = replace(limits, picture_side=limits.excerpt_side)
    moving = picture_format(data) if is_animated(data) else None
    if place.get("start_s") is not None:
        span = float(place["start_s"]), float(place.get("end_s") or place["start_s"])
        return _of_picture(frame_shown(data, moving, span, sized), box) if moving else cut_seconds(data, *span, limits)
    page = place.get("page")
    if is_tiff(data):  # without a page, the first one: it may be the only one
        return _of_picture(tiff_page(data, 1 if page is None else int(page), sized), box)
    if page is not None:
        return _of_page(data, int(page), box, limits)
    if looks_like_pdf(data):
        raise NoSuchPlace("this is a PDF: a place in it begins with a page (page=1)")
    result = frame_shown(data, moving, None, sized) if moving else decode(data, key, sized)
    if not isinstance(result, Picture):
        raise NoSuchPlace("this is no picture, so there is no box in it")
    return _of_picture(result, box)


def _of_page(data: bytes, number: int, box: Box, limits: DecodeLimits) -> Picture:
    with open_page(data, number) as (page, view):
        width, height = view.size
        left, top, right, bottom = with_margin(box, (width, height))
        rect = (left * width, top * height, right * width, bottom * height)
        longest = max(rect[2] - rect[0], rect[3] - rect[1])
        drawn = draw(page, view, Drawing(rect, min(PIXELS_A_POINT, limits.excerpt_side / longest), None))
    return Picture(PDF, bytes(drawn.pixels), drawn.size, drawn.size)


def _of_picture(picture: Picture, box: Box) -> Picture:
    """Of the visible part of a picture the part within `box`, which is in fractions of the whole of it."""
    from PIL import Image  # noqa: PLC0415 - for pictures only

    seen = picture.visible
    width, height = seen[2] - seen[0], seen[3] - seen[1]
    left, top, right, bottom = with_margin(box, (picture.original[0], picture.original[1]))
    part = ((left - seen[0]) / width, (top - seen[1]) / height, (right - seen[0]) / width, (bottom - seen[1]) / height)
    sides = [round(side * of) for side, of in zip(part, (*picture.size, *picture.size), strict=True)]
    x0, y0 = max(0, sides[0]), max(0, sides[1])
    x1, y1 = min(picture.size[0], sides[2]), min(picture.size[1], sides[3])
    if x0 >= x1 or y0 >= y1:
        raise NoSuchPlace("there is nothing to be seen in that part of the picture")
    cut = Image.frombuffer("RGB", picture.size, picture.pixels).crop((x0, y0, x1, y1))
    return Picture(picture.media_type, cut.tobytes(), cut.size, cut.size)


def with_margin(box: Box, size: tuple[float, float]) -> Box:
    """`box` with some of what is around it, as far as there is any; both in fractions of `size`."""
    if box == WHOLE:
        return box
    margin = MARGIN * max(size)
    across, down = margin / size[0], margin / size[1]
    x0, y0, x1, y1 = box
    return max(0.0, x0 - across), max(0.0, y0 - down), min(1.0, x1 + across), min(1.0, y1 + down)
