"""Encoding: a question in words, with a picture, or both becomes the vectors and words that retrieval looks for."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from schemas.questions import MediaRef, QueryRequested
from workers.answer.asked import MARGIN_S, Asked
from workers.domain.decoded import Decoded, DecodedImage, DecodedText, Pixels
from workers.domain.media import ObjectRef
from workers.domain.recording import Recording
from workers.domain.segment import Vector
from workers.domain.video import Shot, Video
from workers.errors import BadQuestion, WorkLost
from workers.ports.bucket import Bucket
from workers.ports.cache import Cache
from workers.ports.decoder import Decoder
from workers.ports.encoders import ImageEncoder, ImageReading, TextEncoder

KEPT_S = 24 * 3600 + MARGIN_S
"""As long as the longest deadline."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """What to look for: vectors by space, words for keyword search, and what the question's picture shows."""

    text_vectors: Sequence[Vector]
    image_vectors: Sequence[Vector]
    words: str
    seen: str = ""

    def to_bytes(self) -> bytes:
        """For the cache: a line of JSON, then the vectors one after the other."""
        head = {
            "text": len(self.text_vectors),
            "image": [len(vector) for vector in self.image_vectors],
            "words": self.words,
            "seen": self.seen,
        }
        vectors = np.concatenate([np.empty(0), *self.text_vectors, *self.image_vectors]).astype("<f4")
        return json.dumps(head).encode() + b"\n" + vectors.tobytes()

    @classmethod
    def from_bytes(cls, value: bytes) -> "Encoded":
        """The inverse of `to_bytes`."""
        line, _, body = value.partition(b"\n")
        head = json.loads(line)
        flat = np.frombuffer(body, dtype="<f4").astype(np.float32)
        image_part = sum(head["image"])
        texts = flat[: len(flat) - image_part]
        images = flat[len(flat) - image_part :]
        return cls(
            text_vectors=np.split(texts, head["text"]) if head["text"] else [],
            image_vectors=np.split(images, len(head["image"])) if head["image"] else [],
            words=head["words"],
            seen=head["seen"],
        )


class EncodedQuestions:
    """Encoded questions by request id, in the shared cache: tasks carry ids, not vectors."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def put(self, request_id: str, encoded: Encoded) -> None:
        """Keep it for the steps that follow."""
        self._cache.put_many({f"encoded:{request_id}": encoded.to_bytes()}, ttl_s=KEPT_S)

    def get(self, request_id: str) -> Encoded:
        """Raises `WorkLost` when the cache has lost it."""
        (found,) = self._cache.get_many([f"encoded:{request_id}"])
        if found is None:
            raise WorkLost(f"the encoded question {request_id} is no longer in the cache")
        return Encoded.from_bytes(found)


@dataclass(frozen=True, slots=True)
class QuestionEncoder:
    """Encodes questions. `buckets` are those that a question may refer to a picture in.

    Without `keep_taken` the index has neither times nor places of pictures: whoever asks for them is told so.
    """

    text: TextEncoder
    image: ImageEncoder
    bucket: Bucket
    decoder: Decoder
    buckets: Sequence[str]
    max_object_bytes: int
    keep_taken: bool = True
    _one_at_a_time: Lock = field(default_factory=Lock)
    """The decoder is not safe to call from several threads."""

    def warm(self) -> None:
        """Load both models. Raises `ModelUnavailable`."""
        self.text.encode(["warm"])
        self.image.read([np.zeros((8, 8, 3), np.uint8)])

    def encode(self, asked: Asked) -> Encoded:
        """What to look for. Raises the decoder's errors for a bad picture, and `BadQuestion`."""
        query = asked.query
        if query.audio is not None:
            raise BadQuestion("questions by sound are not supported by this version; ask in words or with a picture")
        if query.filters.by_taking and not self.keep_taken:
            raise BadQuestion("this installation keeps no time and place of pictures (setting read_exif); ask without")
        reading = self._read(query.image) if query.image is not None else None
        return self._encoded(query, reading)

    def _encoded(self, query: QueryRequested, reading: ImageReading | None) -> Encoded:
        seen = reading.tags[0].name if reading is not None and reading.tags else ""
        words = " ".join(part for part in (query.text, seen) if part)
        text_vectors = list(self.text.encode([words])) if words else []
        if reading is None:
            # One pass of the text model where words and pictures share its space.
            shared = self.image.text_space == self.text.space.id
            image_vectors = text_vectors[:1] if shared else list(self.image.encode_texts([words]))
        else:
            image_vectors = [reading.vector]
            if self.image.text_space == self.text.space.id:
                text_vectors.append(reading.vector)
        return Encoded(text_vectors, image_vectors, words, seen)

    def _read(self, image: MediaRef) -> ImageReading:
        data = image.inline_bytes()
        if data is None:
            assert image.bucket is not None
            assert image.key is not None
            if image.bucket not in self.buckets:
                raise BadQuestion(
                    f"the question's picture is in bucket {image.bucket!r}; allowed: {list(self.buckets)}"
                )
            data = self.bucket.read(ObjectRef(image.bucket, image.key), limit=self.max_object_bytes)
        with self._one_at_a_time:
            decoded = self.decoder.decode(data, key=image.key or "")
            pixels = _pixels(decoded)
        return self.image.read([pixels])[0]


def _pixels(decoded: Decoded | Recording | Video) -> Pixels:
    """The picture; of one that moves the distinct frame nearest to its middle, of one with pages the first of them.

    Raises `BadQuestion`, and what decoding raises.
    """
    if isinstance(decoded, DecodedImage):
        return decoded.pixels
    if isinstance(decoded, DecodedText | Recording) or not decoded.media_type.startswith("image/"):
        raise BadQuestion(f"the question's image is no picture but {decoded.media_type}")
    if isinstance(decoded, Video):
        shots = (part for part in decoded.parts if isinstance(part, Shot))
        middle = min(shots, key=lambda shot: abs(shot.frame_s - decoded.declared_s / 2), default=None)
        shown = [] if middle is None else [middle.pixels]
    else:
        shown = [picture.pixels for page in decoded.pages for picture in page.pictures]
    if not shown:
        raise BadQuestion("the question's image shows nothing")
    return shown[0]
