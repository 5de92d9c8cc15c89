"""Redriving: the original of a dead letter goes back to its topic, and then a mark says so on the dead-letter topic.

In this order: what is interrupted in between is redriven once more the next time, never forgotten.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from producers.dead_letters.letter import Letter
from producers.errors import TooLargeForBus
from producers.kafka import Publisher
from producers.log import TopicLog
from schemas.dead_letters import HISTORY_LIMIT, REDRIVE, MarkHeader, Redrive, moment
from schemas.topics import DEAD_LETTER_SUFFIX

TOGETHER = 100
"""Letters that are sent before their marks are."""
TOGETHER_BYTES = 4 * 1024 * 1024
DEADLINE_EXCEEDED = "deadline_exceeded"

Record = tuple[str, bytes | None, bytes | None, Sequence[tuple[str, bytes]]]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one letter: it was sent again, or `trouble` says why not."""

    letter: Letter
    trouble: str = ""


class CannotRedrive(Exception):
    """The original cannot be sent again; the message says why, and what to do."""


class Originals:
    """The whole of letters of which only the beginning was kept, while it is still where it came from."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    def whole(self, letter: Letter) -> Letter:
        """The letter with all of its original. Raises `CannotRedrive`, and `producers.errors.BusUnavailable`."""
        if letter.whole_bytes is None:
            return letter
        if letter.origin is not None:
            # A reader of its own: the letters are being read with another, from elsewhere.
            with TopicLog(self._bootstrap) as log:
                found = log.at(letter.origin.topic, letter.origin.partition, letter.origin.offset)
            if found is not None and _continues(found.value or b"", letter):
                # Its key and headers may have been too large as well.
                return replace(letter, key=found.key, value=found.value, headers=found.headers, whole_bytes=None)
        raise CannotRedrive(
            f"only the first {len(letter.value or b'')} of its {letter.whole_bytes} bytes were kept, "
            f"and {letter.topic} no longer has the rest"
        )


def redrive(letters: Iterable[Letter], publisher: Publisher, originals: Originals, *, at: datetime) -> Iterator[Result]:
    """Send the letters back and mark them as redriven at `at`; a result for each, as it is known.

    Raises `producers.errors.BusUnavailable`; what had no result by then may have been sent, and is still open.
    """
    batch: list[Letter] = []
    for letter in letters:
        judged = judge(letter, originals)
        if judged.trouble:
            yield judged
            continue
        batch.append(judged.letter)
        if len(batch) == TOGETHER or sum(len(each.value or b"") for each in batch) > TOGETHER_BYTES:
            yield from _send(batch, publisher, at)
            batch = []
    yield from _send(batch, publisher, at)


def judge(letter: Letter, originals: Originals) -> Result:
    """Whether the letter can be sent again, with the whole of it if so. Raises `producers.errors.BusUnavailable`."""
    if trouble := _trouble(letter):
        return Result(letter, trouble)
    try:
        return Result(originals.whole(letter))
    except CannotRedrive as error:
        return Result(letter, str(error))


def _trouble(letter: Letter) -> str:
    """Why there is nothing that could be sent again; empty where there is."""
    if letter.origin is None or letter.origin.topic + DEAD_LETTER_SUFFIX != letter.place.topic:
        return f"it was never a record of {letter.topic}; omnibus reconcile --fix looks into the bucket instead"
    if letter.is_question and letter.kind == DEADLINE_EXCEEDED:
        return "the question's own deadline has passed; ask it anew"
    return ""


def original_record(letter: Letter) -> Record:
    """The record as it goes back: original bytes and headers, and what it has behind it in a header `redrive`.

    A question gets a new request id: under its own one it has had its terminal reply.
    """
    headers = [(name, value) for name, value in letter.headers if name != REDRIVE]
    key = letter.key
    if letter.is_question:
        old, new = letter.request_id.encode(), letter.next_request_id.encode()
        # Where the key and the subject say the request id, they say the new one.
        renamed = [(name, new if name == "ce_subject" and value == old else value) for name, value in headers]
        headers = [("ce_id", new), *((name, value) for name, value in renamed if name != "ce_id")]
        key = new if key == old else key
    behind = Redrive(
        number=letter.redrives + 1,
        letter=letter.id,
        first_at=letter.first_at,
        request_id=letter.first_request_id if letter.is_question else "",
        history=[*letter.history, letter.failure][-HISTORY_LIMIT:],
    )
    return letter.topic, key, letter.value, [*headers, (REDRIVE, behind.model_dump_json().encode())]


def mark(letter: Letter, at: datetime) -> Record:
    """The record on the dead-letter topic that says that the letter was redriven."""
    headers = [(MarkHeader.REDRIVEN.value, letter.id.encode()), (MarkHeader.AT.value, moment(at).encode())]
    return letter.place.topic, letter.key, b"", headers


def _send(batch: Sequence[Letter], publisher: Publisher, at: datetime) -> Iterator[Result]:
    try:
        publisher.publish_all([original_record(letter) for letter in batch])
    except TooLargeForBus:
        if len(batch) > 1:
            # One of them: each by itself. Those that were sent already are sent twice, and worked on once more.
            for letter in batch:
                yield from _send([letter], publisher, at)
            return
        yield Result(batch[0], "the broker does not take a record of this size back, with its history added")
        return
    publisher.publish_all([mark(letter, at) for letter in batch])
    yield from (Result(letter) for letter in batch)


def _continues(value: bytes, letter: Letter) -> bool:
    """Whether this is the whole of it: a topic that was made anew has other records at the same places."""
    return len(value) == letter.whole_bytes and value.startswith(letter.value or b"")
