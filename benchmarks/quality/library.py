"""The system in one process: the ingest flow and the answer's steps up to fusion, over a bucket and a cache in memory.

Encoders, decoder, index, retrievers and fusion are those that workers have; what is left out is how work gets to them.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Self, cast

import numpy as np

from omnibus.composition import SEGMENT_TOKENS, decoder_of
from omnibus.profiles import FLOORS, Models
from omnibus.settings import Settings
from schemas.questions import MediaRef, Modality, QueryFilters, QueryRequested
from tests.fakes.bucket import DictBucket
from tests.fakes.cache import DictCache
from tests.fakes.publisher import RecordingPublisher
from workers.adapters.index.lance import LanceIndex
from workers.adapters.text.splitter import SemanticSplitter
from workers.answer.asked import Asked, ReplyTo
from workers.answer.encode import QuestionEncoder
from workers.answer.fuse import fuse
from workers.answer.retrieve import RETRIEVERS, Retrieval
from workers.domain.change import Change, Status
from workers.domain.hit import Filters
from workers.domain.media import ObjectRef
from workers.domain.segment import StoredSegment
from workers.ingest.announce import Announcer
from workers.ingest.course import Hearing
from workers.ingest.embed import Embedder
from workers.ingest.erase import Eraser
from workers.ingest.flow import IngestParts, index_changes
from workers.ingest.listen import Listener
from workers.ingest.notes import NoteBook
from workers.ingest.read import PictureReader
from workers.ingest.watch import Watcher

BUCKET = "media"
AT_ONCE = 16
"""Objects of a batch, as a worker gets them."""
MOST_SEGMENTS = 100
"""Of one object, of which `segments` gives all."""


class Library:
    """A bucket whose objects are indexed as they are put. `folder` is for the index."""

    def __init__(self, models: Models, settings: Settings, folder: Path) -> None:
        text, cache = models.text(), DictCache()
        image, sound = models.image(text), models.sound(text)
        self._text, self._bucket, self._decoder = text, DictBucket(), decoder_of()
        self._index = LanceIndex(folder, models.spaces())
        eraser, most = Eraser(cache), settings.max_object_bytes
        announcer = Announcer(cast(Any, RecordingPublisher()))
        listener = Listener(models.transcriber(), sound)
        reader = PictureReader(
            models.reader(1), self._bucket, self._decoder, cache, eraser, look_first=True, max_object_bytes=most
        )
        self._ingest = IngestParts(
            bucket=self._bucket,
            index=self._index,
            decoder=self._decoder,
            hearing=Hearing(
                listener, Watcher(image, reader), NoteBook(cache, eraser), self._bucket, announcer, cache, monotonic
            ),
            sound_space=sound.space.id,
            splitter=SemanticSplitter(models.tokenizer(), SEGMENT_TOKENS),
            reader=reader,
            embedder=Embedder(text, image, cache),
            eraser=eraser,
            announcer=announcer,
            max_object_bytes=most,
        )
        self._questions = QuestionEncoder(text, image, self._bucket, self._decoder, (BUCKET,), most)
        self._retrieval = Retrieval(self._index, text.space.id, image.space.id, sound.space.id)

    def put(self, objects: Mapping[str, bytes]) -> None:
        """Index these objects, by key. Raises `ValueError` for one that is not indexed."""
        changes = [self._put(key, data) for key, data in objects.items()]
        for start in range(0, len(changes), AT_ONCE):
            batch = changes[start : start + AT_ONCE]
            for change, outcome in zip(batch, index_changes(self._ingest, batch), strict=True):
                if outcome.status is not Status.INDEXED:
                    raise ValueError(f"{change.ref.key} is {outcome.status}: {outcome.reason}")

    def search(
        self, text: str | None = None, picture: bytes | None = None, *, modality: Modality, prefix: str = ""
    ) -> list[str]:
        """The keys of the hits of `omnibus search`, best first: with no more options than a user gives."""
        query = QueryRequested(
            text=text,
            image=None if picture is None else MediaRef.inline(picture),
            filters=QueryFilters(modality=[modality], prefix=prefix),
        )
        asked = Asked(ReplyTo("quality", "", query.tenant), query, datetime.now(UTC) + timedelta(hours=1))
        encoded = self._questions.encode(asked)
        retrieved = [self._retrieval.retrieve(name, query, encoded) for name in RETRIEVERS]
        if failed := [each.failed for each in retrieved if each.failed]:
            raise ValueError(failed[0])
        hits = fuse(retrieved, FLOORS, query.top_k)
        return [segment.ref.key for segment in self._index.segments([hit.segment_id for hit in hits])]

    def segments(self, key: str) -> list[StoredSegment]:
        """What was indexed of one object, in order."""
        anywhere = np.eye(1, self._text.space.dimensions, dtype=np.float32)[0]
        filters = Filters(prefix=key)
        found = {
            hit.segment_id
            for space in self._index.spaces
            for hit in self._index.nearest(space.id, anywhere, k=MOST_SEGMENTS, filters=filters)
        }
        ordered = sorted(self._index.segments(sorted(found)), key=lambda segment: segment.ordinal)
        return [segment for segment in ordered if segment.ref.key == key]

    def text(self, key: str) -> str:
        """What is said or written in one object, as it was heard or read: nothing that a model added."""
        return "\n".join(segment.text for segment in self.segments(key) if not segment.derived)

    def _put(self, key: str, data: bytes) -> Change:
        ref = ObjectRef(BUCKET, key)
        self._bucket.put(ref, data)
        return Change(ref, "", "", removed=False, at=datetime.now(UTC))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._decoder.close()
