"""Embedding: a vector for every segment of a batch, in full encoder batches; the same content is encoded once."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from workers.domain.decoded import Pixels, Tag
from workers.domain.locator import Locator
from workers.domain.segment import Segment, Space
from workers.ingest.segment import Segmented
from workers.ports.cache import Cache
from workers.ports.encoders import ImageEncoder, ImageReading, TextEncoder

KEPT_S = 7 * 24 * 3600
"""How long an embedding is kept for content that comes again."""
Content = TypeVar("Content")

SURE_ENOUGH = 0.2
"""Least probability of a class that is written into the segment's text; see docs/decisions/003-photo-captions.md."""


@dataclass(frozen=True, slots=True)
class Embedder:
    """The two encoders and the cache of what they have encoded before."""

    text: TextEncoder
    image: ImageEncoder
    cache: Cache

    def embed(self, work: Sequence[Segmented]) -> list[tuple[Segment, ...]]:
        """The segments of each object with their vectors.

        Vectors that a segment has already, as sounds and videos have, stay; what models wrote of it is no text of it.
        """
        segments = [s for each in work for s in each.segments if _is_text(s)]
        texts = {s.content_hash: s.text for s in segments}
        pictures = {digest: pixels for each in work for digest, pixels in each.pictures.items()}
        readings = {
            **self._remembered(self.text.space, texts, self._read_texts),
            **self._remembered(self.image.space, pictures, self._read_pictures),
        }
        return [
            tuple(
                self._complete(s, readings[s.content_hash]) if s.content_hash in readings else s for s in each.segments
            )
            for each in work
        ]

    def kept_under(self, segment: Segment) -> str:
        """The key of the cache under which the segment's embedding is kept."""
        space = self.image.space if segment.modality == "image" else self.text.space
        return _kept_under(space, segment.content_hash)

    def warm(self) -> None:
        """Load both models, which otherwise happens at the first object. Raises `ModelUnavailable`."""
        self.text.encode(["warm"])
        self.image.read([np.zeros((8, 8, 3), np.uint8)])

    def _complete(self, segment: Segment, reading: ImageReading) -> Segment:
        if segment.modality != "image":
            return replace(segment, vectors={**segment.vectors, self.text.space.id: reading.vector})
        text = "" if _is_page(segment.locator) else caption(reading.tags)
        return replace(segment, vectors={self.image.space.id: reading.vector}, text=text, derived=bool(text))

    def _read_texts(self, texts: Sequence[str]) -> Sequence[ImageReading]:
        return [ImageReading(row) for row in self.text.encode(texts)]

    def _read_pictures(self, pictures: Sequence[Pixels]) -> Sequence[ImageReading]:
        return self.image.read(pictures)

    def _remembered(
        self,
        space: Space,
        contents: Mapping[str, Content],
        read: Callable[[Sequence[Content]], Sequence[ImageReading]],
    ) -> dict[str, ImageReading]:
        """Content hash -> reading, from the cache where it is known, from the encoder otherwise."""
        keys = {digest: _kept_under(space, digest) for digest in contents}
        cached = zip(contents, self.cache.get_many(list(keys.values())), strict=True)
        known = {digest: _unpack(value) for digest, value in cached if value is not None}
        missing = [digest for digest in contents if digest not in known]
        if missing:
            new = dict(zip(missing, read([contents[digest] for digest in missing]), strict=True))
            self.cache.put_many({keys[d]: _pack(reading) for d, reading in new.items()}, ttl_s=KEPT_S)
            known |= new
        return known


def caption(tags: Sequence[Tag]) -> str:
    """What a generator and the keyword index are told of a picture; empty when the classifier is not sure."""
    return f"Photo of: {tags[0].name}" if tags and tags[0].probability >= SURE_ENOUGH else ""


def _is_text(segment: Segment) -> bool:
    """Whether there are words of an author's in it, which are embedded as a passage."""
    return segment.modality != "image" and bool(segment.text) and not segment.derived


def _is_page(locator: Locator) -> bool:
    """Whether this is a page as it looks, which is no photo of anything."""
    return locator.page is not None and locator.box is None


def _kept_under(space: Space, content_hash: str) -> str:
    return f"embedding:{space.id}:{space.model}:{content_hash}"


def _pack(reading: ImageReading) -> bytes:
    tags = json.dumps([[tag.name, tag.probability] for tag in reading.tags]).encode()
    return len(tags).to_bytes(4) + tags + np.asarray(reading.vector, dtype="<f4").tobytes()


def _unpack(value: bytes) -> ImageReading:
    size = int.from_bytes(value[:4])
    tags = tuple(Tag(name, probability) for name, probability in json.loads(value[4 : 4 + size]))
    return ImageReading(np.frombuffer(value[4 + size :], dtype="<f4").astype(np.float32), tags)
