"""A dead letter as a program reads it: the original record, why it is dead, and what it has behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from producers.log import Stored
from schemas.dead_letters import (
    MOST_REDRIVES,
    Failure,
    LetterHeader,
    MarkHeader,
    Moment,
    history_from,
    letter_id,
    redrive_in,
)
from schemas.envelope import attributes_of
from schemas.questions import QueryRequested, redriven_request_id, request_id
from schemas.topics import DEAD_LETTER_SUFFIX, QUERIES

Headers = Sequence[tuple[str, bytes]]
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. `headers` are the original's own; `origin` is None for what was never a record of the topic."""

    id: str
    place: Place
    origin: Place | None
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    stage: str
    kind: str
    reason: str
    tries: int
    first_at: datetime
    last_at: datetime
    redrives: int = 0
    """How often it had been redriven when it failed this time."""
    history: tuple[Failure, ...] = ()
    """Its earlier failures, oldest first."""
    whole_bytes: int | None = None
    """Where only the beginning of the original is kept: the size of all of it."""

    @property
    def topic(self) -> str:
        """The topic whose dead letter this is."""
        return self.place.topic.removesuffix(DEAD_LETTER_SUFFIX)

    @property
    def is_question(self) -> bool:
        """Whether somebody got an AnswerFailed for it."""
        kind = attributes_of(self.headers).get("type", QueryRequested.event_type)
        return self.topic == QUERIES.name and kind == QueryRequested.event_type

    @property
    def request_id(self) -> str:
        """The id that the question had when it failed."""
        origin = self.origin or self.place
        return request_id(attributes_of(self.headers), origin.topic, origin.partition, origin.offset)

    @property
    def first_request_id(self) -> str:
        """The id under which the question was asked at first."""
        before = redrive_in(self.headers)
        return before.request_id if before and before.request_id else self.request_id

    @property
    def next_request_id(self) -> str:
        """The id under which a redrive asks it."""
        return redriven_request_id(self.first_request_id, self.redrives + 1)

    @property
    def subject(self) -> str:
        """What it is about: the key of an object, or the id of a request."""
        if self.topic == QUERIES.name:
            return self.request_id
        name = (self.key or b"").decode(errors="replace")
        return name.partition("/")[2] or name

    @property
    def failure(self) -> Failure:
        """Its latest failure, as its history will have it."""
        return Failure.of(self.stage, self.kind, self.reason, self.tries, self.last_at)


def mark_in(stored: Stored) -> str | None:
    """The id of the letter that this record marks as redriven; None for a letter."""
    headers = dict(stored.headers)
    if LetterHeader.STAGE in headers or MarkHeader.REDRIVEN not in headers:
        return None
    return headers[MarkHeader.REDRIVEN].decode(errors="replace")


def letter_in(stored: Stored) -> Letter:
    """The letter that stands there. Anybody may write to the topic: what cannot be read has a plain value."""
    cut = _begin_of_cause(stored.headers)
    said = {name: value.decode(errors="replace") for name, value in stored.headers[cut:]}
    place = Place(stored.topic, stored.partition, stored.offset)
    origin = _origin(said)
    named = origin or place
    return Letter(
        id=letter_id(named.topic, named.partition, named.offset),
        place=place,
        origin=origin,
        key=stored.key,
        value=stored.value,
        headers=stored.headers[:cut],
        stage=said.get(LetterHeader.STAGE, ""),
        kind=said.get(LetterHeader.KIND, ""),
        reason=said.get(LetterHeader.REASON, ""),
        tries=_count(said, LetterHeader.TRIES) or 1,
        first_at=_moment(said, LetterHeader.FIRST_AT) or stored.at,
        last_at=_moment(said, LetterHeader.LAST_AT) or stored.at,
        redrives=min(_count(said, LetterHeader.REDRIVES) or 0, MOST_REDRIVES - 1),
        history=tuple(history_from(said.get(LetterHeader.HISTORY, "[]").encode())),
        whole_bytes=_count(said, LetterHeader.TRUNCATED),
    )


def _begin_of_cause(headers: Headers) -> int:
    """Where the original's own headers end: it may itself have some of our names, so the last block counts."""
    names = [name for name, _ in headers]
    for first in (LetterHeader.ID, LetterHeader.STAGE):
        if first in names:
            return len(names) - 1 - names[::-1].index(first)
    return len(names)


def _origin(said: Mapping[str, str]) -> Place | None:
    partition, offset = _count(said, LetterHeader.PARTITION), _count(said, LetterHeader.OFFSET)
    topic = said.get(LetterHeader.TOPIC)
    return Place(topic, partition, offset) if topic and partition is not None and offset is not None else None


def _count(said: Mapping[str, str], name: LetterHeader) -> int | None:
    text = said.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _moment(said: Mapping[str, str], name: LetterHeader) -> datetime | None:
    try:
        return _MOMENT.validate_python(said.get(name))
    except ValidationError:
        return None
