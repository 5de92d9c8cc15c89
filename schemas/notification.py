"""The bucket's notification, as MinIO writes it on `media.events`.

Source: MinIO, "Bucket Notification Guide"; AWS, "Event message structure". One message may hold several records; keys
are query-escaped; unknown fields are kept out of the way.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal, Self
from urllib.parse import quote_plus, unquote_plus

from pydantic import BaseModel, ConfigDict, Field, field_validator

CREATED = "s3:ObjectCreated:"
REMOVED = "s3:ObjectRemoved:"
CONTENT_EVENTS = (
    "Put",
    "Post",
    "Copy",
    "CompleteMultipartUpload",
    "Delete",
    "DeleteMarkerCreated",
    "DeleteAllVersions",
)
"""The last words of the event names that change what an object holds; tagging and the like do not.

`DeleteAllVersions` is MinIO's word for a lifecycle rule that ends an object with all its versions.
"""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class BucketEntity(_Wire):
    """The bucket that the event is of."""

    name: str = Field(min_length=1)


class ObjectEntity(_Wire):
    """The object that the event is of. `key` is query-escaped on the wire."""

    key: str = Field(min_length=1)
    size: int = 0
    e_tag: str = Field(default="", alias="eTag")
    content_type: str = Field(default="", alias="contentType")
    version_id: str = Field(default="", alias="versionId")
    sequencer: str = ""

    @property
    def unescaped_key(self) -> str:
        """The key as it was uploaded."""
        return unquote_plus(self.key)


class S3Entity(_Wire):
    """Bucket and object."""

    bucket: BucketEntity
    object: ObjectEntity


class NotificationRecord(_Wire):
    """One change of one object. Event names come with and without the prefix `s3:`; it is added where it is missing."""

    event_version: str = Field(default="2.0", alias="eventVersion")
    event_source: str = Field(default="minio:s3", alias="eventSource")
    event_time: datetime = Field(default_factory=lambda: datetime.now(UTC), alias="eventTime")
    event_name: str = Field(alias="eventName")
    s3: S3Entity

    @field_validator("event_name")
    @classmethod
    def _with_prefix(cls, name: str) -> str:
        return name if name.startswith("s3:") else f"s3:{name}"

    @field_validator("event_time")
    @classmethod
    def _aware(cls, time: datetime) -> datetime:
        return time if time.tzinfo else time.replace(tzinfo=UTC)

    @property
    def changes_content(self) -> bool:
        """Whether the object's bytes or existence may differ after this event."""
        return self.event_name.rsplit(":", 1)[-1] in CONTENT_EVENTS

    @property
    def removed(self) -> bool:
        """Whether the object was removed by this event."""
        return self.event_name.startswith(REMOVED)


class Entries(_Wire):
    """What a message on `media.events` holds, entry by entry: a bad one says nothing about the others."""

    records: list[Any] = Field(alias="Records", min_length=1)


class Notification(_Wire):
    """One message on `media.events`."""

    event_name: str = Field(default="", alias="EventName")
    key: str = Field(default="", alias="Key")
    records: list[NotificationRecord] = Field(alias="Records", min_length=1)

    @classmethod
    def of(cls, records: Iterable[NotificationRecord]) -> Self:
        """A message of these records, the first of which names it."""
        records = list(records)
        s3 = records[0].s3
        return cls(event_name=records[0].event_name, key=f"{s3.bucket.name}/{s3.object.unescaped_key}", records=records)

    def to_json(self) -> bytes:
        """The message as it goes on the wire."""
        return self.model_dump_json(by_alias=True).encode()


def change(  # noqa: PLR0913 - the fields of one notification, all of them by name
    kind: Literal["put", "delete"],
    *,
    bucket: str,
    key: str,
    sequencer: str,
    size: int = 0,
    etag: str = "",
    version_id: str = "",
    content_type: str = "",
    time: datetime | None = None,
) -> Notification:
    """The notification of one change, for whoever stands in for a bucket that sends none itself."""
    entity = ObjectEntity(
        key=quote_plus(key, safe="/"),
        size=size,
        e_tag=etag,
        content_type=content_type,
        version_id=version_id,
        sequencer=sequencer,
    )
    name = f"{CREATED}Put" if kind == "put" else f"{REMOVED}Delete"
    record = NotificationRecord(
        event_name=name,
        event_time=time or datetime.now(UTC),
        s3=S3Entity(bucket=BucketEntity(name=bucket), object=entity),
    )
    return Notification.of([record])
