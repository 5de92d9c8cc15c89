"""Reconciliation: bucket and index side by side, and ordinary events for what differs.

The bucket is the truth. A lost notification costs the time until the next reconciliation, never data.

Both listings are read once, in the order of their keys, so it takes the same memory for any number of objects. They
are of two moments, and so is the backlog: what changed in between is looked at again before it counts as a difference,
and an event too many does no harm, because whoever works on it looks at the object itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import chain, islice
from typing import TypeVar

from schemas.notification import Notification, change
from workers.domain.media import ObjectInfo, ObjectRef, sequencer_from
from workers.domain.segment import ObjectRecord
from workers.ports.backlog import Backlog
from workers.ports.bucket import Bucket
from workers.ports.index import Index

AT_ONCE = 200
"""Differences that are looked at again in one question to the index."""
Left = TypeVar("Left")
Right = TypeVar("Right")


@dataclass(frozen=True, slots=True)
class Events:
    """What is told of a bucket's objects: the events that are not done, and the dead letters."""

    waiting: Backlog
    dead: Backlog


class Finding(StrEnum):
    """How an object differs."""

    MISSING = "missing"
    STALE = "stale"
    ORPHANED = "orphaned"


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that bucket and index do not agree on; `info` is None for an orphan.

    `on_the_way`: an event of it waits or is being worked on. `given_up`: it became a dead letter as it is now. If
    neither, its event was missed.
    """

    finding: Finding
    ref: ObjectRef
    info: ObjectInfo | None
    on_the_way: bool = False
    given_up: bool = False

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


def reconcile(
    bucket: Bucket, index: Index, events: Events, *, tenant: str, name: str, prefix: str = ""
) -> Iterator[Difference]:
    """The objects of bucket `name` under `prefix` that differ, by key. Raises `ServiceUnavailable`."""
    found = differences(bucket, index, tenant=tenant, name=name, prefix=prefix)
    # In this order: an event that was done before the events were read is seen by the second look.
    return looked_at_again(marked(found, events, name), bucket, index)


def differences(bucket: Bucket, index: Index, *, tenant: str, name: str, prefix: str = "") -> Iterator[Difference]:
    """What is missing from the index, stale or orphaned in it, by its listing and that of the bucket."""
    kept = ((info.ref.key, info) for info in bucket.list(name, prefix))
    held = ((record.ref.key, record) for record in index.objects(tenant, name, prefix))
    for key, info, record in side_by_side(kept, held):
        difference = _compared(ObjectRef(name, key, tenant), info, record)
        if difference is not None:
            yield difference


def marked(found: Iterator[Difference], events: Events, name: str) -> Iterator[Difference]:
    """The differences, sorted by key, each with what became of its event.

    The events are read when the first difference is there: not at all where there is none.
    """
    first = next(found, None)
    if first is None:
        return
    keyed = ((each.ref.key, each) for each in chain([first], found))
    mortal = (
        (key, replace(each, given_up=_gave_up(each, died)))
        for key, each, died in side_by_side(keyed, _of_bucket(name, events.dead))
        if each is not None
    )
    for _, each, waits in side_by_side(mortal, _of_bucket(name, events.waiting)):
        if each is not None:
            yield replace(each, on_the_way=waits is not None, given_up=each.given_up and waits is None)


def _gave_up(each: Difference, died: datetime | None) -> bool:
    # That an object is gone has no date, so a dead letter says nothing of it.
    return died is not None and each.info is not None and each.info.last_modified <= died


def _of_bucket(name: str, backlog: Backlog) -> Iterator[tuple[str, datetime]]:
    start = f"{name}/"
    return ((key.removeprefix(start), sent) for key, sent in backlog.waiting() if key.startswith(start))


def looked_at_again(found: Iterator[Difference], bucket: Bucket, index: Index) -> Iterator[Difference]:
    """The differences that there still are.

    The bucket is asked about orphans alone: MinIO lists no key that goes on, after a slash, where another one ends.
    """
    while some := list(islice(found, AT_ONCE)):
        held = index.records([each.ref for each in some])
        for each in some:
            record = held.get(each.ref)
            info = bucket.stat(each.ref) if each.info is None and record is not None else each.info
            still = _compared(each.ref, info, record)
            if still is not None:
                yield replace(still, on_the_way=each.on_the_way, given_up=each.given_up)


def side_by_side(
    left: Iterable[tuple[str, Left]], right: Iterable[tuple[str, Right]]
) -> Iterator[tuple[str, Left | None, Right | None]]:
    """Two streams of (key, value) as one: each key once, with what either has of it. Keys are sorted and distinct."""
    lefts, rights = iter(left), iter(right)
    one, other = next(lefts, None), next(rights, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None
            yield one[0], one[1], None
            one = next(lefts, None)
        elif one is None or other[0] < one[0]:
            yield other[0], None, other[1]
            other = next(rights, None)
        else:
            yield one[0], one[1], other[1]
            one, other = next(lefts, None), next(rights, None)


def _compared(ref: ObjectRef, info: ObjectInfo | None, record: ObjectRecord | None) -> Difference | None:
    if info is None:
        return None if record is None else Difference(Finding.ORPHANED, ref, None)
    if record is None:
        return Difference(Finding.MISSING, ref, info)
    return None if record.version.etag == info.etag else Difference(Finding.STALE, ref, info)
