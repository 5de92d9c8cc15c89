"""SVG through resvg: a drawing without pixels becomes a PNG of the size in which pictures are returned.

resvg reads any file of this machine that an `image` names, and the drawing's sender would see it in an answer. Only
pictures that stand in the drawing itself are left in what it is given.
"""

import re
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.pictures import decode_picture
from workers.adapters.decoders.results import Picture
from workers.adapters.decoders.signatures import PNG
from workers.adapters.decoders.xml_parts import local_name, parse_xml
from workers.errors import DamagedMedia

LOOKS_LIKE_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?"
    rb"(?>(?:<!--(?>.*?-->)|<\?[^>]*>|<!DOCTYPE\s+svg[^\[>]*(?:\[[^\]]*\]\s*)?>)\s*)*<(?:\w+:)?svg[\s>/]",
    re.S,
)
HEAD = 16 * 1024
"""Bytes in which the first element is looked for: drawing programs write comments and declarations before it."""

FONTS = Path("/usr/share/fonts")
PREFERRED_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf")

PICTURES = frozenset({"image", "feImage"})
HREFS = ("href", "{http://www.w3.org/1999/xlink}href")
UNITS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}
"""Pixels in a unit (CSS Values and Units 4, section 6.2)."""

LENGTH = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-z]{0,2})\s*$")
"""Of lengths in other forms, such as shares, nothing can be told."""


def looks_like_svg(data: bytes) -> bool:
    """Whether the first element of `data` is that of an SVG drawing."""
    return LOOKS_LIKE_SVG.match(data[:HEAD]) is not None


def decode_drawing(data: bytes, limits: DecodeLimits) -> Picture:
    """The drawing with its longest side as long as `picture_side`, on white; `original` is the size that it names.

    Raises `DamagedMedia`, `EmptyMedia` (nothing in it is visible) and `MemoryError`.
    """
    from lxml import etree  # noqa: PLC0415 - see xml_parts
    from resvg_py import svg_to_bytes  # noqa: PLC0415 - for drawings only

    root = parse_xml(data, "the SVG drawing")
    if next(root.iter(etree.Entity), None) is not None:
        raise DamagedMedia("an SVG drawing that uses XML entities of its own: save it without them")
    _drop_foreign_pictures(root)
    has_text = any(local_name(element) == "text" for element in root.iter())
    try:
        rendered = svg_to_bytes(
            svg_string=etree.tostring(root, encoding="unicode", with_tail=False),  # without declarations of entities
            width=limits.picture_side,
            height=limits.picture_side,
            dpi=96.0,  # its own is 0, which makes every length in millimetres nothing
            skip_system_fonts=not has_text,  # finding the fonts of this machine takes 100 ms the first time
            serif_family=_some_family() if has_text else None,
        )
    except ValueError as error:
        raise DamagedMedia(f"an SVG drawing that cannot be rendered: {error}") from error
    picture = decode_picture(bytes(rendered), PNG, limits)
    return replace(picture, media_type="image/svg+xml", original=_named_size(root) or picture.original)


@cache
def _some_family() -> str | None:
    """A font of this machine for words whose own it has not, as resvg leaves them out; None where it has no font."""
    from PIL import ImageFont  # noqa: PLC0415 - for drawings with words only

    files = {file.name: file for file in sorted(FONTS.rglob("*.ttf"))}
    for name in (*PREFERRED_FONTS, *files):
        if name in files:
            with suppress(OSError):
                return ImageFont.truetype(files[name]).getname()[0]
    return None


def _drop_foreign_pictures(root: Any) -> None:
    for element in list(root.iter()):
        if local_name(element) in PICTURES:
            sources = [element.get(name, "") for name in HREFS]
            if not all(source.startswith(("data:", "#")) for source in sources if source):
                for name in HREFS:
                    element.attrib.pop(name, None)


def _named_size(root: Any) -> tuple[int, int] | None:
    """Width and height in pixels, else those of the `viewBox`; None where neither can be read."""
    sides = [_pixels(root.get(name, "")) for name in ("width", "height")]
    if None in sides:
        sides = [_pixels(side) for side in root.get("viewBox", "").replace(",", " ").split()[2:4]]
    if len(sides) != 2 or not all(sides):
        return None
    width, height = (max(1, round(side)) for side in sides if side is not None)
    return width, height


def _pixels(length: str) -> float | None:
    found = LENGTH.match(length)
    return float(found[1]) * UNITS[found[2]] if found and found[2] in UNITS else None
