"""Reading: the words that are written in a picture become segments beside the picture's own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from workers.domain.decoded import DecodedImage, Pixels
from workers.domain.locator import Box, Locator
from workers.domain.media import ObjectRef
from workers.domain.segment import Segment, segment_id
from workers.errors import Permanent
from workers.ingest.embed import KEPT_S
from workers.ingest.erase import Eraser
from workers.ingest.paragraphs import Paragraph, paragraphs
from workers.ports.bucket import Bucket
from workers.ports.cache import Cache
from workers.ports.decoder import Decoder
from workers.ports.reader import TextReader

DIGITS = 4
"""Of a box's fractions: a tenth of a pixel in a thousand."""


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

    def paragraphs(self, pixels: Pixels, to_read: Pixels) -> tuple[Paragraph, ...]:
        """The paragraphs in a picture that comes in two sizes: none where there seem to be none in the smaller one."""
        if self.look_first and not self.reader.may_have_text(pixels):
            return ()
        return paragraphs(self.reader.read(to_read), to_read.shape[1], to_read.shape[0])

    def segments(self, ref: ObjectRef, picture: Segment, image: DecodedImage) -> tuple[Segment, ...]:
        """A segment for each paragraph in the object's picture, numbered after `picture`, without vectors.

        They are the author's words, whoever spelt them out: not derived, and quoted in citations.
        Raises `ModelUnavailable` and `ServiceUnavailable`.
        """
        if self.look_first and not self.reader.may_have_text(image.pixels):
            return ()
        found = self._remembered(ref, picture, image)
        return tuple(_segment(ref, number, each) for number, each in enumerate(found, start=picture.ordinal + 1))

    def _remembered(self, ref: ObjectRef, picture: Segment, image: DecodedImage) -> tuple[Paragraph, ...]:
        # The size too: what is too small to be read in one original may be large enough in another.
        key = f"reading:{self.reader.model}:{image.width}x{image.height}:{picture.content_hash}"
        self.eraser.note({ref: [key]})  # before it is kept: what is kept without a note would outlive the object
        (known,) = self.cache.get_many([key])
        if known is not None:
            return _unpack(known)
        larger = self._larger(ref, image)
        found = self._read(image.pixels if larger is None else larger, image.visible)
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
        same = isinstance(small, DecodedImage) and np.array_equal(small.pixels, image.pixels)
        return larger.pixels if same and isinstance(larger, DecodedImage) else None

    def _read(self, pixels: Pixels, visible: Box) -> tuple[Paragraph, ...]:
        found = paragraphs(self.reader.read(pixels), pixels.shape[1], pixels.shape[0])
        return tuple(Paragraph(each.text, _within(visible, each.box)) for each in found)


def _within(outer: Box, box: Box) -> Box:
    """`box`, in fractions of `outer`, in fractions of what that is a part of."""
    width, height = outer[2] - outer[0], outer[3] - outer[1]
    return (
        round(outer[0] + box[0] * width, DIGITS),
        round(outer[1] + box[1] * height, DIGITS),
        round(outer[0] + box[2] * width, DIGITS),
        round(outer[1] + box[3] * height, DIGITS),
    )


def _segment(ref: ObjectRef, ordinal: int, paragraph: Paragraph) -> Segment:
    locator = Locator(box=paragraph.box)
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
