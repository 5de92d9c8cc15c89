"""The question dispatcher's work: every question gets its one terminal reply. Time is an argument."""

from datetime import datetime, timedelta

import pytest
from question_world import BEGIN, DEADLINE_S, LEASE_S, TRIES, World

from producers.errors import BusUnavailable
from schemas.answers import AnswerCompleted
from workers.answer.asked import ReplyTo
from workers.answer.reply import CLAIM_S
from workers.domain.record import Incoming, Position
from workers.errors import ServiceUnavailable, WorkLost


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


def test_a_question_that_cannot_be_started_fails_and_those_behind_it_go_on(world: World) -> None:
    start = world.jobs.start_question

    def start_all_but_one(request_id: str, *, generate: bool, expires: datetime) -> None:
        if request_id == "odd":
            raise TypeError("not JSON serializable")
        start(request_id, generate=generate, expires=expires)

    world.jobs.start_question = start_all_but_one  # type: ignore[method-assign]
    odd, _ = world.ask("odd", {"text": "what?"}), world.ask("1", {"text": "what?"}, offset=1)
    assert world.step() == [odd]
    assert [question.request_id for question in world.jobs.questions] == ["1"]
    assert [(failure.request_id, failure.code) for failure in world.failures()] == [("odd", "internal")]


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


def test_a_record_that_the_client_cannot_read_becomes_a_dead_letter_and_nobody_is_told(world: World) -> None:
    entry = Incoming("rag.queries", Position(0, 7), None, b"the batch", unreadable="the checksum is wrong")
    world.work.take(entry)
    assert world.step() == [entry.position]
    (letter,) = world.publisher.sent
    assert (letter.topic, letter.value) == ("rag.queries.dlt", b"the batch")
    assert letter.text("dlt_reason") == "the checksum is wrong"
