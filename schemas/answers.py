"""Replies as they travel on `rag.replies` or on the requester's own topic: deltas, then exactly one terminal reply."""

from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, field_serializer

from schemas.envelope import Message


class Locator(BaseModel):
    """The place in an object: page and box, seconds, characters, or the whole of it. Unset fields do not travel."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    start_s: float | None = None
    end_s: float | None = None
    frame_s: float | None = None
    chars: tuple[int, int] | None = None


class Citation(BaseModel):
    """A source that bears out the answer; `quote` is its own words, null where a model described a picture."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    marker: int
    key: str
    modality: str
    locator: Locator = Field(default_factory=Locator)
    quote: str | None = None

    @field_serializer("locator")
    def _only_set_fields(self, locator: Locator) -> dict[str, Any]:
        return locator.model_dump(exclude_none=True)


class AnswerHit(BaseModel):
    """One segment that was found, with its fused score and the score of each space that found it."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="strings")

    key: str
    modality: str
    locator: Locator = Field(default_factory=Locator)
    score: float
    scores: dict[str, float] = Field(default_factory=dict)
    text: str | None = None

    @field_serializer("locator")
    def _only_set_fields(self, locator: Locator) -> dict[str, Any]:
        return locator.model_dump(exclude_none=True)


class Refusal(BaseModel):
    """Why there is no answer: what was found does not bear one out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    reason: str


class Degradation(BaseModel):
    """A part that did not take part in this answer, and why."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    part: str
    reason: str


class AnswerDelta(Message):
    """A piece of the answer while it is written. `sequence` counts from 0; joined, they are what the model wrote.

    The terminal reply's `answer` is the same text with the markers of its citations set.
    """

    event_type: ClassVar[str] = "io.omnibus.answer.delta.v1"

    request_id: str
    sequence: int
    text: str


class AnswerCompleted(Message):
    """The terminal reply of a question that was worked out: an answer, a refusal, or hits only."""

    event_type: ClassVar[str] = "io.omnibus.answer.completed.v1"

    request_id: str
    answer: str | None = None
    citations: list[Citation] = Field(default_factory=list)
    hits: list[AnswerHit] = Field(default_factory=list)
    attribution: dict[str, Any] | None = None
    refused: Refusal | None = None
    degraded: list[Degradation] = Field(default_factory=list)
    timings_ms: dict[str, float] = Field(default_factory=dict)
    lineage: dict[str, Any] = Field(default_factory=dict)


class FailureCode(StrEnum):
    """Why a question failed. The values are stable; `docs/messages.md` says what to do about each."""

    BAD_QUESTION = "bad_question"
    REPLY_TOPIC_NOT_ALLOWED = "reply_topic_not_allowed"
    UNKNOWN_MEDIA_TYPE = "unknown_media_type"
    DAMAGED_MEDIA = "damaged_media"
    EMPTY_MEDIA = "empty_media"
    MEDIA_TOO_LARGE = "media_too_large"
    OBJECT_GONE = "object_gone"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    CANCELLED = "cancelled"
    MODEL_UNAVAILABLE = "model_unavailable"
    SERVICE_UNAVAILABLE = "service_unavailable"
    WORK_LOST = "work_lost"
    INTERNAL = "internal"


class AnswerFailed(Message):
    """The terminal reply of a question that could not be worked out. `retryable`: asking again later may help."""

    event_type: ClassVar[str] = "io.omnibus.answer.failed.v1"

    request_id: str
    code: FailureCode
    message: str
    retryable: bool


TERMINAL: dict[str, type[AnswerCompleted] | type[AnswerFailed]] = {
    AnswerCompleted.event_type: AnswerCompleted,
    AnswerFailed.event_type: AnswerFailed,
}
"""Event type -> message, of the replies after which nothing follows."""
