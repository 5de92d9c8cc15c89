"""When and where a camera says that a picture was taken (EXIF 2.32, sections 4.6.5 and 4.6.6).

Cameras write nonsense, and so do people: what is no date, or no place on the earth, is passed over, each by itself.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from math import isfinite
from typing import Any

from PIL import Image

from workers.adapters.decoders.results import Taken

EXIF_IFD, GPS_IFD = 0x8769, 0x8825
MOMENTS = ((0x9003, 0x9011), (0x9004, 0x9012))
"""Tags of a time and its offset from UTC: when the picture was taken, and when a slide or a print was scanned."""
LATITUDE_REF, LATITUDE, LONGITUDE_REF, LONGITUDE = 1, 2, 3, 4

DATE = re.compile(r"\s*(\d{4})[:-](\d{2})[:-](\d{2})[ T](\d{2}):(\d{2}):(\d{2})")
OFFSET = re.compile(r"\s*([+-])(\d{2}):(\d{2})")
FIRST_YEAR, LAST_YEAR = 1826, 2199
"""The oldest photograph that there is; and cameras that count from somewhere else."""
FARTHEST = 14 * 60
"""Minutes from UTC, of any zone on earth."""
CHARS = 40
"""Of a date: it has 19."""


def taken_of(image: Image.Image) -> Taken:
    """What the picture's metadata say; nothing where they cannot be read. Raises nothing but `MemoryError`."""
    exif = _read(image.getexif)
    if exif is None:
        return Taken()
    return Taken(_moment(_read(exif.get_ifd, EXIF_IFD) or {}), _place(_read(exif.get_ifd, GPS_IFD) or {}))


def _read(read: Any, *arguments: int) -> Any:
    try:
        return read(*arguments)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - Pillow documents no base of what damaged metadata make it raise
        return None


def _moment(tags: Mapping[int, Any]) -> int | None:
    """Seconds since 1970. A time without an offset counts as UTC: which zone the camera was set to, nobody knows."""
    for tag, offset_tag in MOMENTS:
        found = DATE.match(_words(tags.get(tag)))
        if found is None:
            continue
        year, month, day, hour, minute, second = map(int, found.groups())
        zone = _zone(_words(tags.get(offset_tag)))
        try:
            moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        except ValueError:
            continue
        if FIRST_YEAR <= year <= LAST_YEAR:
            return int(moment.timestamp())
    return None


def _zone(words: str) -> timezone:
    found = OFFSET.match(words)
    minutes = int(found[2]) * 60 + int(found[3]) if found else 0
    if found is None or minutes > FARTHEST:
        return UTC
    return timezone(timedelta(minutes=minutes if found[1] == "+" else -minutes))


def _place(tags: Mapping[int, Any]) -> tuple[float, float] | None:
    """Degrees north and east. (0, 0) is what receivers write that have not found themselves yet."""
    try:
        latitude = _degrees(tags[LATITUDE], _words(tags[LATITUDE_REF]), "NS")
        longitude = _degrees(tags[LONGITUDE], _words(tags[LONGITUDE_REF]), "EW")
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return None
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude, longitude) == (0.0, 0.0):
        return None
    return latitude, longitude


def _degrees(parts: Any, towards: str, names: str) -> float:
    """Degrees, minutes and seconds as one number. Raises `ValueError` for what is no angle (0/0 of a rational, say)."""
    whole, minutes, seconds = map(float, parts)
    angle = whole + minutes / 60 + seconds / 3600
    if not isfinite(angle) or min(whole, minutes, seconds) < 0 or max(minutes, seconds) > 60:
        raise ValueError("no angle")
    return round(angle * (1, -1)[names.index(towards.strip("\0 ").upper()[:1] or "?")], 6)


def _words(value: Any) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return text[:CHARS] if isinstance(text, str) else ""
