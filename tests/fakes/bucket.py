"""The Bucket port over a dict."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from workers.domain.media import ObjectInfo, ObjectRef
from workers.errors import MediaTooLarge, ObjectGone


@dataclass
class DictBucket:
    """Objects by reference: their bytes and when they were put."""

    objects: dict[ObjectRef, tuple[bytes, datetime]] = field(default_factory=dict)

    def put(self, ref: ObjectRef, data: bytes, at: datetime | None = None) -> None:
        """Store an object, as an uploader does."""
        self.objects[ref] = (data, at or datetime.now(UTC))

    def stat(self, ref: ObjectRef) -> ObjectInfo | None:
        if ref not in self.objects:
            return None
        data, at = self.objects[ref]
        # To the second, as in HTTP's Last-Modified.
        return ObjectInfo(ref, hashlib.md5(data).hexdigest(), len(data), at.replace(microsecond=0))

    def read(self, ref: ObjectRef, *, limit: int) -> bytes:
        if ref not in self.objects:
            raise ObjectGone(f"{ref.name} is not in the bucket")
        data = self.objects[ref][0]
        if len(data) > limit:
            raise MediaTooLarge(f"{ref.key} has more than {limit} bytes")
        return data

    def list(self, bucket: str, prefix: str = "") -> Iterator[ObjectInfo]:
        for ref in sorted(self.objects, key=lambda ref: ref.key):
            info = self.stat(ref)
            if info is not None and ref.bucket == bucket and ref.key.startswith(prefix):
                yield info
