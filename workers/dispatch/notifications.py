"""From a record on `media.events` to the changes that it tells of."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from schemas.dead_letters import redrive_in
from schemas.notification import Entries, NotificationRecord
from workers.domain.change import Change
from workers.domain.media import ObjectRef
from workers.domain.record import Incoming
from workers.errors import BadEvent


@dataclass(frozen=True, slots=True)
class Told:
    """What a record tells of: changes of content, and what is wrong with the entries that tell of nothing."""

    changes: Sequence[Change]
    bad: Sequence[BadEvent] = ()


def changes_in(record: Incoming, bucket: str) -> Told:
    """The changes of content in `bucket` that the record tells of; none for tagging and the like.

    A bad entry does not spoil the others: no notification, of another bucket, without a key that can be kept.
    """
    if record.unreadable:
        return Told([], [BadEvent(record.unreadable)])
    try:
        entries = Entries.model_validate_json(record.value or b"").records
    except Exception as error:  # noqa: BLE001 - whatever a hostile record breaks must cost that record alone
        return Told([], [BadEvent(f"not a bucket notification: {_first_line(error)}")])
    changes: list[Change] = []
    bad: list[BadEvent] = []
    for number, entry in enumerate(entries):
        try:
            redriven = redrive_in(record.headers) is not None
            changes += _changes(entry, bucket, f"Records.{number}", redriven=redriven)
        except BadEvent as error:
            bad.append(error)
        except Exception as error:  # noqa: BLE001 - whatever a hostile entry breaks must cost that entry alone
            bad.append(BadEvent(f"Records.{number} cannot be read ({type(error).__name__})"))
    return Told(changes, bad)


def _changes(entry: object, bucket: str, place: str, *, redriven: bool) -> Sequence[Change]:
    try:
        read = NotificationRecord.model_validate(entry)
    except (ValidationError, ValueError, RecursionError) as error:
        raise BadEvent(f"not a bucket notification: {place}.{_first_line(error)}") from error
    if not read.changes_content:
        return []
    change = _change(read, redriven=redriven)
    if change.ref.bucket != bucket:
        raise BadEvent(f"the event is of bucket {change.ref.bucket!r}; only {bucket!r} is indexed")
    if "\0" in change.ref.key:
        raise BadEvent("the key has a NUL character")
    return [change]


def _change(entry: NotificationRecord, *, redriven: bool) -> Change:
    entity = entry.s3.object
    return Change(
        ref=ObjectRef(entry.s3.bucket.name, entity.unescaped_key),
        etag=entity.e_tag,
        sequencer=entity.sequencer,
        removed=entry.removed,
        at=entry.event_time,
        redriven=redriven,
    )


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg']}" if place else first["msg"]
    return str(error).split("\n", 1)[0]
