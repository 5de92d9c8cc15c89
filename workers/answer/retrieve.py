"""Retrieval: each retriever looks in one way, and says so when it cannot; the others go on without it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.questions import QueryRequested
from workers.answer.encode import Encoded
from workers.domain.hit import Filters, Hit
from workers.domain.segment import Vector
from workers.domain.taken import Near
from workers.errors import OmnibusError
from workers.ports.index import Index

RETRIEVERS = ("text", "image", "sound", "keywords")
DEPTH = 4
"""How many times the hits asked for each retriever looks up, so that fusion has something to choose from."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """One retriever's lists of hits, best first, or the reason why there are none."""

    retriever: str
    lists: Sequence[Sequence[Hit]]
    failed: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON types, for a task's result: ids and scores."""
        lists = [[[hit.segment_id, hit.score] for hit in hits] for hits in self.lists]
        return {"retriever": self.retriever, "lists": lists, "failed": self.failed}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Retrieved":
        """The inverse of `to_dict`."""
        lists = [[Hit(segment_id, score) for segment_id, score in hits] for hits in fields["lists"]]
        return cls(fields["retriever"], lists, fields["failed"])


def _filters_of(query: QueryRequested) -> Filters:
    asked = query.filters
    return Filters(
        tenant=query.tenant,
        modalities=tuple(asked.modality),
        prefix=asked.prefix,
        taken_from=asked.taken_after,
        taken_until=asked.taken_before,
        near=None if asked.near is None else Near(asked.near.latitude, asked.near.longitude, asked.near.km),
    )


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The retrievers over one index. The spaces are those of the profile's encoders.

    Sounds are looked for with the vectors of passages, whose space they share (ConSE).
    """

    index: Index
    text_space: str
    image_space: str
    sound_space: str

    def retrieve(self, retriever: str, query: QueryRequested, encoded: Encoded) -> Retrieved:
        """What `retriever` finds. A failure is a result too: the answer says which retrievers were missing."""
        look: Mapping[str, Callable[[], list[Sequence[Hit]]]] = {
            "text": lambda: self._near(self.text_space, encoded.text_vectors, query, filters),
            "image": lambda: self._near(self.image_space, encoded.image_vectors, query, filters),
            "sound": lambda: self._near(self.sound_space, encoded.text_vectors[:1], query, filters),
            "keywords": lambda: [self.index.matching(encoded.words, k=query.top_k * DEPTH, filters=filters)],
        }
        filters = _filters_of(query)
        try:
            return Retrieved(retriever, look[retriever]())
        except OmnibusError as error:
            return Retrieved(retriever, [], failed=error.message)

    def _near(
        self, space: str, vectors: Sequence[Vector], query: QueryRequested, filters: Filters
    ) -> list[Sequence[Hit]]:
        return [self.index.nearest(space, vector, k=query.top_k * DEPTH, filters=filters) for vector in vectors]
