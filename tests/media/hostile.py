"""The corpus of hostile and broken files: sound ones of every kind spoilt in every way, and those of `crafted`.

The same files every time. `PYTHONPATH=tests:. python -m media DIR` writes them into a folder.
"""

import random
import re
from collections.abc import Iterator
from typing import NamedTuple

from media.crafted import CRAFTED
from media.good import GOOD, good

_ISO = rb"ftyp|meta|iloc|ipma|mdat|moov|trak|stsz|hvcC|av1C"
MARKS = {
    "jpg": rb"\xff[\xc0\xc4\xda\xdb\xdd\xd9\xe0]",
    "png": rb"IHDR|IDAT|IEND",
    "apng": rb"IHDR|acTL|fcTL|IDAT|fdAT|IEND",
    "webp": rb"WEBP|VP8",
    "gif": rb"\x21\xf9|\x2c\0",
    "pdf": rb"obj|stream|xref|trailer|startxref",
    "wav": rb"fmt |data",
    "avi": rb"avih|strh|strf|movi|00dc|01wb|idx1",
    **dict.fromkeys(("mkv", "webm"), rb"\x15\x49\xa9\x66|\x16\x54\xae\x6b|\x1f\x43\xb6\x75|\x1c\x53\xbb\x6b|\xa3"),
    "flac": rb"fLaC|\xff\xf8",
    "mp3": rb"\xff\xfb",
    **dict.fromkeys(("opus", "ogg"), rb"OggS|OpusHead|OpusTags|vorbis"),
    **dict.fromkeys(("heic", "avif", "m4a", "mp4", "mov"), _ISO),
    **dict.fromkeys(("docx", "pptx", "xlsx", "epub", "odt"), rb"PK\x03\x04|PK\x01\x02|PK\x05\x06"),
    **dict.fromkeys(("html", "svg", "md", "txt", "csv", "json", "eml"), rb"[<\n{:]"),
}
"""Where a part of a kind's structure begins; kinds without them are cut into eighths."""

CUTS = 10
"""Places at which each kind is cut off, one in the middle of its structure and one right after it by turns."""
FLIPS = 4
SWAPS = 2
EDGES = (1, 4, 12, 24)
"""Bytes that are left of a file that is nearly nothing."""


class HostileFile(NamedTuple):
    """A file to be uploaded under this name."""

    name: str
    data: bytes


def corpus() -> Iterator[HostileFile]:
    """All files, those that were made from one kind together."""
    for kind in GOOD:
        yield from spoilt(kind)
    yield from (HostileFile(name, make()) for name, make in CRAFTED.items())


def spoilt(kind: str) -> Iterator[HostileFile]:
    """The sound file of this kind truncated, with single bits flipped, and with the head of another kind."""
    sound, dice = good(kind), random.Random(f"corpus {kind}")
    for end in sorted({*_cuts(sound, kind), *(edge for edge in EDGES if edge < len(sound)), len(sound) - 1}):
        yield HostileFile(f"{kind}-cut-{end}.{kind}", sound[:end])
    for number in range(FLIPS):
        at = dice.randrange(min(len(sound), 64) if number % 2 else len(sound))
        flipped = bytes([sound[at] ^ 1 << dice.randrange(8)])
        yield HostileFile(f"{kind}-flip-{number}.{kind}", sound[:at] + flipped + sound[at + 1 :])
    for other in dice.sample([each for each in GOOD if each != kind], SWAPS):
        yield HostileFile(f"{kind}-headed-{other}.{kind}", good(other)[:16] + sound[16:])


def _cuts(sound: bytes, kind: str) -> list[int]:
    found = [place.end() for place in re.finditer(MARKS[kind], sound)] if kind in MARKS else []
    places = found or [len(sound) * part // 8 for part in range(1, 8)]
    step = max(1, len(places) // CUTS)
    return [place + 3 * (number % 2) for number, place in enumerate(places[::step][:CUTS]) if place + 3 < len(sound)]
