"""Reconciliation: bucket and index side by side, and ordinary events for what differs.

The bucket is the truth. A lost notification costs the time until the next reconciliation, never data.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from schemas.notification import Notification, change
from workers.domain.media import ObjectInfo, ObjectRef, Version, sequencer_from
from workers.ports.bucket import Bucket
from workers.ports.index import Index


class Finding(StrEnum):
    """How an object differs."""

    MISSING = "missing"
    STALE = "stale"
    ORPHANED = "orphaned"


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that bucket and index do not agree on; `info` is None for an orphan."""

    finding: Finding
    ref: ObjectRef
    info: ObjectInfo | None

    def notification(self) -> Notification:
        """The event that has it mended, as the bucket would have sent it."""
        if self.info is None:
            now = datetime.now(UTC)
            return change("delete", bucket=self.ref.bucket, key=self.ref.key, sequencer=sequencer_from(now), time=now)
        # No sequencer: a listing does not know the instant of a version as exactly as its own event did.
        return change(
            "put",
            bucket=self.ref.bucket,
            key=self.ref.key,
            sequencer="",
            size=self.info.size,
            etag=self.info.etag,
            version_id=self.info.version_id,
            time=self.info.last_modified,
        )


def differences(bucket: Bucket, index: Index, *, tenant: str, name: str, prefix: str = "") -> Iterator[Difference]:
    """What is missing from the index, stale or orphaned in it, for the objects of bucket `name` under `prefix`.

    Holds the index's listing in memory, about 300 bytes an object. Raises `ServiceUnavailable`.
    """
    held: dict[str, Version] = {record.ref.key: record.version for record in index.objects(tenant, name, prefix)}
    for info in bucket.list(name, prefix):
        version = held.pop(info.ref.key, None)
        if version is None:
            yield Difference(Finding.MISSING, info.ref, info)
        elif version.etag != info.etag:
            yield Difference(Finding.STALE, info.ref, info)
    for key in held:
        yield Difference(Finding.ORPHANED, ObjectRef(name, key, tenant), None)
