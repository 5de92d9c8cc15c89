"""Reading: the words that are written in a picture become segments beside the picture's own."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np

from workers.domain.decoded import DecodedDocument, DecodedImage, Pixels
from workers.domain.locator import Box, Locator
from workers.domain.media import ObjectRef
from workers.domain.segment import Segment, segment_id
from workers.errors import NoSuchPlace, Permanent
from workers.ingest.embed import KEPT_S
from workers.ingest.erase import Eraser
from workers.ingest.paragraphs import Paragraph, paragraphs
from workers.ingest.segment import pixels_digest
from workers.ports.bucket import Bucket
from workers.ports.cache import Cache
from workers.ports.decoder import Decoder
from workers.ports.reader import TextReader

DIGITS = 4
"""Of a box's fractions: a tenth of a pixel in a thousand."""
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class PictureReader:
    """Reads pictures of the bucket, and remembers what it read. `look_first`: only those that seem to have text."""

    reader: TextReader
    bucket: Bucket
    decoder: Decoder
    cache: Cache
    eraser: Eraser
    look_first: bool
    max_object_bytes: int

    def warm(self) -> None:
        """Load the models, which otherwise happens at the first picture with words. Raises `ModelUnavailable`."""
        self.reader.read(np.zeros((8, 8, 3), np.uint8))

    def paragraphs(self, ref: ObjectRef, pixels: Pixels, to_read: Pixels) -> tuple[Paragraph, ...]:
        """The paragraphs in a picture of the object that comes in two sizes, of which the smaller one is looked at.

        Raises as `segments` does.
        """
        if self.look_first and not self.reader.may_have_text(pixels):
            return ()
        key = f"reading:{self.reader.model}:{pixels_digest(to_read)}"
        self.eraser.note({ref: [key]})  # before it is kept, as below
        (known,) = self.cache.get_many([key])
        if known is not None:
            return _unpack(known)
        found = self._read(to_read, WHOLE)
        self.cache.put_many({key: _pack(found)}, ttl_s=KEPT_S)
        return found

    def segments(self, ref: ObjectRef, picture: Segment, image: DecodedImage) -> tuple[Segment, ...]:
        """A segment for each paragraph in the object's picture, numbered after `picture`, without vectors.

        They are the author's words, whoever spelt them out: not derived, and quoted in citations.
        Raises `ModelUnavailable` and `ServiceUnavailable`.
        """
        if self.look_first and not self.reader.may_have_text(image.pixels):
            return ()
        found = self._remembered(ref, picture, image)
        return tuple(_segment(ref, number, each) for number, each in enumerate(found, start=picture.ordinal + 1))

    def with_scanned_pages(
        self, ref: ObjectRef, segments: Sequence[Segment], document: DecodedDocument
    ) -> tuple[Segment, ...]:
        """The document's segments, and after the picture of each page without text those of the words in it.

        Such pages are read without a look first: nearly all of them are scans. Raises as `segments`.
        """
        scans = {page.number: shown for page in document.pages if not page.lines for shown in page.pictures[:1]}
        all_: list[Segment] = []
        for segment in segments:
            all_.append(segment)
            page = segment.locator.page
            if segment.modality == "image" and segment.locator.box is None and page in scans:
                found = self._remembered_page(ref, page, segment, scans[page].pixels)
                all_ += [replace(_segment(ref, 0, each, page), parent=segment.parent) for each in found]
        return tuple(replace(segment, ordinal=number) for number, segment in enumerate(all_))

    def _remembered_page(self, ref: ObjectRef, page: int, picture: Segment, pixels: Pixels) -> tuple[Paragraph, ...]:
        key = f"reading:{self.reader.model}:page:{picture.content_hash}"
        return self._kept(ref, key, lambda: self._larger_page(ref, page, pixels), pixels, WHOLE)

    def _remembered(self, ref: ObjectRef, picture: Segment, image: DecodedImage) -> tuple[Paragraph, ...]:
        # The size too: what is too small to be read in one original may be large enough in another.
        key = f"reading:{self.reader.model}:{image.width}x{image.height}:{picture.content_hash}"
        return self._kept(ref, key, lambda: self._larger(ref, image), image.pixels, image.visible)

    def _kept(
        self, ref: ObjectRef, key: str, enlarge: Callable[[], Pixels | None], pixels: Pixels, visible: Box
    ) -> tuple[Paragraph, ...]:
        """What is kept under `key`, or else is read now: in the larger picture, or where that is gone in `pixels`."""
        self.eraser.note({ref: [key]})  # before it is kept: what is kept without a note would outlive the object
        (known,) = self.cache.get_many([key])
        if known is not None:
            return _unpack(known)
        larger = enlarge()
        found = self._read(pixels if larger is None else larger, visible)
        if larger is not None:
            self.cache.put_many({key: _pack(found)}, ttl_s=KEPT_S)
        return found

    def _larger(self, ref: ObjectRef, image: DecodedImage) -> Pixels | None:
        """The picture as large as is good for reading: decoded once more where it was scaled down.

        None where it is gone, or another by now. The picture itself can be indexed, and the second look will say so;
        but what is read then must not be kept for this one.
        """
        if image.pixels.shape[1] >= image.width * (image.visible[2] - image.visible[0]) - 1:
            return image.pixels
        try:
            small = self.decoder.decode(data := self.bucket.read(ref, limit=self.max_object_bytes), key=ref.key)
            larger = self.decoder.decode(data, key=ref.key, to_read=True)
        except Permanent:
            return None
        return _if_same(small, larger, image.pixels)

    def _larger_page(self, ref: ObjectRef, page: int, pixels: Pixels) -> Pixels | None:
        """As `_larger`, of a page that looks like `pixels`."""
        try:
            data = self.bucket.read(ref, limit=self.max_object_bytes)
            small = self.decoder.decode(data, key=ref.key, page=page)
            larger = self.decoder.decode(data, key=ref.key, page=page, to_read=True)
        except (Permanent, NoSuchPlace):
            return None
        return _if_same(small, larger, pixels)

    def _read(self, pixels: Pixels, visible: Box) -> tuple[Paragraph, ...]:
        found = paragraphs(self.reader.read(pixels), pixels.shape[1], pixels.shape[0])
        return tuple(Paragraph(each.text, _within(visible, each.box)) for each in found)


def _if_same(small: object, larger: object, pixels: Pixels) -> Pixels | None:
    """The larger picture, if the small one is that of `pixels`."""
    same = isinstance(small, DecodedImage) and np.array_equal(small.pixels, pixels)
    return larger.pixels if same and isinstance(larger, DecodedImage) else None


def _within(outer: Box, box: Box) -> Box:
    """`box`, in fractions of `outer`, in fractions of what that is a part of."""
    width, height = outer[2] - outer[0], outer[3] - outer[1]
    return (
        round(outer[0] + box[0] * width, DIGITS),
        round(outer[1] + box[1] * height, DIGITS),
        round(outer[0] + box[2] * width, DIGITS),
        round(outer[1] + box[3] * height, DIGITS),
    )


def _segment(ref: ObjectRef, ordinal: int, paragraph: Paragraph, page: int | None = None) -> Segment:
    locator = Locator(page=page, box=paragraph.box)
    return Segment(
        id=segment_id(ref, "text", locator),
        ordinal=ordinal,
        modality="text",
        locator=locator,
        text=paragraph.text,
        content_hash=sha256(paragraph.text.encode(errors="surrogatepass")).hexdigest(),
    )


def _pack(found: Sequence[Paragraph]) -> bytes:
    return json.dumps([[each.text, each.box] for each in found]).encode()


def _unpack(value: bytes) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(text, (x0, y0, x1, y1)) for text, (x0, y0, x1, y1) in json.loads(value))
