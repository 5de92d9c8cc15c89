"""The question dispatcher's work with everything around it, and the clock in the test's hand."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fakes.cache import DictCache
from fakes.jobs import HandWorkedJobs
from fakes.publisher import RecordingPublisher
from records import record

from schemas.answers import AnswerCompleted, AnswerFailed
from schemas.questions import QueryCancelled
from workers.answer.asked import Questions
from workers.answer.reply import Replies
from workers.dispatch.dead_letters import DeadLetters
from workers.dispatch.inquiries import InquiryRules
from workers.dispatch.questions import QuestionWork
from workers.domain.record import Position
from workers.errors import ServiceUnavailable

BEGIN = datetime(2031, 1, 1, tzinfo=UTC)
LEASE_S, DEADLINE_S, TRIES = 10.0, 60.0, 3


@dataclass
class World:
    """A dispatcher's work with everything around it, and the clock in the test's hand."""

    jobs: HandWorkedJobs = field(default_factory=HandWorkedJobs)
    publisher: RecordingPublisher = field(default_factory=RecordingPublisher)
    now: float = 0.0
    topics_away: bool = False
    topics_gone: bool = False

    def __post_init__(self) -> None:
        self.cache = DictCache(lambda: self.now)
        self.questions = Questions(self.cache)
        self.replies = Replies(self.publisher, self.cache)
        self.work = QuestionWork(
            jobs=self.jobs,
            questions=self.questions,
            replies=self.replies,
            dead_letters=DeadLetters(self.publisher),
            rules=InquiryRules(["team.*"], DEADLINE_S, self.topic_exists),
            lease_s=LEASE_S,
            tries=TRIES,
            utc_now=lambda: BEGIN + timedelta(seconds=self.now),
        )

    def topic_exists(self, _: str) -> bool:
        if self.topics_away:
            raise ServiceUnavailable("Kafka does not answer")
        return not (self.topics_gone and self.publisher.away)

    def ask(self, request_id: str, body: dict[str, Any] | bytes, *, offset: int = 0, partition: int = 0) -> Position:
        value = body if isinstance(body, bytes) else json.dumps(body).encode()
        entry = record(
            value,
            topic="rag.queries",
            offset=offset,
            partition=partition,
            headers=(("ce_id", request_id.encode()), ("mine", b"\xff")),
        )
        self.work.take(entry)
        return entry.position

    def cancel(
        self,
        request_id: str,
        *,
        offset: int,
        partition: int = 0,
        body: Any = None,
        headers: tuple[tuple[str, bytes], ...] = (),
    ) -> Position:
        value = json.dumps({"request_id": request_id} if body is None else body).encode()
        kind = ("ce_type", QueryCancelled.event_type.encode())
        entry = record(value, topic="rag.queries", offset=offset, partition=partition, headers=(kind, *headers))
        self.work.take(entry)
        return entry.position

    def step(self, seconds: float = 0.0) -> list[Position]:
        self.now += seconds
        return list(self.work.advance(self.now))

    def answer(self, request_id: str) -> None:
        """A worker sends the terminal reply."""
        message = AnswerCompleted(request_id=request_id, answer="Blue.")
        assert self.replies.terminal(self.questions.get(request_id).reply_to, message)

    def failures(self) -> list[AnswerFailed]:
        return [
            AnswerFailed.model_validate_json(sent.value or b"")
            for sent in self.publisher.on("rag.replies")
            if sent.attributes["type"] == AnswerFailed.event_type
        ]
