"""Ids that are used again, records that are read again, replies that could not be sent."""

from dataclasses import replace

import pytest
from question_world import World

from schemas.answers import AnswerCompleted
from workers.errors import ServiceUnavailable


@pytest.fixture
def world() -> World:
    return World()


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


@pytest.mark.parametrize("elsewhere", [False, True], ids=["this dispatcher", "another"])
def test_a_bad_question_with_the_id_of_one_that_is_open_waits_for_its_reply(world: World, *, elsewhere: bool) -> None:
    first = world.ask("1", {"text": "what?", "reply_topic": "team.a"}, offset=0)
    world.step()
    if elsewhere:
        world.work.drop(0)
    bad = world.ask("1", b"no JSON", offset=1, partition=1)
    assert world.step() == []
    assert world.publisher.sent == []
    world.answer("1")
    assert set(world.step()) == ({bad} if elsewhere else {first, bad})
    (one,), (other,) = world.publisher.on("team.a"), world.publisher.on("rag.replies")
    assert (one.value, one.attributes["id"]) == (other.value, other.attributes["id"])


def test_two_dispatchers_with_questions_of_one_id_both_see_to_a_reply(world: World) -> None:
    mine = world.ask("1", {"text": "what?", "reply_topic": "team.a"}, offset=0)
    world.step()
    theirs = replace(world.questions.get("1").reply_to, topic="team.b", asked_at="rag.queries:3:0")
    assert world.replies.terminal(theirs, AnswerCompleted(request_id="1", answer="Blue."))
    assert world.step() == [mine]
    (one,), (other,) = world.publisher.on("team.a"), world.publisher.on("team.b")
    assert (one.value, one.attributes["id"]) == (other.value, other.attributes["id"])


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
