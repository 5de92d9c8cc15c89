"""Asking: a question goes out, the replies to it come in, the last of them is the result."""

import uuid
from collections.abc import Callable
from contextlib import suppress

from pydantic import ValidationError

from producers.errors import NoReply
from producers.kafka import Publisher
from producers.tail import Tail
from schemas.answers import TERMINAL, AnswerCompleted, AnswerDelta, AnswerFailed
from schemas.envelope import attributes_of
from schemas.questions import QueryRequested
from schemas.topics import QUERIES, REPLIES

Terminal = AnswerCompleted | AnswerFailed


def ask(
    publisher: Publisher,
    bootstrap: str,
    question: QueryRequested,
    *,
    timeout_s: float,
    on_delta: Callable[[str], None] | None = None,
) -> Terminal:
    """Send `question` and wait up to `timeout_s` seconds for its terminal reply; `on_delta` gets the text as it comes.

    Raises `NoReply` when none came in time, and `BusUnavailable`.
    """
    request_id = str(uuid.uuid4())
    topic = question.reply_topic or REPLIES.name
    with Tail(bootstrap, topic) as tail:
        publisher.publish(QUERIES.name, question, key=request_id, event_id=request_id)
        for record in tail.records(timeout_s=timeout_s):
            attributes = attributes_of(record.headers)
            if attributes.get("requestid") != request_id:
                continue
            event_type = attributes.get("type")
            if event_type in TERMINAL:
                with suppress(ValidationError):  # not from an answer worker; ours is still to come
                    return TERMINAL[event_type].model_validate_json(record.value)
            if event_type == AnswerDelta.event_type and on_delta:
                on_delta(AnswerDelta.model_validate_json(record.value).text)
    raise NoReply(f"no reply to question {request_id} within {timeout_s:.0f} s; is a worker running? (omnibus status)")
