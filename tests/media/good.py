"""A small sound file of every kind that is indexed, by its extension. The corpus of hostile files is made from these.

To add a kind, add how a file of it is made, and in `hostile.MARKS` where its structure begins.
"""

import json
from collections.abc import Callable
from functools import cache
from itertools import chain

from documents import EVERY_KIND, picture

from media.pdf_writer import HEIGHT, WIDTH, Page, image, lines, pdf, text
from media.pdf_writer import picture as figure
from tests import clips, moving, recordings

NOTE = "The keeper of the light feeds the seals each morning.\nThe ferry leaves at nine.\n"


def _pdf() -> bytes:
    red = (220, 30, 30)
    return pdf(
        [
            Page(lines(60, 80, ["The keeper feeds the seals.", "He does so every morning."])),
            Page(text(60, 60, "A figure:") + figure(150, 200, 300, 200), image=image(30, 20, red)),
            Page(figure(0, 0, WIDTH, HEIGHT), image=image(60, 80, red)),
        ],
        outline=[(0, "Seals", 1), (1, "A figure", 2)],
    )


def _video(name: str) -> bytes:
    """Two shots of a second, with a tone."""
    shots = [clips.still(clips.photograph(photo, clips.SIZE), 1, rate=5) for photo in (clips.LEMUR, clips.MACAW)]
    return clips.encoded(chain(*shots), name, rate=5, sound=recordings.tone(2, rate=48_000))


TEXTS: dict[str, Callable[[], bytes]] = {
    "txt": NOTE.encode,
    "md": f"# The light\n\n{NOTE}\n- seals\n- ferry\n".encode,
    "html": f"<!DOCTYPE html><title>Light</title><main><h1>The light</h1><p>{NOTE}</main>".encode,
    "json": lambda: json.dumps({"seals": [{"name": "Ann", "fed": True}], "note": NOTE}).encode(),
    "csv": lambda: b"name,fed\nAnn,yes\nBen,no\n",
}
PICTURES = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "bmp": "BMP"}
"""Extension -> Pillow's name of the format."""
MOVING = {"gif": "GIF", "apng": "PNG"}
"""The same of those that are here as animations."""


def _scan() -> bytes:
    """Two pages, as a fax machine writes them."""
    pages = [page.convert("1") for page in moving.slides(2)]
    return moving.animated(pages, "TIFF", compression="group4")


GOOD: dict[str, Callable[[], bytes]] = {
    **TEXTS,
    **{extension: lambda codec=codec: picture(codec) for extension, codec in PICTURES.items()},
    **{extension: lambda codec=codec: moving.animated(moving.slides(3), codec) for extension, codec in MOVING.items()},
    "tiff": _scan,
    **EVERY_KIND,
    "pdf": _pdf,
    **{name.rpartition(".")[2]: lambda name=name: recordings.recorded(name, 0.5) for name in recordings.FORMATS},
    **{name.rpartition(".")[2]: lambda name=name: _video(name) for name in clips.FORMATS},
}


@cache
def good(kind: str) -> bytes:
    """The file of this kind; the same one every time."""
    return GOOD[kind]()
