"""From a record on `rag.queries` to a question or its cancellation, or to the reason why it is neither."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

from pydantic import ValidationError
from pydantic_core import from_json

from schemas.envelope import attributes_of
from schemas.questions import ID_LIMIT, QueryCancelled, QueryRequested, request_id
from schemas.topics import REPLIES
from workers.answer.asked import Asked, ReplyTo
from workers.domain.media import DEFAULT_TENANT
from workers.domain.record import Incoming
from workers.errors import (
    BadEvent,
    BadQuestion,
    DeadlineExceeded,
    Permanent,
    ReplyTopicNotAllowed,
    ServiceUnavailable,
)

LONGEST = timedelta(days=1)
"""A later deadline counts as this one: a question is remembered as done for no longer (`answer.reply.DONE_S`)."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that cannot be worked on. Without `reply_to` there is nobody to tell."""

    reply_to: ReplyTo | None
    error: Permanent


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The question with this id is cancelled."""

    request_id: str


@dataclass(frozen=True, slots=True)
class InquiryRules:
    """Which reply topics a requester may name (shell patterns), and the seconds a question has if it does not say.

    `topic_exists` asks the broker; it may raise `ServiceUnavailable`.
    """

    reply_topics: Sequence[str]
    deadline_s: float
    topic_exists: Callable[[str], bool]

    def refusal(self, topic: str) -> str:
        """Why replies cannot go to `topic`; empty when they can."""
        if not any(fnmatchcase(topic, pattern) for pattern in self.reply_topics):
            return f"replies may not go to topic {topic!r}; allowed are {', '.join(self.reply_topics) or 'none'}"
        return "" if self.topic_exists(topic) else f"the reply topic {topic!r} does not exist; create it first"


def inquiry(record: Incoming, rules: InquiryRules, now: datetime) -> Asked | Withdrawn | Refused:
    """What `record` asks, or whose question it cancels, at `now` (UTC).

    A client may send nothing but the payload: its request id is then made of the record's topic, partition and offset.
    Raises `ServiceUnavailable` when the broker cannot be asked about the reply topic, and nothing else.
    """
    if record.unreadable:
        return Refused(None, BadEvent(record.unreadable))
    attributes = attributes_of(record.headers)
    if attributes.get("type") == QueryCancelled.event_type:
        return _withdrawn(record, attributes)
    try:
        return _inquiry(record, attributes, rules, now)
    except ServiceUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a hostile record breaks must cost that record alone
        reply_to = ReplyTo(_request_id(record, attributes), REPLIES.name, DEFAULT_TENANT, asked_at=_place(record))
        return Refused(reply_to, BadQuestion(f"the question cannot be read ({type(error).__name__})"))


def _inquiry(record: Incoming, attributes: Mapping[str, str], rules: InquiryRules, now: datetime) -> Asked | Refused:
    payload = _payload(record)
    named = attributes.get("replytopic") or _text(payload.get("reply_topic"))
    refusal = rules.refusal(named) if named and named != REPLIES.name else ""
    reply_to = ReplyTo(
        request_id=_request_id(record, attributes),
        topic=REPLIES.name if refusal or not named else named,
        tenant=_short(_text(payload.get("tenant"))) or DEFAULT_TENANT,
        traceparent=_short(attributes.get("traceparent", "")),
        asked_at=_place(record),
    )
    if refusal:
        return Refused(reply_to, ReplyTopicNotAllowed(refusal))
    try:
        query = _query(record, attributes)
        deadline = query.deadline or _deadline_attribute(attributes) or now + timedelta(seconds=rules.deadline_s)
        # Compared before it is converted: either end of a datetime's range may be out of range in UTC.
        if deadline <= now:
            raise DeadlineExceeded(f"the question's deadline {deadline.isoformat()} had passed when it was read")
        deadline = min(deadline, now + LONGEST).astimezone(UTC)
    except Permanent as error:
        return Refused(reply_to, error)
    return Asked(reply_to, query, deadline)


def _withdrawn(record: Incoming, attributes: Mapping[str, str]) -> Withdrawn | Refused:
    request_id = _text(_payload(record).get("request_id")) or attributes.get("requestid", "")
    if not 0 < len(request_id) <= ID_LIMIT:
        return Refused(None, BadEvent("a cancellation that names no question: request_id is missing, or is no id"))
    return Withdrawn(request_id)


def _query(record: Incoming, attributes: Mapping[str, str]) -> QueryRequested:
    event_type = attributes.get("type", QueryRequested.event_type)
    if event_type != QueryRequested.event_type:
        raise BadQuestion(f"{record.topic} does not take events of type {event_type!r}")
    try:
        return QueryRequested.model_validate_json(record.value or b"")
    except (ValidationError, RecursionError) as error:
        raise BadQuestion(f"the question cannot be read: {_problems(error)}") from error


def _problems(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return "it is nested too deeply"
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}".removeprefix(": ") for e in found[:5])


def _payload(record: Incoming) -> Mapping[str, object]:
    """What can be told of the requester even where the question itself is refused."""
    try:
        payload = from_json(record.value or b"")
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _request_id(record: Incoming, attributes: Mapping[str, str]) -> str:
    return request_id(attributes, record.topic, record.position.partition, record.position.offset)


def _place(record: Incoming) -> str:
    return f"{record.topic}:{record.position.partition}:{record.position.offset}"


def _deadline_attribute(attributes: Mapping[str, str]) -> datetime | None:
    if not (value := attributes.get("deadline")):
        return None
    try:
        deadline = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadQuestion(f"header ce_deadline is not a time in RFC 3339: {value!r}") from error
    if deadline.tzinfo is None:
        raise BadQuestion(f"header ce_deadline has no time zone: {value!r}")
    return deadline


def _short(value: str) -> str:
    """`value`, or nothing for one that would make the reply too large for the bus."""
    return value if len(value) <= ID_LIMIT else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
