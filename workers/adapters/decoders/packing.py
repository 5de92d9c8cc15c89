"""From a result to the frame that carries it, in the child process: a header, and bytes in parts that are not copied.

A document is a JSON object of its pages, after it the lines of all of them, each with a line feed behind it, their
boxes, and then the pixels of its pictures, in order. A box is four floats of 32 bits: written as JSON they would take
longer than the words. `unpacking` is the inverse, in the worker.
"""

import json
from array import array
from itertools import chain
from typing import Any

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import Alive, Clip, Document, Page, Part, Reel, Result, Shot, Sound, Text
from workers.errors import MediaTooLarge

Packed = tuple[dict[str, Any], tuple[bytes | memoryview, ...]]
"""A frame's header and the parts of its payload."""
SIDES, BOX_BYTES = 4, 16
"""Numbers of a box, and what they take."""
MOST_LINES, MOST_WRITTEN = 1_000_000, 16 * 2**20
"""Lines of a document, and bytes of what is told of its pages: the worker needs a few hundred bytes for each line."""
BOX_DIGITS = 4
"""Of the fractions of a page's width or height: a tenth of a point of A4, a hundredth of what a reader sees."""


def pack(result: Result | Clip | Reel, limits: DecodeLimits) -> Packed:
    """The frame of a result. Raises `MediaTooLarge` where the lines of a document do not fit into a reply."""
    if isinstance(result, Text):
        header = {"text": True, "media_type": result.media_type, "markup": result.markup}
        return header, (result.text.encode("utf-8", errors="replace"),)
    if isinstance(result, Document):
        return _document(result, limits)
    if isinstance(result, Reel):
        return {"reel": result.media_type}, (result.data,)
    if isinstance(result, Clip):
        return {"clip": [result.rate, result.channels]}, (result.pcm,)
    header = {"size": result.size, "original": result.original, "visible": result.visible}
    header["taken"] = [result.taken.at, result.taken.place]
    return {"media_type": result.media_type, **header}, (result.pixels,)


def pack_part(part: Part) -> Packed:
    """The frame of a part of a recording or video. `more`: another one follows."""
    header: dict[str, Any] = {"part": type(part).__name__.lower(), "more": True}
    header |= {"media_type": part.media_type, "declared_s": part.declared_s}
    match part:
        case Sound():
            return {**header, "from_s": part.from_s}, (part.pcm,)
        case Shot():
            times = {"number": part.number, "start_s": part.start_s, "end_s": part.end_s, "frame_s": part.frame_s}
            pictures = [part.frame] if part.to_read is None else [part.frame, part.to_read]
            sizes = [picture.size for picture in pictures]
            return {**header, **times, "blank": part.blank, "sizes": sizes}, tuple(each.pixels for each in pictures)
        case Alive():
            return header, ()


def _document(document: Document, limits: DecodeLimits) -> Packed:
    fields = {
        "pages": [_page(page) for page in document.pages],
        "outline": [[heading.level, heading.title, heading.page] for heading in document.outline],
    }
    written = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", errors="replace")
    lines = [line for page in document.pages for line in page.lines]
    words = "".join([f"{line.text}\n" for line in lines]).encode("utf-8", errors="replace")
    boxes = array("f", chain.from_iterable([line.box for line in lines])).tobytes()
    if len(lines) > MOST_LINES or len(written) + len(words) + len(boxes) > 4 * limits.max_text_chars:
        raise MediaTooLarge("the document has too many lines")
    if len(written) > MOST_WRITTEN:
        raise MediaTooLarge("the document has too many pages, pictures and headings")
    header = {"media_type": document.media_type, "document": len(written), "words": len(words)}
    pixels = (picture.pixels for page in document.pages for picture in page.pictures)
    return header, (written, words, boxes, *pixels)


def _page(page: Page) -> dict[str, Any]:
    return {
        "number": page.number,
        "lines": len(page.lines),
        "pictures": [[picture.size, picture.box] for picture in page.pictures],
        "lost": page.lost,
    }
