"""The look at the object: what the bucket holds now decides, not what the event said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from workers.domain.change import Change
from workers.domain.media import ObjectInfo, ObjectRef, Version, sequencer_from
from workers.domain.segment import ObjectRecord
from workers.errors import Transient
from workers.ports.bucket import Bucket
from workers.ports.index import Index


class ObjectChanged(Transient):
    """The object was written again while it was being worked on; the next look will see the newer state."""

    kind = "object_changed"


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen: the object in the bucket and its record in the index, each None where there is none."""

    change: Change
    info: ObjectInfo | None
    held: ObjectRecord | None

    @property
    def ref(self) -> ObjectRef:
        """The object that was looked at."""
        return self.change.ref

    @property
    def version(self) -> Version:
        """The version in the bucket; for an object that is gone, the one that the event tells of.

        Never older than what the index held before the look: of two versions within a second, the first may have been
        taken for the end of that second, and the index would refuse the second for ever.
        """
        if self.info is None:
            return Version(self.change.etag, self.change.sequencer)
        seen = version_of(self.info, self.change)
        if self.held is not None and seen.precedes(self.held.version):
            return replace(seen, sequencer=self.held.version.sequencer)
        return seen

    @property
    def unchanged(self) -> bool:
        """Whether the index holds this very version already.

        To hold it as refused is not enough for a redriven change: what refused it may have been mended.
        """
        if self.info is None or self.held is None or (self.change.redriven and self.held.rejected):
            return False
        return self.held.version.same_content(self.version)


def version_of(info: ObjectInfo, change: Change) -> Version:
    """The version that `info` describes.

    The event knows the instant of its own version to the nanosecond. Of any other version only the second is known
    (HTTP's Last-Modified); it counts as the end of that second, so that it never seems older than it is.
    """
    if change.etag == info.etag and change.sequencer and not change.removed:
        sequencer = change.sequencer
    else:
        end = info.last_modified.replace(microsecond=0) + timedelta(microseconds=999_999)
        sequencer = sequencer_from(end)
    return Version(info.etag, sequencer, info.version_id)


def records_held(index: Index, changes: Sequence[Change]) -> list[tuple[Change, ObjectRecord | None]]:
    """Each change with what the index holds of its object.

    To be asked before the bucket is: what that holds then is no older than the record.
    """
    records = index.records([change.ref for change in changes])
    return [(change, records.get(change.ref)) for change in changes]


def look(bucket: Bucket, change: Change, held: ObjectRecord | None) -> Sight:
    """See the object in the bucket, beside what the index held of it a moment ago."""
    return Sight(change, bucket.stat(change.ref), held)


def look_again(bucket: Bucket, sight: Sight) -> None:
    """Raise `ObjectChanged` unless the bucket still holds what `sight` saw."""
    now = bucket.stat(sight.ref)
    if now is None or sight.info is None or (now.etag, now.version_id) != (sight.info.etag, sight.info.version_id):
        raise ObjectChanged(f"{sight.ref.name} changed while it was being indexed")
