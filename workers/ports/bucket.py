"""The bucket: the truth that the index is a projection of."""

from collections.abc import Iterator
from typing import Protocol

from workers.domain.media import ObjectInfo, ObjectRef


class Bucket(Protocol):
    """Read access to objects. Every method raises `ServiceUnavailable` when the store does not answer."""

    def stat(self, ref: ObjectRef) -> ObjectInfo | None:
        """What the bucket holds under this key now; None when there is no such object (or a delete marker)."""
        ...

    def read(self, ref: ObjectRef, *, limit: int) -> bytes:
        """The object's bytes.

        Raises `MediaTooLarge` when there are more than `limit` of them (before all are read), and `ObjectGone` when
        there is no such object.
        """
        ...

    def list(self, bucket: str, prefix: str = "") -> Iterator[ObjectInfo]:
        """Every object whose key starts with `prefix`, sorted by key (code points, which is UTF-8's order, too).

        In constant memory, however many there are.
        """
        ...
