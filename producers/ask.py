"""Asking: a question goes out, the replies to it come in, the last of them is the result. And asking no more."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from producers.errors import BusUnavailable, NoReply
from producers.kafka import Publisher
from producers.tail import Tail
from schemas.answers import TERMINAL, AnswerCompleted, AnswerDelta, AnswerFailed
from schemas.envelope import attributes_of
from schemas.questions import QueryCancelled, QueryRequested
from schemas.topics import QUERIES, REPLIES

GRACE_S = 3.0
"""Seconds that the reply to a question whose time is up may take, after that time."""
Terminal = AnswerCompleted | AnswerFailed


def cancel(publisher: Publisher, request_id: str) -> None:
    """Say that nobody waits for the answer to this question any more. Raises `BusUnavailable`."""
    # The question's own key: it must not overtake the question.
    publisher.publish(QUERIES.name, QueryCancelled(request_id=request_id), key=request_id)


def ask(
    publisher: Publisher,
    bootstrap: str,
    question: QueryRequested,
    *,
    timeout_s: float,
    on_delta: Callable[[str], None] | None = None,
) -> Terminal:
    """Send `question` and wait for its terminal reply; `on_delta` gets the text as it comes.

    A question without a deadline gets one in `timeout_s` seconds: nobody works on it after that. Whoever interrupts
    the waiting cancels it. Raises `NoReply` when no reply came in time, and `BusUnavailable`.
    """
    request_id = str(uuid.uuid4())
    if question.deadline is None:
        question = question.model_copy(update={"deadline": datetime.now(UTC) + timedelta(seconds=timeout_s)})
    with Tail(bootstrap, question.reply_topic or REPLIES.name) as tail:
        try:
            # An interruption while the broker's word is awaited finds the question on the bus, too.
            publisher.publish(QUERIES.name, question, key=request_id, event_id=request_id)
            reply = _terminal(tail, request_id, timeout_s + GRACE_S, on_delta)
        except KeyboardInterrupt:
            with suppress(BusUnavailable):  # then the deadline ends it
                cancel(publisher, request_id)
            raise
    if reply is None:
        raise NoReply(
            f"no reply to question {request_id} within {timeout_s:.0f} s; is a worker running? (omnibus status)"
        )
    return reply


def _terminal(tail: Tail, request_id: str, timeout_s: float, on_delta: Callable[[str], None] | None) -> Terminal | None:
    for record in tail.records(timeout_s=timeout_s):
        attributes = attributes_of(record.headers)
        if attributes.get("requestid") != request_id:
            continue
        event_type = attributes.get("type")
        with suppress(ValidationError):  # not from an answer worker; ours is still to come
            if event_type in TERMINAL:
                return TERMINAL[event_type].model_validate_json(record.value or b"")
            if event_type == AnswerDelta.event_type and on_delta:
                on_delta(AnswerDelta.model_validate_json(record.value or b"").text)
    return None
