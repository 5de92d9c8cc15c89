"""What happens to a question after it was read: the steps, in order, one line each, as a Celery canvas."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from time import monotonic, perf_counter
from typing import Any

from celery import Celery, chain, group, signature
from celery.canvas import Signature
from celery.exceptions import Ignore

from workers.answer.asked import Asked, Questions
from workers.answer.attribute import attribute
from workers.answer.complete import completed
from workers.answer.encode import EncodedQuestions, QuestionEncoder
from workers.answer.fuse import fuse
from workers.answer.generate import SOURCES, Writer, wording
from workers.answer.reply import Replies
from workers.answer.retrieve import RETRIEVERS, Retrieval, Retrieved
from workers.answer.unwanted import Unwanted
from workers.answer.widen import REACH, widened
from workers.domain.hit import FusedHit
from workers.domain.segment import StoredSegment
from workers.errors import DeadlineExceeded, ServiceUnavailable
from workers.ports.encoders import TextEncoder
from workers.ports.index import Index

QUEUE = "answer"
State = dict[str, Any]
"""What travels between the steps: ids, scores and timings."""


def question_canvas(app: Celery, request_id: str, *, generate: bool, expires: datetime) -> Signature:
    """The steps of one question, for the queues of `app`."""

    def step(name: str, **more: str) -> Signature:
        kwargs = {"request_id": request_id, **more}
        # Without the app it would be the current one, which is another for every thread.
        # Nobody looks up its result: what it returns goes to the next step, and the end of it all is the reply.
        return signature(f"answer.{name}", kwargs=kwargs, app=app, queue=QUEUE, expires=expires, ignore_result=True)

    return chain(
        step("encode"),
        group([step("retrieve", retriever=retriever) for retriever in RETRIEVERS], app=app),
        step("fuse"),
        *([step("generate")] if generate else []),
        step("reply"),
        app=app,
    )


@dataclass(frozen=True, slots=True)
class AnswerParts:
    """What the steps work with. `floors`: retriever -> score below which its hits say nothing."""

    questions: Questions
    encoded: EncodedQuestions
    encoder: QuestionEncoder
    text: TextEncoder
    index: Index
    retrieval: Retrieval
    floors: Mapping[str, float]
    writer: Writer
    replies: Replies
    lineage: Mapping[str, str]


class AnswerSteps:
    """The steps themselves. One that raises sends the question's AnswerFailed, and ends the chain."""

    NAMES = ("encode", "retrieve", "fuse", "generate", "reply")
    """The methods that are steps; the task of each is `answer.<name>`."""

    def __init__(self, parts: AnswerParts) -> None:
        self._parts = parts

    def warm(self) -> None:
        """Load every model, which otherwise happens at the first question. Raises `ModelUnavailable`."""
        self._parts.encoder.warm()
        self._parts.writer.warm()

    def encode(self, request_id: str) -> State:
        """Words and picture into vectors, which wait in the cache."""
        return self._run("encode", request_id, {}, self._encode)

    def retrieve(self, state: State, request_id: str, retriever: str) -> State:
        """One retriever's hits."""
        return self._run(f"retrieve_{retriever}", request_id, state, lambda asked, _: self._retrieve(asked, retriever))

    def fuse(self, states: Sequence[State], request_id: str) -> State:
        """All retrievers' hits as one list."""
        together: State = {
            "retrieved": [state["retrieved"] for state in states],
            "timings_ms": {name: ms for state in states for name, ms in state["timings_ms"].items()},
        }
        return self._run("fuse", request_id, together, self._fuse)

    def generate(self, state: State, request_id: str) -> State:
        """An answer with its citations, or a refusal; ends with the reply, which carries the text."""
        return self._run("generate", request_id, state, self._generate)

    def reply(self, state: State, request_id: str) -> State:
        """The one terminal reply."""
        return self._run("reply", request_id, state, self._reply)

    def _run(self, step: str, request_id: str, state: State, work: Callable[[Asked, State], State]) -> State:
        asked, replied = self._parts.questions.look(request_id)
        begun = perf_counter()
        try:
            _check_wanted(asked, step, replied=replied)
            after = work(asked, state)
        except Ignore:
            raise
        except Exception as error:
            self._parts.replies.fail(asked.reply_to, error)
            raise
        timings = {**state.get("timings_ms", {}), step: round((perf_counter() - begun) * 1000, 2)}
        return {**after, "timings_ms": timings}

    def _encode(self, asked: Asked, state: State) -> State:
        self._parts.encoded.put(asked.request_id, self._parts.encoder.encode(asked))
        return state

    def _retrieve(self, asked: Asked, retriever: str) -> State:
        encoded = self._parts.encoded.get(asked.request_id)
        return {"retrieved": self._parts.retrieval.retrieve(retriever, asked.query, encoded).to_dict()}

    def _fuse(self, asked: Asked, state: State) -> State:
        retrieved = [Retrieved.from_dict(entry) for entry in state["retrieved"]]
        missing = [{"part": f"retrieve_{r.retriever}", "reason": r.failed} for r in retrieved if r.failed]
        if len(missing) == len(retrieved):
            raise ServiceUnavailable(f"no retriever answered: {missing[0]['reason']}")
        hits = fuse(retrieved, self._parts.floors, asked.query.top_k)
        return {"hits": [[hit.segment_id, hit.score, hit.scores] for hit in hits], "degraded": missing}

    def _generate(self, asked: Asked, state: State) -> State:
        parts = self._parts
        hits = _hits(state)
        segments = {s.id: s for s in parts.index.segments([hit.segment_id for hit in hits])}
        around = partial(parts.index.around, reach=REACH)
        sources = widened(parts.writer.sources(hits, segments), SOURCES, around, asked.query.filters.modality)
        seen = parts.encoded.get(asked.request_id).seen
        answer = parts.writer.write(
            asked.query,
            seen,
            sources,
            on_text=self._streamer(asked) if asked.query.stream else None,
            should_stop=Unwanted(asked, parts.replies, utc_now=lambda: datetime.now(UTC), clock=monotonic),
        )
        # What was stopped is no answer.
        _check_wanted(asked, "generate", replied=bool(parts.replies.done([asked.request_id])))
        answer = attribute(answer, wording(asked.query.text, seen), sources, parts.text)
        citations = [[c.marker, c.segment.id, c.quote] for c in answer.citations]
        return {
            **state,
            "answer": answer.text,
            "refused": answer.refused,
            "citations": citations,
            "read": {s.id: s.version.etag for s in (*segments.values(), *(source.segment for source in sources))},
        }

    def _streamer(self, asked: Asked) -> Callable[[str], None]:
        sent, bus_away = 0, False

        def send(text: str) -> None:
            nonlocal sent, bus_away
            if bus_away:
                return
            try:
                self._parts.replies.delta(asked.reply_to, sent, text)
            except ServiceUnavailable:
                # The terminal reply has all of the text; no further piece may follow the gap.
                bus_away = True
            sent += 1

        return send

    def _reply(self, asked: Asked, state: State) -> State:
        # What stood beside a hit and was read with it may be cited as well.
        wanted = list(dict.fromkeys([*(hit.segment_id for hit in _hits(state)), *state.get("read", {})]))
        segments = {segment.id: segment for segment in self._parts.index.segments(wanted)}
        message = completed(asked, state, _hits(state), segments, self._parts.lineage)
        traces = {segment.ref.trace for segment in segments.values()}
        self._parts.replies.terminal(asked.reply_to, message, traces=traces)
        with suppress(ServiceUnavailable):  # the reply is sent
            if len(segments) < len(wanted) or self._erased_meanwhile(traces, segments, state.get("read", {})):
                self._parts.replies.erase(asked.request_id)
        return {}

    def _erased_meanwhile(
        self, traces: Collection[str], segments: Mapping[str, StoredSegment], read: Mapping[str, str]
    ) -> bool:
        """Whether an object left before it was noted that the kept copy is about it, and did not come back the same.

        `read`: segment id -> etag of the object whose words the answer was written from.
        """
        if not self._parts.replies.erased(traces):
            return False
        if any(segments[of].version.etag != etag for of, etag in read.items() if of in segments):
            return True
        return {segment.id: segment for segment in self._parts.index.segments(list(segments))} != segments


def _check_wanted(asked: Asked, step: str, *, replied: bool) -> None:
    if replied:
        # Cancelled, or started a second time, and the first was faster after all.
        raise Ignore
    if asked.deadline <= datetime.now(UTC):
        raise DeadlineExceeded(f"the deadline passed at step {step!r}")


def _hits(state: State) -> list[FusedHit]:
    return [FusedHit(segment_id, score, scores) for segment_id, score, scores in state["hits"]]
