"""Dead letters: what cannot be processed is kept, as it came, where an operator finds it."""

from collections.abc import Mapping
from dataclasses import dataclass

from producers.errors import TooLargeForBus
from producers.kafka import Publisher
from schemas.topics import DEAD_LETTER_SUFFIX
from workers.domain.record import Incoming

TRUNCATED = 256 * 1024
"""Bytes that are kept of a record that is too large to be kept whole."""
HEADER_LIMIT = 2000
"""Characters of a reason that are kept."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a record is dead: the step that gave up, the error's kind and sentence, and the number of tries."""

    stage: str
    kind: str
    reason: str
    tries: int = 1


class DeadLetters:
    """Writes to `<topic>.dlt`: original key, bytes and headers, cause and origin as `dlt_*`."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def bury(self, record: Incoming, cause: Cause) -> None:
        """Keep `record`. Raises `producers.errors.BusUnavailable`, and then the record is not done."""
        headers = {
            "dlt_stage": cause.stage,
            "dlt_kind": cause.kind,
            "dlt_reason": cause.reason[:HEADER_LIMIT],
            "dlt_tries": str(cause.tries),
            "dlt_topic": record.topic,
            "dlt_partition": str(record.position.partition),
            "dlt_offset": str(record.position.offset),
        }
        # A record without key and value is nothing that the client would send.
        value = b"" if record.key is None and record.value is None else record.value
        try:
            self._send(record, value, headers)
        except TooLargeForBus:
            # The whole stays where the origin headers say, for as long as the topic keeps it.
            kept = (value or b"")[:TRUNCATED]
            self._send(record, kept, {**headers, "dlt_truncated": str(len(value or b""))})

    def _send(self, record: Incoming, value: bytes | None, headers: Mapping[str, str]) -> None:
        more = [(name, text.encode()) for name, text in headers.items()]
        self._publisher.publish_raw(
            record.topic + DEAD_LETTER_SUFFIX, key=record.key, value=value, headers=[*record.headers, *more]
        )
