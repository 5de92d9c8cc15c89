"""From the frame of a decoding process to decoded content, in the worker; the inverse of `packing`.

The process may have been taken over by what it decoded: whatever does not fit together is damaged media.
"""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import numpy as np

from workers.adapters.decoders.lines import sentence
from workers.adapters.decoders.packing import BOX_UNITS
from workers.domain.decoded import (
    Decoded,
    DecodedDocument,
    DecodedImage,
    DecodedText,
    Heading,
    Line,
    Page,
    PagePicture,
    Pixels,
)
from workers.domain.excerpt import Clip, Excerpt, Reel
from workers.domain.locator import Box
from workers.domain.recording import Samples
from workers.domain.taken import Taken
from workers.domain.video import Shot, SoundPiece
from workers.errors import DamagedMedia

MESSAGE_CHARS = 500
"""Of the sentence that says why an object is refused, or what of a page is lost."""
SIDES = 4
"""Numbers of 16 bits that `packing` writes for the box of a line."""
MOST_S = 1e6
"""Seconds from the beginning of a video."""
NONSENSE = "its content made the decoding process answer with nonsense"


def unpack(header: dict[str, Any], payload: bytearray) -> Decoded:
    """The content; pixels are views of `payload`. Raises `DamagedMedia`."""
    try:
        if "text" in header:
            return DecodedText(header["media_type"], payload.decode(), header["markup"])
        if "document" in header:
            return _document(header["media_type"], payload, header["document"])
        width, height = header["original"]
        pixels = _Pixels(payload, 0).next(header["size"])
        return DecodedImage(
            header["media_type"], pixels, width, height, _part(header["visible"]), _taken(*header["taken"])
        )
    except (KeyError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise DamagedMedia(NONSENSE) from error


def unpack_excerpt(header: dict[str, Any], payload: bytearray) -> Excerpt:
    """The part of a picture, page, recording or video. Raises `DamagedMedia`."""
    if "reel" in header:
        return Reel(str(header["reel"]), payload)
    if "clip" not in header:
        decoded = unpack(header, payload)
        if not isinstance(decoded, DecodedImage):
            raise DamagedMedia(NONSENSE)
        return decoded
    try:
        rate, channels = map(int, header["clip"])
    except (ValueError, TypeError) as error:
        raise DamagedMedia(NONSENSE) from error
    if not (0 < rate < 2**31 and 0 < channels < 2**8) or len(payload) % (2 * channels):
        raise DamagedMedia(NONSENSE)
    return Clip(payload, rate, channels)


def unpack_samples(pcm: bytearray) -> Samples:
    """A piece of a recording. Raises `DamagedMedia`."""
    if len(pcm) % 2:
        raise DamagedMedia(NONSENSE)
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32_768)


def unpack_shot(header: dict[str, Any], payload: bytearray) -> Shot:
    """A shot of a video; pixels are views of `payload`. Raises `DamagedMedia`."""
    try:
        pixels = _Pixels(payload, 0)
        pictures = [pixels.next(size) for size in header["sizes"][:2]]
        start, end, frame = (_seconds(header[name]) for name in ("start_s", "end_s", "frame_s"))
        return Shot(int(header["number"]), start, end, frame, bool(header["blank"]), pictures[0], pictures[-1])
    except (KeyError, IndexError, ValueError, TypeError, OverflowError) as error:
        raise DamagedMedia(NONSENSE) from error


def unpack_sound(header: dict[str, Any], pcm: bytearray) -> SoundPiece:
    """A piece of the sound track of a video. Raises `DamagedMedia`."""
    try:
        return SoundPiece(_seconds(header["from_s"]), unpack_samples(pcm))
    except (KeyError, ValueError, TypeError) as error:
        raise DamagedMedia(NONSENSE) from error


def _seconds(value: float) -> float:
    """Raises `ValueError` for what is no time in a video."""
    if not -MOST_S <= float(value) <= MOST_S:  # neither is what is no number at all
        raise ValueError("no time")
    return float(value)


def unpack_seconds(told: Any) -> float:
    """A duration that a file declares; 0 for what is none."""
    return float(told) if isinstance(told, int | float) and 0 < told < math.inf else 0.0


def _document(media_type: str, payload: bytearray, length: int) -> DecodedDocument:
    fields = json.loads(payload[:length])
    count = sum(len(page["lines"]) for page in fields["pages"])
    boxes = _boxes(payload, length, count)
    pixels = _Pixels(payload, length + 2 * SIDES * count)
    pages = tuple(_page(page, boxes, pixels) for page in fields["pages"])
    outline = tuple(Heading(int(level), str(title), int(page)) for level, title, page in fields["outline"])
    return DecodedDocument(media_type, pages, outline)


def _page(fields: dict[str, Any], boxes: Iterator[Box], pixels: "_Pixels") -> Page:
    texts = fields["lines"]
    if set(map(type, texts)) - {str}:
        raise TypeError("a line that is no text")
    lines = tuple(map(Line, texts, islice(boxes, len(texts))))
    pictures = tuple(
        PagePicture(pixels.next(size), None if box is None else _box(box)) for size, box in fields["pictures"]
    )
    return Page(int(fields["number"]), lines, pictures, sentence(str(fields["lost"]), MESSAGE_CHARS))


def _boxes(payload: bytearray, start: int, count: int) -> Iterator[Box]:
    """The boxes of lines. Raises `ValueError` for those that are no places on a page."""
    units = np.frombuffer(payload, np.uint16, SIDES * count, start).reshape(count, SIDES)
    if (units > BOX_UNITS).any() or (units[:, :2] > units[:, 2:]).any():
        raise ValueError("no box")
    return ((x0, y0, x1, y1) for x0, y0, x1, y1 in (units / BOX_UNITS).tolist())


def _box(sides: list[float]) -> Box:
    """Raises `ValueError` for what is no place on a page."""
    x0, y0, x1, y1 = map(float, sides)
    if not (0 <= x0 <= x1 <= 1 and 0 <= y0 <= y1 <= 1):
        raise ValueError("no box")
    return x0, y0, x1, y1


def _part(sides: list[float]) -> Box:
    """The box of a part of a picture. Raises `ValueError` for what is none."""
    x0, y0, x1, y1 = _box(sides)
    if x0 == x1 or y0 == y1:
        raise ValueError("no part of a picture")
    return x0, y0, x1, y1


def _taken(at: int | None, place: list[float] | None) -> Taken:
    """Raises `ValueError` for what is no place on the earth, or no time."""
    if place is not None:
        latitude, longitude = map(float, place)
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise ValueError("no place")
    moment = None if at is None else datetime.fromtimestamp(int(at), UTC)
    return Taken(moment, None if place is None else (latitude, longitude))


class _Pixels:
    """Takes one picture after another out of a payload, without copying it."""

    def __init__(self, payload: bytearray, start: int) -> None:
        self._payload = payload
        self._at = start

    def next(self, size: tuple[int, int]) -> Pixels:
        width, height = size
        if min(width, height) < 1:
            raise ValueError(f"a picture of {width} x {height} pixels")
        count = 3 * width * height
        pixels = np.frombuffer(self._payload, np.uint8, count, self._at).reshape(height, width, 3)
        self._at += count
        return pixels
