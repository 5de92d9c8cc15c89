"""What a decoding process sends is what comes out in the worker, and nonsense is damaged media."""

import json
import math
from array import array
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from workers.adapters.decoders import packing, unpacking
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.packing import pack
from workers.adapters.decoders.results import Document, Heading, Line, Page, PagePicture, Result
from workers.adapters.decoders.unpacking import unpack, unpack_excerpt
from workers.domain.decoded import DecodedDocument
from workers.errors import DamagedMedia, MediaTooLarge

BOX = (0.1, 0.2, 0.3, 0.4)
DOCUMENT = Document(
    "application/pdf",
    (
        Page(1, (Line("Käse 🧀", BOX), Line("a | b", BOX)), (PagePicture(bytes(range(6)), (2, 1)),)),
        Page(2, lost="it cannot be loaded"),
        Page(3, pictures=(PagePicture(memoryview(b"abc"), (1, 1), BOX), PagePicture(b"def", (1, 1), BOX))),
    ),
    (Heading(0, "One", 1),),
)


def sent(result: Result, limits: DecodeLimits = DecodeLimits()) -> tuple[dict[str, Any], bytearray]:  # noqa: B008
    header, parts = pack(result, limits)
    return json.loads(json.dumps(header)), bytearray(b"".join(parts))


def pages(*pages: dict[str, Any], words: bytes = b"", boxes: Sequence[float] = ()) -> tuple[dict[str, Any], bytes]:
    """The frame of a document with these pages and lines."""
    written = json.dumps({"pages": pages, "outline": []}).encode()
    header = {"media_type": "a/b", "document": len(written), "words": len(words)}
    return header, written + words + array("f", boxes).tobytes()


def lined(count: Any, words: bytes, *box: float) -> tuple[dict[str, Any], bytes]:
    """The frame of a document with one page, which should have so many lines."""
    return pages({"number": 1, "lines": count, "pictures": [], "lost": ""}, words=words, boxes=box)


def test_a_document_comes_out_as_it_was_sent() -> None:
    document = unpack(*sent(DOCUMENT))
    assert isinstance(document, DecodedDocument)
    assert [asdict(entry) for entry in document.outline] == [asdict(entry) for entry in DOCUMENT.outline]
    assert [(page.number, page.lost) for page in document.pages] == [(1, ""), (2, "it cannot be loaded"), (3, "")]
    assert [tuple(line) for line in document.pages[0].lines] == [tuple(line) for line in DOCUMENT.pages[0].lines]
    pictures = [picture for page in document.pages for picture in page.pictures]
    assert [picture.box for picture in pictures] == [None, BOX, BOX]
    assert [picture.pixels.tolist() for picture in pictures] == [
        [[[0, 1, 2], [3, 4, 5]]],
        [[[97, 98, 99]]],
        [[[100, 101, 102]]],
    ]


def test_the_pixels_are_those_that_were_received_and_no_copy() -> None:
    header, payload = sent(DOCUMENT)
    document = unpack(header, payload)
    assert isinstance(document, DecodedDocument)
    last = document.pages[2].pictures[1].pixels
    last[0, 0, 2] = 7
    assert payload[-1] == 7
    assert np.shares_memory(last, np.frombuffer(payload, np.uint8))


def test_lines_that_do_not_fit_into_a_reply_are_too_large() -> None:
    with pytest.raises(MediaTooLarge, match="too many lines"):
        pack(DOCUMENT, DecodeLimits(max_text_chars=20))


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        ({}, b""),
        ({"document": 2}, b"{}"),
        ({"media_type": "a/b", "document": 2}, b"{}"),
        ({"media_type": "a/b", "document": 1, "words": 0}, b"{}"),
        ({"media_type": "a/b", "document": 2, "words": 0}, b"{}"),
        ({"media_type": "a/b", "document": 2, "words": -1}, b"{}"),
        ({"media_type": "a/b", "document": -1, "words": 2}, b"{}"),
        ({"media_type": "a/b", "document": 2, "words": 10**20}, b"{}"),
        ({"media_type": "a/b", "document": 30, "words": 0}, b'{"pages": [5], "outline": []} '),
        ({"media_type": "a/b", "document": 20_000, "words": 0}, b"[" * 20_000),
        ({"media_type": "a/b", "document": "x", "words": 0}, b"{}"),
        ({"media_type": "a/b", "size": [2, 2], "original": [2, 2]}, b"too short"),
        ({"media_type": "a/b", "size": [-1, 1], "original": [2, 2]}, b"abc"),
        ({"media_type": "a/b", "size": [10**20, 10**20], "original": [2, 2]}, b"abc"),
        pages({"number": math.inf, "lines": 0, "pictures": [], "lost": ""}),
        lined(["a"], b"a\n", 0, 0, 1, 1),
        lined(2, b"a\n", 0, 0, 1, 1),
        lined(-1, b"a\n", 0, 0, 1, 1),
        lined(0, b"a\n", 0, 0, 1, 1),
        lined(1, b"\xff\n", 0, 0, 1, 1),
        lined(1, b"a\n", 0, 0, 1),
        lined(1, b"a\n", math.nan, 0, 1, 1),
        lined(1, b"a\n", 0, 0, 5, 1),
        lined(1, b"a\n", -0.5, 0, 1, 1),
        lined(1, b"a\n", 0.5, 0, 0.4, 1),
        ({"media_type": "a/b", "text": True, "markup": "plain"}, b"\xff"),
        ({"media_type": "text/\ud800", "text": True, "markup": "plain"}, b"a"),
        ({"media_type": ["text/plain"], "text": True, "markup": "plain"}, b"a"),
    ],
)
def test_nonsense_is_damaged_media(header: dict[str, Any], payload: bytes) -> None:
    with pytest.raises(DamagedMedia, match="nonsense"):
        unpack(header, bytearray(payload))


def test_more_lines_than_a_document_may_have_are_neither_sent_nor_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    header, payload = sent(DOCUMENT)
    for module in (packing, unpacking):
        monkeypatch.setattr(module, "MOST_LINES", 1)
    with pytest.raises(MediaTooLarge, match="too many lines"):
        pack(DOCUMENT, DecodeLimits())
    with pytest.raises(DamagedMedia, match="nonsense"):
        unpack(header, payload)


def test_more_told_of_pages_than_a_document_may_have_is_neither_sent_nor_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    header, payload = sent(DOCUMENT)
    for module in (packing, unpacking):
        monkeypatch.setattr(module, "MOST_WRITTEN", 100)
    with pytest.raises(MediaTooLarge, match="too many pages, pictures and headings"):
        pack(DOCUMENT, DecodeLimits())
    with pytest.raises(DamagedMedia, match="nonsense"):
        unpack(header, payload)


@pytest.mark.parametrize("clip", [[16_000, -math.inf], [16_000], [0, 1], ["x", 1], None, [16_000, 300]])
def test_a_clip_that_is_nonsense_is_damaged_media(clip: Any) -> None:
    with pytest.raises(DamagedMedia, match="nonsense"):
        unpack_excerpt({"clip": clip}, bytearray(b"ab"))
