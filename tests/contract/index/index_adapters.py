"""The adapters that must keep the Index contract, and what tests write into them.

Importable by its own name, so that the processes that the tests start can open the same index.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workers.adapters.index.lance import LanceIndex
from workers.adapters.index.weaviate import WeaviateIndex
from workers.adapters.locks.redis import RedisLocks
from workers.domain.locator import Locator
from workers.domain.media import DEFAULT_TENANT, ObjectRef, Version
from workers.domain.segment import IndexedObject, Modality, ObjectRecord, Segment, Space, Vector, segment_id
from workers.domain.taken import Taken
from workers.ports.index import Index

WORDS = Space("words", 4, "words-model@1")
PICTURES = Space("pictures-a", 3, "pictures-model@1")
SPACES = (WORDS, PICTURES)

LOCKED_S = 3
"""How long the lock of a writer that was killed holds up the next one: the tests kill several."""


def open_weaviate(place: str, spaces: Sequence[Space]) -> WeaviateIndex:
    """The index at `place`: addresses, key and name, with spaces between them."""
    url, grpc, key, redis, alias = place.split()
    return WeaviateIndex(url, grpc, key, spaces, RedisLocks(redis, limit_s=LOCKED_S), alias=alias)


ADAPTERS: dict[str, Callable[[str, Sequence[Space]], Index]] = {
    "lancedb": lambda place, spaces: LanceIndex(Path(place), spaces),
    "weaviate": open_weaviate,
}
"""Opens the index of a place: a path in a directory of the test's own, or a name on a server that tests share."""


@dataclass(frozen=True)
class Home:
    """Where one index lives. Travels to other processes."""

    adapter: str
    place: str

    def open(self, spaces: Sequence[Space] = SPACES) -> Index:
        return ADAPTERS[self.adapter](self.place, spaces)


def towards(*numbers: float) -> Vector:
    """The unit vector in this direction."""
    vector = np.array(numbers, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def version(moment: int) -> Version:
    """What the object was at `moment`; later moments have larger numbers."""
    return Version(etag=f"etag-{moment}", sequencer=f"{moment:016X}")


def segment(ref: ObjectRef, ordinal: int, text: str = "", *, modality: Modality = "text", **vectors: Vector) -> Segment:
    """Piece `ordinal` of an object. The vector `pictures` is in the space `pictures-a`."""
    locator = Locator(chars=(ordinal * 100, ordinal * 100 + 99))
    named = {PICTURES.id if name == "pictures" else name: vector for name, vector in vectors.items()}
    return Segment(
        segment_id(ref, modality, locator), ordinal, modality, locator, text, f"hash-{ordinal}", vectors=named
    )


def an_object(
    key: str,
    *texts: str,
    moment: int = 1,
    tenant: str = DEFAULT_TENANT,
    bucket: str = "media",
    modality: Modality = "text",
    vector: Vector | None = None,
    taken: Taken | None = None,
) -> IndexedObject:
    """An object with a segment per text, all of them with the same vector in `words`."""
    ref = ObjectRef(bucket, key, tenant)
    words = towards(1, 0, 0, 0) if vector is None else vector
    segments = tuple(segment(ref, n, text, modality=modality, words=words) for n, text in enumerate(texts))
    return IndexedObject(ref, version(moment), "text/plain", segments, taken=taken or Taken())


def ids_of(each: IndexedObject) -> list[str]:
    return [piece.id for piece in each.segments]


def record_of(index: Index, ref: ObjectRef) -> ObjectRecord | None:
    """What the index holds of one object."""
    return index.records([ref]).get(ref)
