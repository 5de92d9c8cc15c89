"""The index: segments with their vectors, and a record of every object that they come from.

It is a projection of the bucket: it may be lost and built again, but what it shows is never older than what it
showed before.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from workers.domain.hit import Filters, Hit
from workers.domain.media import ObjectRef, Version
from workers.domain.segment import IndexedObject, ObjectRecord, Space, StoredSegment, Vector


class Index(Protocol):
    """Stores whole objects, finds segments. Safe for concurrent writers in separate processes.

    Every method raises `ServiceUnavailable` when the store does not answer. What `write` and `delete` have returned
    from is seen by every later search, in any process.
    """

    @property
    def spaces(self) -> Sequence[Space]:
        """The vector spaces that segments may have an embedding in."""
        ...

    def write(self, objects: Sequence[IndexedObject]) -> Sequence[bool]:
        """Replace each object, record and segments, by this version of it.

        One flag per object: False where the index already holds a version that this one `precedes`, and nothing
        changed. A segment may lack any space's vector. New segments are written before old ones are removed, and
        writing the same object twice leaves one copy. Objects of one call are distinct.
        Raises `ValueError` for a vector of an unknown space or a wrong size, before anything is written.
        """
        ...

    def delete(self, ref: ObjectRef, version: Version) -> bool:
        """Forget an object, unless the index holds a version of it that is newer than `version` (then False).

        True also when there was nothing to forget.
        """
        ...

    def records(self, refs: Sequence[ObjectRef]) -> Mapping[ObjectRef, ObjectRecord]:
        """Which version is held of each of these objects; those that are not held at all are left out."""
        ...

    def objects(self, tenant: str, bucket: str, prefix: str = "") -> Iterator[ObjectRecord]:
        """Every object of the tenant whose key starts with `prefix`, rejected ones too, sorted by key (code points).

        In constant memory, however many there are.
        """
        ...

    def nearest(self, space: str, vector: Vector, *, k: int, filters: Filters) -> Sequence[Hit]:
        """The `k` segments whose embedding in `space` has the largest cosine with `vector`, best first.

        Segments without an embedding in that space are passed over. Raises `ValueError` for an unknown space.
        """
        ...

    def matching(self, text: str, *, k: int, filters: Filters) -> Sequence[Hit]:
        """The `k` segments whose text matches the words of `text` best (BM25), best first; none for no words."""
        ...

    def segments(self, ids: Sequence[str]) -> Sequence[StoredSegment]:
        """The segments of these ids, in the order asked for; unknown ids are left out."""
        ...

    def around(self, segment: StoredSegment, *, reach: int) -> Sequence[StoredSegment]:
        """What stands up to `reach` places before and after `segment` in its object, in order, without itself.

        Only segments with the same parent, of the same version of the object; none where that version is gone.
        """
        ...
