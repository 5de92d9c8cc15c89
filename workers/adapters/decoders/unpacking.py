"""From the frame of a decoding process to decoded content, in the worker; the inverse of `packing`.

The process may have been taken over by what it decoded: whatever does not fit together is damaged media.
"""

import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import numpy as np

from workers.adapters.decoders.lines import sentence
from workers.adapters.decoders.packing import BOX_BYTES, BOX_DIGITS, MOST_LINES, MOST_WRITTEN, SIDES
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
from workers.domain.recording import SAMPLE_RATE, Samples
from workers.domain.taken import Taken
from workers.domain.video import Shot, SoundPiece
from workers.errors import DamagedMedia

MESSAGE_CHARS = 500
"""Of the sentence that says why an object is refused, or what of a page is lost."""
PIECE_BYTES = 10 * SAMPLE_RATE * 2
"""Of a piece of sound: ten seconds."""
MOST_S = 1e6
"""Seconds from the beginning of a video."""
MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,100}")
BESIDE_S = 60.0
"""Between the begin of a video's pictures and that of its sound."""
ROUNDING_S = 0.002
"""Of the times of two shots, which are told in thousandths of a second."""
NONSENSE = "its content made the decoding process answer with nonsense"


def unpack(header: dict[str, Any], payload: bytearray) -> Decoded:
    """The content; pixels are views of `payload`. Raises `DamagedMedia`."""
    try:
        if "text" in header:
            return DecodedText(media_type(header["media_type"]), payload.decode(), header["markup"])
        if "document" in header:
            return _document(media_type(header["media_type"]), payload, header)
        width, height = header["original"]
        pixels = _Pixels(payload, 0).next(header["size"])
        return DecodedImage(
            media_type(header["media_type"]), pixels, width, height, _part(header["visible"]), _taken(*header["taken"])
        )
    except (KeyError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise DamagedMedia(NONSENSE) from error


def unpack_excerpt(header: dict[str, Any], payload: bytearray) -> Excerpt:
    """The part of a picture, page, recording or video. Raises `DamagedMedia`."""
    if "reel" in header:
        return Reel(media_type(header["reel"]), payload)
    if "clip" not in header:
        decoded = unpack(header, payload)
        if not isinstance(decoded, DecodedImage):
            raise DamagedMedia(NONSENSE)
        return decoded
    try:
        rate, channels = map(int, header["clip"])
    except (ValueError, TypeError, OverflowError) as error:
        raise DamagedMedia(NONSENSE) from error
    if not (0 < rate < 2**31 and 0 < channels < 2**8) or len(payload) % (2 * channels):
        raise DamagedMedia(NONSENSE)
    return Clip(payload, rate, channels)


def media_type(told: object) -> str:
    """What a process says of the type. Raises `DamagedMedia` where it is none: it is kept, and written by others."""
    if not isinstance(told, str) or MEDIA_TYPE.fullmatch(told) is None:
        raise DamagedMedia(NONSENSE)
    return told


def unpack_samples(pcm: bytearray) -> Samples:
    """A piece of a recording. Raises `DamagedMedia`, also where it is empty or longer than pieces are."""
    if len(pcm) % 2 or not 0 < len(pcm) <= PIECE_BYTES:
        raise DamagedMedia(NONSENSE)
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32_768)


def unpack_shot(header: dict[str, Any], payload: bytearray, sides: tuple[int, int], after_s: float = 0.0) -> Shot:
    """A shot of a video that begins at `after_s` or later; pixels are views of `payload`. Raises `DamagedMedia`.

    `sides`: how long those of its picture and of the one to read may be.
    """
    try:
        pixels = _Pixels(payload, 0)
        pictures = [pixels.next(size, side) for size, side in zip(header["sizes"], sides, strict=False)]
        start = _within(header["start_s"], max(0.0, after_s - ROUNDING_S), MOST_S)
        end = _within(header["end_s"], start + ROUNDING_S / 4, MOST_S)
        frame = _within(header["frame_s"], 0.0, end)
        number = int(_within(header["number"], 0, MOST_S))
        return Shot(number, start, end, frame, bool(header["blank"]), pictures[0], pictures[-1])
    except (KeyError, IndexError, ValueError, TypeError, OverflowError) as error:
        raise DamagedMedia(NONSENSE) from error


def unpack_sound(header: dict[str, Any], pcm: bytearray) -> SoundPiece:
    """A piece of the sound track of a video. Raises `DamagedMedia`."""
    try:
        return SoundPiece(_within(header["from_s"], -BESIDE_S, BESIDE_S), unpack_samples(pcm))
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise DamagedMedia(NONSENSE) from error


def _within(value: float, least: float, most: float) -> float:
    """A number from the one to the other. Raises `ValueError` and `OverflowError` for what is none."""
    if not least <= float(value) <= most:  # neither is what is no number at all
        raise ValueError(f"not from {least} to {most}")
    return float(value)


def unpack_seconds(told: Any) -> float:
    """A duration that a file declares; 0 for what is none."""
    return float(told) if isinstance(told, int | float) and 0 < told < MOST_S else 0.0


def _document(type_: str, payload: bytearray, header: dict[str, Any]) -> DecodedDocument:
    written, words = int(header["document"]), int(header["words"])
    if min(written, words) < 0 or written + words > len(payload) or written > MOST_WRITTEN:
        raise ValueError("no document")
    if payload.count(b"\n", written, written + words) > MOST_LINES:
        raise ValueError("more lines than are sent")
    fields = json.loads(payload[:written])
    lines = payload[written : written + words].decode().split("\n")[:-1]
    boxes = _boxes(payload, written + words, len(lines))
    placed = map(Line, lines, boxes)
    pixels = _Pixels(payload, written + words + BOX_BYTES * len(lines))
    pages = tuple(_page(page, placed, pixels) for page in fields["pages"])
    if next(placed, None) is not None:
        raise ValueError("a line of no page")
    outline = tuple(Heading(int(level), str(title), int(page)) for level, title, page in fields["outline"])
    return DecodedDocument(type_, pages, outline)


def _page(fields: dict[str, Any], placed: Iterator[Line], pixels: "_Pixels") -> Page:
    lines = tuple(islice(placed, count := int(fields["lines"])))
    if len(lines) < count:
        raise ValueError("fewer lines than there should be")
    pictures = tuple(
        PagePicture(pixels.next(size), None if box is None else _box(box)) for size, box in fields["pictures"]
    )
    return Page(int(fields["number"]), lines, pictures, sentence(str(fields["lost"]), MESSAGE_CHARS))


def _boxes(payload: bytearray, start: int, count: int) -> Iterator[Box]:
    """The boxes of lines. Raises `ValueError` for those that are no places on a page."""
    sides = np.frombuffer(payload, np.float32, SIDES * count, start).reshape(count, SIDES)
    if not ((sides >= 0) & (sides <= 1)).all() or not (sides[:, :2] <= sides[:, 2:]).all():
        raise ValueError("no box")
    return map(tuple, np.round(sides.astype(np.float64), BOX_DIGITS).tolist())


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

    def next(self, size: tuple[int, int], side: float = math.inf) -> Pixels:
        width, height = size
        if min(width, height) < 1 or max(width, height) > side:
            raise ValueError(f"a picture of {width} x {height} pixels")
        count = 3 * width * height
        pixels = np.frombuffer(self._payload, np.uint8, count, self._at).reshape(height, width, 3)
        self._at += count
        return pixels
