"""Cancellation: what was not begun never begins, what has its reply keeps it."""

from typing import Any

import pytest
from question_world import World

from workers.answer.reply import CLAIM_S


@pytest.fixture
def world() -> World:
    return World()


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
