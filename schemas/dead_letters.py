"""Dead letters as they travel on `<topic>.dlt`: the names of their headers, and what a redriven record carries.

The topic is a log of two kinds of records: letters, which are an original record with `dlt_*` headers after its own,
and marks, which say that a letter was redriven. A letter that comes after its mark has failed anew.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import NAMESPACE_URL, uuid5

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

HISTORY_LIMIT = 10
"""Earlier failures that a letter keeps: the newest."""
REASON_LIMIT = 200
"""Characters of an earlier failure's stage, kind and reason that are kept."""
MOST_REDRIVES = 1_000_000
REDRIVE = "redrive"
"""Header of a record that came back from the dead letters: a `Redrive` in JSON."""


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range in UTC") from error


Word = Annotated[str, StringConstraints(max_length=REASON_LIMIT)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class LetterHeader(StrEnum):
    """The headers of a letter, in their order. `ID` is the first: what stands before it is the original's."""

    ID = "dlt_id"
    STAGE = "dlt_stage"
    KIND = "dlt_kind"
    REASON = "dlt_reason"
    TRIES = "dlt_tries"
    FIRST_AT = "dlt_first_at"
    LAST_AT = "dlt_last_at"
    TOPIC = "dlt_topic"
    PARTITION = "dlt_partition"
    OFFSET = "dlt_offset"
    REDRIVES = "dlt_redrives"
    HISTORY = "dlt_history"
    TRUNCATED = "dlt_truncated"


class MarkHeader(StrEnum):
    """The headers of a mark. It has no `dlt_stage`: a letter may have these names among its original's headers."""

    REDRIVEN = "dlt_redriven"
    AT = "dlt_redriven_at"


class Failure(BaseModel):
    """One time that a record was given up: the step, the error's kind and sentence, the tries, and when."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: Word
    kind: Word
    reason: Word
    tries: int = 1
    at: Moment

    @classmethod
    def of(cls, stage: str, kind: str, reason: str, tries: int, at: datetime) -> Self:
        """A failure with as much of its words as is kept."""
        return cls(
            stage=stage[:REASON_LIMIT], kind=kind[:REASON_LIMIT], reason=reason[:REASON_LIMIT], tries=tries, at=at
        )


class Redrive(BaseModel):
    """What a redriven record has behind it. `history` is oldest first, and `request_id` a question's first one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int = Field(ge=1, le=MOST_REDRIVES)
    letter: Word
    first_at: Moment
    request_id: Word = ""
    history: list[Failure] = Field(default_factory=list)


_FAILURES = TypeAdapter(list[Failure])


def letter_id(topic: str, partition: int, offset: int) -> str:
    """uuid5 of where the original record stood: a record that is buried twice has one id."""
    return str(uuid5(NAMESPACE_URL, f"omnibus:dead-letter:{topic}:{partition}:{offset}"))


def redrive_in(headers: Iterable[tuple[str, bytes | None]]) -> Redrive | None:
    """What the `redrive` header says; None where there is none, or one that cannot be read."""
    value = dict(headers).get(REDRIVE)
    try:
        return None if value is None else Redrive.model_validate_json(value)
    except ValidationError:
        return None


def history_json(history: Sequence[Failure]) -> bytes:
    """`history` as a header's value."""
    return _FAILURES.dump_json(list(history[-HISTORY_LIMIT:]))


def history_from(value: bytes) -> list[Failure]:
    """The inverse of `history_json`; empty for what cannot be read."""
    try:
        return _FAILURES.validate_json(value)
    except ValidationError:
        return []


def moment(at: datetime) -> str:
    """`at` in RFC 3339, in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
