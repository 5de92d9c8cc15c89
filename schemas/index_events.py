"""What became of an object, as it travels on `rag.index-events`."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from schemas.envelope import Message


class ObjectVersion(BaseModel):
    """The state of the object that was looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    etag: str = ""
    version_id: str = ""
    sequencer: str = ""


class _AboutObject(Message):
    bucket: str
    key: str
    tenant: str = "default"
    version: ObjectVersion = Field(default_factory=ObjectVersion)
    seconds: float = 0.0
    """From the change in the bucket to this message."""


class MediaIndexed(_AboutObject):
    """The object can be found. `unchanged`: the index held this very version already."""

    event_type: ClassVar[str] = "io.omnibus.media.indexed.v1"

    media_type: str
    segments: int
    unchanged: bool = False


class MediaRemoved(_AboutObject):
    """The object is gone from the bucket, and from the index."""

    event_type: ClassVar[str] = "io.omnibus.media.removed.v1"


class MediaRejected(_AboutObject):
    """The object cannot be indexed. `kind` is stable, `reason` is one sentence for whoever uploaded it."""

    event_type: ClassVar[str] = "io.omnibus.media.rejected.v1"

    kind: str
    reason: str


INDEX_EVENTS_BY_TYPE = {kind.event_type: kind for kind in (MediaIndexed, MediaRemoved, MediaRejected)}
"""Event type -> message."""
