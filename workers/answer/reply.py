"""Replies: any number of deltas, and exactly one terminal reply per question.

The reply-once key is claimed before the terminal reply is published, and marked done after the broker has it. A
process that dies in between leaves a claim that runs out, and the dispatcher's lease has the question worked on
again. The message is kept before it is first tried, and never replaced: should the broker have it although its
acknowledgement was lost, what is sent again is a copy, with the same event id. A kept message that the broker may not
have is sent by whoever finds it first; the dispatcher looks for them.
"""

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from uuid import NAMESPACE_URL, uuid5

from producers.errors import BusUnavailable, TooLargeForBus
from producers.kafka import Publisher
from schemas.answers import TERMINAL, AnswerCompleted, AnswerDelta, AnswerFailed, Degradation, FailureCode
from schemas.envelope import Message
from workers.answer.asked import ReplyTo
from workers.answer.once import CLAIMED, done_for, reply_key, whose
from workers.domain.media import erasure_mark
from workers.errors import OmnibusError, ServiceUnavailable, Transient
from workers.ports.cache import Cache

CLAIM_S = 30
"""Longer than a publish may take (`producers.kafka.TIMEOUT_S`), shorter than a question's lease."""
DONE_S = 25 * 3600
"""How long a question is known to have its reply: longer than any question may take."""
KEPT_S = DONE_S + 3600
"""How long the reply itself is kept, for whoever asks again with the same id."""
MESSAGE_LIMIT = 2000
"""Characters of an error's sentence that travel: it may quote what a sender wrote, of any size."""
Terminal = AnswerCompleted | AnswerFailed


class Replies:
    """Publishes replies to the topic that each question asked for. `claim_s`: how long a claim outlives its process."""

    def __init__(self, publisher: Publisher, cache: Cache, *, claim_s: int = CLAIM_S) -> None:
        self._publisher = publisher
        self._cache = cache
        self._claim_s = claim_s

    def delta(self, to: ReplyTo, sequence: int, text: str) -> None:
        """Publish a piece of the answer. Raises `ServiceUnavailable`."""
        message = AnswerDelta(request_id=to.request_id, sequence=sequence, text=text)
        event_id = _event_id(to.request_id, f"delta:{sequence}")
        self._publish(to, message, event_id, {"sequence": str(sequence)})

    def terminal(self, to: ReplyTo, message: Terminal, *, traces: Collection[str] = ()) -> bool:
        """Publish the one terminal reply; False when there is one already, or another process is about to publish it.

        With `traces` (`ObjectRef.trace`) of the objects that it is about, the kept copy is erased with any of them.
        Raises `ServiceUnavailable`; nothing is claimed then.
        """
        key = reply_key(to.request_id)
        if not self._cache.claim(key, CLAIMED, ttl_s=self._claim_s):
            return False
        try:
            self._send(to, self._settled(to, message, traces))
        except BaseException:
            self._cache.delete([key])
            raise
        self._cache.put_many({key: done_for(to.asked_at)}, ttl_s=DONE_S)
        return True

    def again(self, to: ReplyTo) -> None:
        """Send a copy of the kept terminal reply, with its event id, to who asked again. Raises as `terminal`."""
        kept = self._kept(to.request_id)
        if kept is not None:
            self._send(to, kept)
            return
        reason = "the reply to this id was erased with an object that it is about; ask with another id"
        erased = AnswerFailed(request_id=to.request_id, code=FailureCode.OBJECT_GONE, message=reason, retryable=False)
        self._publish(to, erased, _event_id(to.request_id, f"erased:{to.asked_at}"), {})

    def erase(self, request_id: str) -> None:
        """Keep no copy of the terminal reply any longer. Raises `ServiceUnavailable`."""
        self._cache.delete([_body_key(request_id)])

    def erased(self, traces: Collection[str]) -> bool:
        """Whether one of these objects was erased a short while ago. Raises `ServiceUnavailable`."""
        return any(self._cache.get_many([erasure_mark(trace) for trace in traces]))

    def unsent(self, questions: Sequence[ReplyTo]) -> Mapping[str, Terminal]:
        """Request id -> the kept terminal reply, of those of the questions that have one which may not be sent."""
        states = self._cache.get_many([reply_key(to.request_id) for to in questions])
        unclaimed = [to.request_id for to, state in zip(questions, states, strict=True) if state is None]
        bodies = self._cache.get_many([_body_key(request_id) for request_id in unclaimed])
        return {name: _unpacked(body) for name, body in zip(unclaimed, bodies, strict=True) if body is not None}

    def _send(self, to: ReplyTo, message: Terminal) -> None:
        for candidate in _smaller_and_smaller(message):
            try:
                self._publish(to, candidate, _event_id(to.request_id, "terminal"), {})
            except TooLargeForBus:
                if candidate.event_type == AnswerFailed.event_type:
                    raise
                continue
            if candidate is not message:
                # The broker took none of the larger ones, so this is the first that anybody can have seen.
                self._cache.put_many({_body_key(to.request_id): _packed(candidate)}, ttl_s=KEPT_S)
            return

    def _settled(self, to: ReplyTo, message: Terminal, traces: Collection[str]) -> Terminal:
        """The terminal message that was tried first: whether the broker has it may be unknown, so it stays."""
        if traces:
            self._cache.relate({trace: [_body_key(to.request_id)] for trace in traces}, ttl_s=KEPT_S)
        if self._cache.claim(_body_key(to.request_id), _packed(message), ttl_s=KEPT_S):
            return message
        return self._kept(to.request_id) or message

    def _kept(self, request_id: str) -> Terminal | None:
        (body,) = self._cache.get_many([_body_key(request_id)])
        return None if body is None else _unpacked(body)

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

    def done(self, request_ids: Sequence[str]) -> Mapping[str, str]:
        """Request id -> the place of the record that asked, of those whose terminal reply the broker has."""
        states = self._cache.get_many([reply_key(request_id) for request_id in request_ids])
        asked_at = {name: whose(state) for name, state in zip(request_ids, states, strict=True)}
        return {request_id: place for request_id, place in asked_at.items() if place is not None}

    def _publish(self, to: ReplyTo, message: Message, event_id: str, more: dict[str, str]) -> None:
        extensions = {"requestid": to.request_id, "tenant": to.tenant, **more}
        if to.traceparent:
            extensions["traceparent"] = to.traceparent
        try:
            self._publisher.publish(to.topic, message, key=to.request_id, event_id=event_id, extensions=extensions)
        except BusUnavailable as error:
            raise ServiceUnavailable(str(error)) from error


def _body_key(request_id: str) -> str:
    return f"reply-body:{request_id}"


def _packed(message: Terminal) -> bytes:
    return zlib.compress(f"{message.event_type}\n{message.model_dump_json()}".encode(), level=1)


def _unpacked(body: bytes) -> Terminal:
    event_type, _, content = zlib.decompress(body).decode().partition("\n")
    return TERMINAL[event_type].model_validate_json(content)


def _smaller_and_smaller(message: Terminal) -> Iterator[Terminal]:
    """The message, and what can be said where the broker takes no record of that size."""
    yield message
    if isinstance(message, AnswerCompleted):
        reason = "the reply was too large for the bus; the words of its hits are left out"
        yield message.model_copy(
            update={
                "hits": [hit.model_copy(update={"text": None}) for hit in message.hits],
                "degraded": [*message.degraded, Degradation(part="reply", reason=reason)],
            }
        )
    yield AnswerFailed(
        request_id=message.request_id,
        code=FailureCode.INTERNAL,
        message="the reply is too large for the bus; ask for fewer hits",
        retryable=False,
    )


def _event_id(request_id: str, what: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"omnibus:reply:{request_id}:{what}"))
