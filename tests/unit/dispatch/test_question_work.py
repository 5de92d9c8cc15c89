"""The question dispatcher's work: every question gets its one terminal reply. Time is an argument."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.cache import DictCache
from fakes.jobs import HandWorkedJobs
from fakes.publisher import RecordingPublisher
from records import record

from producers.errors import BusUnavailable
from schemas.answers import AnswerCompleted, AnswerFailed
from schemas.questions import QueryCancelled
from workers.answer.asked import Questions, ReplyTo
from workers.answer.reply import CLAIM_S, Replies
from workers.dispatch.dead_letters import DeadLetters
from workers.dispatch.inquiries import InquiryRules
from workers.dispatch.questions import QuestionWork
from workers.domain.record import Incoming, Position
from workers.errors import ServiceUnavailable, WorkLost

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


@pytest.fixture
def world() -> World:
    return World()


def test_a_question_is_started_with_its_words_in_the_cache(world: World) -> None:
    world.ask("1", {"text": "what?", "generate": False})
    assert world.step() == []
    assert world.work.busy
    (started,) = world.jobs.questions
    assert (started.request_id, started.generate) == ("1", False)
    assert started.expires == BEGIN + timedelta(seconds=DEADLINE_S)
    assert world.questions.get("1").query.text == "what?"


def test_a_question_is_done_when_its_reply_is_on_the_bus(world: World) -> None:
    position = world.ask("1", {"text": "what?"})
    world.step()
    world.answer("1")
    assert world.step() == [position]
    assert not world.work.busy
    assert world.step() == []


def test_a_reply_that_is_only_claimed_is_not_done(world: World) -> None:
    world.ask("1", {"text": "what?"})
    world.step()
    assert world.cache.claim("reply:1", b"claimed", ttl_s=CLAIM_S)
    assert world.step() == []


def test_a_refused_question_gets_a_reply_and_is_kept(world: World) -> None:
    position = world.ask("1", b'{"txt": "what?"}', offset=4)
    assert world.step() == [position]
    (failed,) = world.failures()
    assert (failed.request_id, failed.code, failed.retryable) == ("1", "bad_question", False)
    (letter,) = world.publisher.on("rag.queries.dlt")
    assert (letter.key, letter.value) == (b"key", b'{"txt": "what?"}')
    assert ("mine", b"\xff") in letter.headers
    assert (letter.text("dlt_stage"), letter.text("dlt_kind"), letter.text("dlt_offset")) == (
        "parse",
        "bad_question",
        "4",
    )
    assert world.jobs.questions == []


def test_a_refusal_that_cannot_be_sent_is_sent_later(world: World) -> None:
    position = world.ask("1", b"no JSON")
    world.publisher.away = True
    with pytest.raises(ServiceUnavailable):
        world.step()
    assert world.work.busy
    world.publisher.away = False
    assert world.step() == [position]
    assert len(world.failures()) == len(world.publisher.on("rag.queries.dlt")) == 1


def test_a_refusal_whose_dead_letter_cannot_be_written_is_not_sent_twice(world: World) -> None:
    position = world.ask("1", b"no JSON")
    bury = world.work.dead_letters.bury
    world.work.dead_letters.bury = _away  # type: ignore[method-assign] - the bus dies between the two
    with pytest.raises(BusUnavailable):
        world.step()
    world.work.dead_letters.bury = bury  # type: ignore[method-assign] - and comes back
    assert world.step() == [position]
    assert len(world.failures()) == 1


def _away(*_: object) -> None:
    raise BusUnavailable("Kafka does not take messages")


def test_a_refusal_that_a_dead_dispatcher_had_claimed_is_sent_when_the_claim_runs_out(world: World) -> None:
    world.cache.claim("reply:1", b"claimed", ttl_s=CLAIM_S)
    position = world.ask("1", b"no JSON", offset=0)
    other = world.ask("2", b"no JSON", offset=1)
    assert world.step() == [other]
    assert world.step(CLAIM_S) == [position]
    assert [failed.request_id for failed in world.failures()] == ["2", "1"]


def test_a_reply_topic_that_is_not_allowed_is_refused_where_everybody_reads(world: World) -> None:
    world.ask("1", {"text": "what?", "reply_topic": "media.events"})
    world.step()
    assert [failed.code for failed in world.failures()] == ["reply_topic_not_allowed"]


def test_a_question_waits_while_the_broker_cannot_say_whether_its_reply_topic_exists(world: World) -> None:
    position = world.ask("1", {"text": "what?", "reply_topic": "team.a"})
    world.topics_away = True
    with pytest.raises(ServiceUnavailable):
        world.step()
    world.topics_away = False
    world.step()
    world.answer("1")
    assert world.step() == [position]


def test_a_question_that_was_answered_before_is_not_started_again(world: World) -> None:
    world.replies.terminal(ReplyTo("1", "rag.replies", "default"), AnswerCompleted(request_id="1"))
    position = world.ask("1", {"text": "what?"})
    assert world.step() == [position]
    assert world.jobs.questions == []


def test_two_questions_of_one_id_are_one_question(world: World) -> None:
    positions = [world.ask("1", {"text": "what?"}, offset=offset) for offset in (0, 1)]
    world.step()
    positions.append(world.ask("1", {"text": "what?"}, offset=2))
    assert world.step() == []
    assert len(world.jobs.questions) == 1
    world.answer("1")
    assert [*world.step(), *world.step()] == positions
    assert len({(sent.value, sent.attributes["id"]) for sent in world.publisher.on("rag.replies")}) == 1
    assert len(world.publisher.on("rag.replies")) == 3


def test_a_question_that_got_no_reply_within_its_lease_is_started_again(world: World) -> None:
    world.ask("1", {"text": "what?"})
    world.step()
    world.step(LEASE_S - 1)
    assert len(world.jobs.questions) == 1
    world.step(1)
    assert len(world.jobs.questions) == 2


def test_the_cache_has_the_question_again_when_it_is_started_again(world: World) -> None:
    world.ask("1", {"text": "what?"})
    world.step()
    world.cache.delete(["question:1"])
    with pytest.raises(WorkLost):
        world.questions.get("1")
    world.step(LEASE_S)
    assert world.questions.get("1").query.text == "what?"


def test_a_question_that_is_lost_on_every_try_fails(world: World) -> None:
    position = world.ask("1", {"text": "what?"})
    for _ in range(TRIES + 1):
        world.step(LEASE_S)
    assert len(world.jobs.questions) == TRIES
    assert world.step() == [position]
    (failed,) = world.failures()
    assert (failed.code, failed.retryable) == ("work_lost", True)


def test_a_question_whose_deadline_passes_fails(world: World) -> None:
    position = world.ask("1", {"text": "what?", "deadline": (BEGIN + timedelta(seconds=5)).isoformat()})
    world.step()
    assert world.step(4.9) == []
    world.step(0.1)
    assert world.step() == [position]
    (failed,) = world.failures()
    assert (failed.code, failed.retryable) == ("deadline_exceeded", False)


def test_a_worker_that_is_just_replying_when_the_deadline_passes_wins(world: World) -> None:
    position = world.ask("1", {"text": "what?", "deadline": (BEGIN + timedelta(seconds=5)).isoformat()})
    world.step()
    world.cache.claim("reply:1", b"claimed", ttl_s=CLAIM_S)
    assert world.step(5) == []
    assert world.failures() == []
    world.cache.put_many({"reply:1": b"done rag.queries:0:0"}, ttl_s=60)
    assert world.step() == [position]


def test_nothing_is_lost_while_the_queue_is_away(world: World) -> None:
    position = world.ask("1", {"text": "what?"})
    world.jobs.away = True
    with pytest.raises(ServiceUnavailable):
        world.step()
    assert world.work.busy
    world.jobs.away = False
    world.step()
    world.answer("1")
    assert world.step() == [position]


def test_nothing_is_lost_while_the_cache_is_away(world: World) -> None:
    position = world.ask("1", {"text": "what?"})
    world.cache.away = True
    with pytest.raises(ServiceUnavailable):
        world.step()
    world.cache.away = False
    world.step()
    world.answer("1")
    assert world.step() == [position]


def test_questions_of_a_partition_that_was_taken_away_are_forgotten(world: World) -> None:
    world.ask("1", {"text": "what?"}, partition=0)
    kept = world.ask("2", {"text": "what?"}, partition=1)
    world.step()
    world.ask("3", {"text": "what?"}, partition=0, offset=1)
    world.ask("4", b"no JSON", partition=0, offset=2)
    world.work.drop(0)
    for request_id in ("1", "2"):
        world.answer(request_id)
    assert world.step() == [kept]
    assert [started.request_id for started in world.jobs.questions] == ["1", "2"]
    assert not world.work.busy


def test_a_twin_of_a_question_that_was_taken_away_stands_for_itself(world: World) -> None:
    world.ask("1", {"text": "what?"}, partition=0)
    world.step()
    twin = world.ask("1", {"text": "what?"}, partition=1)
    world.step()
    world.work.drop(0)
    assert world.step() == []
    world.answer("1")
    assert world.step() == [twin]


def test_a_question_that_is_cancelled_gets_its_failure_at_once(world: World) -> None:
    position = world.ask("1", {"text": "what?"})
    world.step()
    cancel = world.cancel("1", offset=1)
    assert set(world.step()) == {position, cancel}
    (failed,) = world.failures()
    assert (failed.request_id, failed.code, failed.retryable) == ("1", "cancelled", False)
    assert not world.work.busy


def test_a_question_that_is_cancelled_before_it_was_started_is_never_started(world: World) -> None:
    positions = [world.ask("1", {"text": "what?"}), world.cancel("1", offset=1)]
    assert set(world.step()) == set(positions)
    assert [failed.code for failed in world.failures()] == ["cancelled"]
    assert world.jobs.questions == []


def test_a_cancellation_of_what_has_its_reply_changes_nothing(world: World) -> None:
    world.ask("1", {"text": "what?"})
    world.step()
    world.answer("1")
    world.step()
    cancel = world.cancel("1", offset=1)
    assert world.step() == [cancel]
    assert len(world.publisher.sent) == 1


def test_a_cancellation_that_comes_before_its_question_changes_nothing(world: World) -> None:
    assert world.step() == []
    cancel = world.cancel("1", offset=0)
    assert world.step() == [cancel]
    position = world.ask("1", {"text": "what?"}, offset=1)
    world.step()
    world.answer("1")
    assert world.step() == [position]
    assert world.publisher.on("rag.queries.dlt") == world.failures() == []


def test_a_question_of_another_dispatcher_can_be_cancelled(world: World) -> None:
    other = World()
    other.work.questions, other.work.replies = world.questions, world.replies
    position = world.ask("1", {"text": "what?"}, partition=0)
    world.step()
    cancel = other.cancel("1", offset=0, partition=1)
    assert other.step() == [cancel]
    assert world.step() == [position]
    assert [failed.code for failed in world.failures()] == ["cancelled"]


def test_a_cancellation_waits_for_a_process_that_is_about_to_reply(world: World) -> None:
    position = world.ask("1", {"text": "what?"})
    world.step()
    world.cache.claim("reply:1", b"claimed", ttl_s=CLAIM_S)
    cancel = world.cancel("1", offset=1)
    assert world.step() == []
    world.step(CLAIM_S - 1)
    assert world.failures() == []
    world.step(1)
    assert set(world.step()) <= {position, cancel}
    assert [failed.code for failed in world.failures()] == ["cancelled"]


def test_a_question_is_not_started_while_its_cancellation_cannot_be_told(world: World) -> None:
    world.cache.claim("reply:1", b"claimed", ttl_s=CLAIM_S)
    positions = [world.ask("1", {"text": "what?"}), world.cancel("1", offset=1)]
    assert world.step() == []
    assert set(world.step(CLAIM_S)) == set(positions)
    assert world.jobs.questions == []


@pytest.mark.parametrize("body", [{}, {"request_id": 7}, {"request_id": ""}, {"request_id": "x" * 201}, []])
def test_a_cancellation_that_names_no_question_is_kept_and_answered_to_nobody(world: World, body: Any) -> None:
    position = world.cancel("", offset=3, body=body)
    assert world.step() == [position]
    (letter,) = world.publisher.sent
    assert (letter.topic, letter.text("dlt_kind")) == ("rag.queries.dlt", "bad_event")


def test_a_cancellation_may_name_the_question_in_a_header(world: World) -> None:
    world.ask("1", {"text": "what?"})
    world.step()
    world.cancel("", offset=1, body={}, headers=(("ce_requestid", b"1"),))
    world.step()
    assert [failed.code for failed in world.failures()] == ["cancelled"]


def test_an_id_that_is_used_again_gets_the_reply_again(world: World) -> None:
    first = world.ask("1", {"text": "what?"}, offset=0)
    world.step()
    world.answer("1")
    assert world.step() == [first]
    again = world.ask("1", {"text": "what?"}, offset=1)
    assert world.step() == [again]
    one, other = world.publisher.on("rag.replies")
    assert (one.value, one.attributes["id"]) == (other.value, other.attributes["id"])
    assert len(world.jobs.questions) == 1


def test_a_bad_question_with_an_id_that_was_used_gets_that_reply_again(world: World) -> None:
    world.ask("1", {"text": "what?"}, offset=0)
    world.step()
    world.answer("1")
    world.step()
    bad = world.ask("1", b"no JSON", offset=1)
    assert world.step() == [bad]
    one, other = world.publisher.on("rag.replies")
    assert one.value == other.value


def test_a_record_that_is_read_again_after_its_reply_gets_no_second_one(world: World) -> None:
    for _ in range(2):
        position = world.ask("1", {"text": "what?"}, offset=0)
        world.step()
        if not world.replies.done(["1"]):
            world.answer("1")
        world.step()
        bad = world.ask("2", b"no JSON", offset=1)
        assert bad in world.step()
        world.work.drop(0)
    assert position.offset == 0
    assert [sent.attributes["requestid"] for sent in world.publisher.on("rag.replies")] == ["1", "2"]


def test_a_reply_that_was_ready_when_the_broker_was_away_is_sent_when_it_is_back(world: World) -> None:
    position = world.ask("1", {"text": "what?"})
    world.step()
    world.publisher.away = True
    with pytest.raises(ServiceUnavailable):
        world.answer("1")
    with pytest.raises(ServiceUnavailable):
        world.step(1)
    world.publisher.away = False
    world.step(1)
    assert world.step() == [position]
    (sent,) = world.publisher.on("rag.replies")
    assert sent.attributes["type"] == AnswerCompleted.event_type
    assert len(world.jobs.questions) == 1


def test_a_broker_that_was_away_does_not_change_where_replies_go(world: World) -> None:
    world.ask("1", {"text": 1, "reply_topic": "team.a"})
    world.publisher.away = True
    with pytest.raises(ServiceUnavailable):
        world.step()
    world.publisher.away = False
    world.step()
    assert len(world.publisher.on("team.a")) == 1


def test_a_reply_topic_that_has_vanished_is_replaced_by_that_of_all(world: World) -> None:
    world.ask("1", {"text": 1, "reply_topic": "team.a"})
    world.publisher.away, world.topics_gone = True, True
    with pytest.raises(ServiceUnavailable):
        world.work.advance(0.0)
    world.publisher.away = False
    world.step()
    assert [failed.request_id for failed in world.failures()] == ["1"]


def test_a_record_that_the_client_cannot_read_becomes_a_dead_letter_and_nobody_is_told(world: World) -> None:
    entry = Incoming("rag.queries", Position(0, 7), None, b"the batch", unreadable="the checksum is wrong")
    world.work.take(entry)
    assert world.step() == [entry.position]
    (letter,) = world.publisher.sent
    assert (letter.topic, letter.value) == ("rag.queries.dlt", b"the batch")
    assert letter.text("dlt_reason") == "the checksum is wrong"
