"""Segmentation: decoded content becomes the pieces that are embedded and cited."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby

import numpy as np

from workers.domain.decoded import Decoded, DecodedDocument, DecodedImage, DecodedText, Pixels
from workers.domain.locator import Locator
from workers.domain.media import ObjectRef
from workers.domain.segment import Modality, Segment, parent_id, segment_id
from workers.errors import EmptyMedia
from workers.ingest.document import Passage, passages_of
from workers.ports.splitter import Splitter


@dataclass(frozen=True, slots=True)
class Segmented:
    """The segments of one object, in order, without vectors; and its pictures by the content hash of their segments."""

    segments: tuple[Segment, ...]
    pictures: Mapping[str, Pixels] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What becomes a segment: words, or a picture, whose words come from the encoder later."""

    locator: Locator
    content: str | Pixels
    within: str = ""
    """The name of the section or page that it is a part of; empty where it is a part of the object alone."""


def segments_of(ref: ObjectRef, decoded: Decoded, splitter: Splitter) -> Segmented:
    """The segments of one object. A picture is one segment of the whole object. Raises `EmptyMedia`."""
    segments: list[Segment] = []
    pictures: dict[str, Pixels] = {}
    met: Counter[tuple[Modality, Locator]] = Counter()
    for ordinal, piece in enumerate(_pieces(decoded, splitter)):
        modality: Modality = "text" if isinstance(piece.content, str) else "image"
        # Two passages of one long line have the same place.
        id_ = segment_id(ref, modality, piece.locator, met[modality, piece.locator])
        met[modality, piece.locator] += 1
        if isinstance(piece.content, str):
            text, digest = piece.content, sha256(piece.content.encode(errors="surrogatepass")).hexdigest()
        else:
            text, digest = "", pixels_digest(piece.content)
            pictures[digest] = piece.content
        parent = parent_id(ref, piece.within) if piece.within else ""
        segments.append(Segment(id_, ordinal, modality, piece.locator, text, digest, parent=parent))
    if not segments:
        raise EmptyMedia(f"{ref.key} has no text in it")
    return Segmented(tuple(segments), pictures)


def _pieces(decoded: Decoded, splitter: Splitter) -> Iterator[_Piece]:
    match decoded:
        case DecodedImage():
            yield _Piece(Locator(), decoded.pixels)
        case DecodedText():
            for start, end in splitter.split(decoded):
                yield _Piece(Locator(chars=(start, end)), decoded.text[start:end])
        case DecodedDocument():
            yield from _pieces_of_pages(decoded, splitter)


def _pieces_of_pages(document: DecodedDocument, splitter: Splitter) -> Iterator[_Piece]:
    """Page by page: its passages, then the page as it looks and its figures."""
    passages = groupby(passages_of(document, splitter), key=lambda passage: passage.locator.page)
    of_page = {number: [_passage(one) for one in group] for number, group in passages}
    for page in document.pages:
        yield from of_page.get(page.number, ())
        for picture in page.pictures:
            yield _Piece(Locator(page=page.number, box=picture.box), picture.pixels, f"page {page.number}")


def _passage(passage: Passage) -> _Piece:
    within = f"section {passage.section}" if passage.section else f"page {passage.locator.page}"
    return _Piece(passage.locator, passage.text, within)


def pixels_digest(pixels: Pixels) -> str:
    """SHA-256 of a picture's size and content."""
    digest = sha256(f"{pixels.shape[0]}x{pixels.shape[1]}:".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()
