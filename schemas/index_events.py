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


SKIPPED_TOLD = 100
"""Pages that a message names at most."""


class SkippedPage(BaseModel):
    """A page of a document that could not be read, or not whole; `reason` is one sentence."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    page: int
    reason: str


class MediaIndexed(_AboutObject):
    """The object can be found. `unchanged`: the index held this very version already, and no page is named again."""

    event_type: ClassVar[str] = "io.omnibus.media.indexed.v1"

    media_type: str
    segments: int
    unchanged: bool = False
    skipped: list[SkippedPage] = Field(default_factory=list)


class ErasureReceipt(BaseModel):
    """What was removed with an object: `segments` from the index, `embeddings` and `answers` from the cache.

    `answers` are kept replies that named the object among their hits.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    segments: int = 0
    embeddings: int = 0
    answers: int = 0


class MediaRemoved(_AboutObject):
    """The object is gone from the bucket, the index and the cache; the receipt for that is `erased`.

    `version` is the one that the index held, if it held one. When it was removed is the event's `time`.
    """

    event_type: ClassVar[str] = "io.omnibus.media.removed.v1"

    erased: ErasureReceipt = Field(default_factory=ErasureReceipt)


class MediaRejected(_AboutObject):
    """The object cannot be indexed. `kind` is stable, `reason` is one sentence for whoever uploaded it."""

    event_type: ClassVar[str] = "io.omnibus.media.rejected.v1"

    kind: str
    reason: str


class MediaProgressed(_AboutObject):
    """Work of minutes or hours on the object goes on; told every few seconds, and nothing is missed by not reading it.

    `stage` is what is done now, `listen` for a recording and `watch` for a video; `fraction` of it is done, null where
    nobody knows.
    """

    event_type: ClassVar[str] = "io.omnibus.media.progressed.v1"

    stage: str
    fraction: float | None = Field(default=None, ge=0, le=1)


INDEX_EVENTS_BY_TYPE = {kind.event_type: kind for kind in (MediaIndexed, MediaRemoved, MediaRejected, MediaProgressed)}
"""Event type -> message."""
