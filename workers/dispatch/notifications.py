"""From a record on `media.events` to the changes that it tells of."""

from pydantic import ValidationError

from schemas.dead_letters import redrive_in
from schemas.notification import Notification, NotificationRecord
from workers.domain.change import Change
from workers.domain.media import ObjectRef
from workers.domain.record import Incoming
from workers.errors import BadEvent


def changes_in(record: Incoming, bucket: str) -> list[Change]:
    """The changes of content in `bucket` that the record tells of; none for tagging and the like.

    Raises `BadEvent` for what is no notification, or is one of another bucket.
    """
    try:
        notification = Notification.model_validate_json(record.value or b"")
    except (ValidationError, ValueError, RecursionError) as error:
        raise BadEvent(f"not a bucket notification: {_first_line(error)}") from error
    redriven = redrive_in(record.headers) is not None
    changes = [_change(entry, redriven=redriven) for entry in notification.records if entry.changes_content]
    for change in changes:
        if change.ref.bucket != bucket:
            raise BadEvent(f"the event is of bucket {change.ref.bucket!r}; only {bucket!r} is indexed")
        if "\0" in change.ref.key:
            raise BadEvent("the key has a NUL character")
    return changes


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
