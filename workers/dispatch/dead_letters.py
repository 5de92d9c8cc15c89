"""Dead letters: what cannot be processed is kept, as it came, where an operator finds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from producers.errors import TooLargeForBus
from producers.kafka import Publisher
from schemas.dead_letters import LetterHeader, history_json, letter_id, moment, redrive_in
from schemas.topics import DEAD_LETTER_SUFFIX
from workers.domain.record import Incoming

TRUNCATED = 256 * 1024
"""Bytes that are kept of a record that is too large to be kept whole."""
SMALL = 1024
"""Bytes of its key, and of each header, up to which these are kept then. Compressed, any of them may have travelled as
next to nothing."""
MOST_SMALL = 32
HEADER_LIMIT = 2000
"""Characters of a reason that are kept."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a record is dead: the step that gave up, the error's kind and sentence, and the number of tries.

    `after_s`: seconds from the first try that failed to the last.
    """

    stage: str
    kind: str
    reason: str
    tries: int = 1
    after_s: float = 0.0


def _now() -> datetime:
    return datetime.now(UTC)


class DeadLetters:
    """Writes to `<topic>.dlt`: original key, bytes and headers, then what `schemas.dead_letters.LetterHeader` names.

    A record that was redriven keeps what it has behind it.
    """

    def __init__(self, publisher: Publisher, utc_now: Callable[[], datetime] = _now) -> None:
        self._publisher = publisher
        self._utc_now = utc_now

    def bury(self, record: Incoming, cause: Cause) -> None:
        """Keep `record`. Raises `producers.errors.BusUnavailable`, and then the record is not done."""
        headers = {**_cause(cause), **_times(record, cause, self._utc_now()), **_origin(record), **_past(record)}
        # A record without key and value is nothing that the client would send.
        value = b"" if record.key is None and record.value is None else record.value
        try:
            self._send(record, value, headers)
        except TooLargeForBus:
            # The whole stays where the origin headers say, for as long as the topic keeps it.
            kept = (value or b"")[:TRUNCATED]
            self._send(_cut(record), kept, {**headers, LetterHeader.TRUNCATED: str(len(value or b""))})

    def _send(self, record: Incoming, value: bytes | None, headers: Mapping[LetterHeader, str]) -> None:
        more = [(name.value, headers[name].encode(errors="replace")) for name in LetterHeader if name in headers]
        self._publisher.publish_raw(
            record.topic + DEAD_LETTER_SUFFIX, key=record.key, value=value, headers=[*record.headers, *more]
        )


def _cut(record: Incoming) -> Incoming:
    """The record without a key and headers that are large."""
    small = [header for header in record.headers if len(header[0]) + len(header[1]) <= SMALL]
    key = record.key if len(record.key or b"") <= SMALL else None
    return replace(record, key=key, headers=tuple(small[:MOST_SMALL]))


def _cause(cause: Cause) -> dict[LetterHeader, str]:
    return {
        LetterHeader.STAGE: cause.stage,
        LetterHeader.KIND: cause.kind,
        LetterHeader.REASON: cause.reason[:HEADER_LIMIT],
        LetterHeader.TRIES: str(cause.tries),
    }


def _times(record: Incoming, cause: Cause, now: datetime) -> dict[LetterHeader, str]:
    before = redrive_in(record.headers)
    first = before.first_at if before else now - timedelta(seconds=cause.after_s)
    return {LetterHeader.FIRST_AT: moment(first), LetterHeader.LAST_AT: moment(now)}


def _origin(record: Incoming) -> dict[LetterHeader, str]:
    place = record.topic, record.position.partition, record.position.offset
    return {
        LetterHeader.ID: letter_id(*place),
        LetterHeader.TOPIC: record.topic,
        LetterHeader.PARTITION: str(record.position.partition),
        LetterHeader.OFFSET: str(record.position.offset),
    }


def _past(record: Incoming) -> dict[LetterHeader, str]:
    before = redrive_in(record.headers)
    if before is None:
        return {}
    return {
        LetterHeader.REDRIVES: str(before.number),
        LetterHeader.HISTORY: history_json(before.history).decode(),
    }
