"""Citations as one word that can be typed: the key of an object, and after `#` the place in it.

The place is written as the web writes it: `page=3` (RFC 8118), `char=120,360` (RFC 5147), and of W3C's Media Fragments
`t=12.5,18` (seconds) and `xywh=percent:10,20,30,5` (left edge, upper edge, width, height; we write decimals, too).
Several parts are joined with `&`. Keys are written as they are; what would be taken for a place ends with another `#`.
"""

import shlex
from collections.abc import Callable
from math import isfinite

from schemas.answers import Locator

DIGITS = 2
"""Of per cent: boxes have four digits as fractions."""
EXAMPLES = "page=3, xywh=percent:10,20,30,5, t=12.5,18 or char=120,360"


def written(key: str, place: Locator) -> str:
    """The citation of this place in the object `key`; the key alone stands for the whole object."""
    parts = []
    if place.page is not None:
        parts.append(f"page={place.page}")
    if place.start_s is not None:
        parts.append(f"t={_number(place.start_s, 3)},{_number(place.end_s or place.start_s, 3)}")
    if place.box is not None:
        x0, y0, x1, y1 = (100 * side for side in place.box)
        sides = (_number(side, DIGITS) for side in (x0, y0, x1 - x0, y1 - y0))
        parts.append(f"xywh=percent:{','.join(sides)}")
    if place.chars is not None:
        parts.append(f"char={place.chars[0]},{place.chars[1]}")
    return f"{key}#{'&'.join(parts)}" if parts or _has_place(key) else key


def typed(key: str, place: Locator) -> str:
    """The citation as it is typed at a shell's prompt; `-- ` stands before one that would be taken for an option.

    What a terminal would obey is written as Bash and Zsh read it: `$'...'`, with the bytes of UTF-8 in hexadecimal.
    """
    citation = written(key, place)
    word = shlex.quote(citation) if citation.isprintable() else f"$'{''.join(map(_escaped, citation))}'"
    return f"-- {word}" if citation.startswith("-") else word


def _escaped(letter: str) -> str:
    if letter in "\\'":
        return f"\\{letter}"
    return letter if letter.isprintable() else "".join(f"\\x{byte:02x}" for byte in letter.encode(errors="replace"))


def read(citation: str) -> tuple[str, Locator]:
    """Key and place of a citation: the inverse of `written`. Raises `ValueError` for a place that there cannot be."""
    key, mark, fragment = citation.rpartition("#")
    names = [part.partition("=")[0] for part in fragment.split("&")]
    if not mark or (fragment and not all(name in _PARTS for name in names)):
        return citation, Locator()
    fields: dict[str, object] = {}
    for part in fragment.split("&") if fragment else []:
        name, _, value = part.partition("=")
        try:
            fields |= _PARTS[name](value)
        except ValueError:
            raise ValueError(f"{part!r} names no place; places are written as {EXAMPLES}") from None
    return key, Locator.model_validate(fields)


def _has_place(key: str) -> bool:
    try:
        return read(key) != (key, Locator())
    except ValueError:
        return True


def _number(value: float, digits: int) -> str:
    return f"{round(value, digits):.{digits}f}".rstrip("0").rstrip(".")


def _page(value: str) -> dict[str, object]:
    _demand(int(value) >= 1)
    return {"page": int(value)}


def _seconds(value: str) -> dict[str, object]:
    start, end = map(float, value.split(","))
    _demand(isfinite(end) and 0 <= start <= end)
    return {"start_s": start, "end_s": end}


def _box(value: str) -> dict[str, object]:
    left, top, width, height = (float(side) / 100 for side in value.removeprefix("percent:").split(","))
    _demand(value.startswith("percent:") and min(left, top, width, height) >= 0)
    right, bottom = left + width, top + height
    _demand(max(right, bottom) < 1.0001)  # four sides that were rounded
    return {"box": tuple(min(1.0, round(side, 4)) for side in (left, top, right, bottom))}


def _chars(value: str) -> dict[str, object]:
    start, end = map(int, value.split(","))
    _demand(0 <= start < end)
    return {"chars": (start, end)}


def _demand(possible: bool) -> None:  # noqa: FBT001 - private, and the only argument
    if not possible:
        raise ValueError


_PARTS: dict[str, Callable[[str], dict[str, object]]] = {"page": _page, "t": _seconds, "xywh": _box, "char": _chars}
