"""Replies: any number of deltas, and exactly one terminal reply per question.

The reply-once key is claimed before the terminal reply is published, and marked done after the broker has it. A
process that dies in between leaves a claim that runs out, and the dispatcher's lease has the question worked on
again. The message is kept before it is first tried, and never replaced: should the broker have it although its
acknowledgement was lost, what is sent again is a copy, with the same event id.
"""

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from producers.errors import BusUnavailable
from producers.kafka import Publisher
from schemas.answers import TERMINAL, AnswerCompleted, AnswerDelta, AnswerFailed, FailureCode
from schemas.envelope import Message
from workers.answer.asked import ReplyTo
from workers.errors import OmnibusError, ServiceUnavailable, Transient
from workers.ports.cache import Cache

CLAIM_S = 30
"""Longer than a publish may take (`producers.kafka.TIMEOUT_S`), shorter than a question's lease."""
DONE_S = 24 * 3600
MESSAGE_LIMIT = 2000
"""Characters of an error's sentence that travel: it may quote what a sender wrote, of any size."""
CLAIMED, DONE = b"claimed", b"done"


class Replies:
    """Publishes replies to the topic that each question asked for."""

    def __init__(self, publisher: Publisher, cache: Cache) -> None:
        self._publisher = publisher
        self._cache = cache

    def delta(self, to: ReplyTo, sequence: int, text: str) -> None:
        """Publish a piece of the answer. Raises `ServiceUnavailable`."""
        message = AnswerDelta(request_id=to.request_id, sequence=sequence, text=text)
        event_id = _event_id(to.request_id, f"delta:{sequence}")
        self._publish(to, message, event_id, {"sequence": str(sequence)})

    def terminal(self, to: ReplyTo, message: AnswerCompleted | AnswerFailed) -> bool:
        """Publish the one terminal reply; False when there is one already, or another process is about to publish it.

        Raises `ServiceUnavailable`; nothing is claimed then.
        """
        key = _key(to.request_id)
        if not self._cache.claim(key, CLAIMED, ttl_s=CLAIM_S):
            return False
        try:
            self._publish(to, self._settled(to, message), _event_id(to.request_id, "terminal"), {})
        except ServiceUnavailable:
            self._cache.delete([key])
            raise
        self._cache.put_many({key: DONE}, ttl_s=DONE_S)
        return True

    def _settled(self, to: ReplyTo, message: AnswerCompleted | AnswerFailed) -> AnswerCompleted | AnswerFailed:
        """The terminal message that was tried first: whether the broker has it may be unknown, so it stays."""
        key = f"reply-body:{to.request_id}"
        body = f"{message.event_type}\n{message.model_dump_json()}".encode()
        if self._cache.claim(key, body, ttl_s=DONE_S):
            return message
        (first,) = self._cache.get_many([key])
        if first is None:
            return message
        event_type, _, content = first.decode().partition("\n")
        return TERMINAL[event_type].model_validate_json(content)

    def fail(self, to: ReplyTo, error: Exception) -> bool:
        """Publish `error` as the terminal reply: its code and sentence if it is one of ours, else `internal`."""
        known = isinstance(error, OmnibusError) and error.kind in list(FailureCode)
        sentence = str(error) if known else f"the question failed inside Omnibus ({type(error).__name__})"
        message = AnswerFailed(
            request_id=to.request_id,
            code=FailureCode(error.kind) if known and isinstance(error, OmnibusError) else FailureCode.INTERNAL,
            message=sentence[:MESSAGE_LIMIT],
            retryable=isinstance(error, Transient) or not known,
        )
        return self.terminal(to, message)

    def done(self, request_ids: Sequence[str]) -> set[str]:
        """Those of the questions whose terminal reply the broker has."""
        states = self._cache.get_many([_key(request_id) for request_id in request_ids])
        return {request_id for request_id, state in zip(request_ids, states, strict=True) if state == DONE}

    def _publish(self, to: ReplyTo, message: Message, event_id: str, more: dict[str, str]) -> None:
        extensions = {"requestid": to.request_id, "tenant": to.tenant, **more}
        if to.traceparent:
            extensions["traceparent"] = to.traceparent
        try:
            self._publisher.publish(to.topic, message, key=to.request_id, event_id=event_id, extensions=extensions)
        except BusUnavailable as error:
            raise ServiceUnavailable(str(error)) from error


def _key(request_id: str) -> str:
    return f"reply:{request_id}"


def _event_id(request_id: str, what: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"omnibus:reply:{request_id}:{what}"))
