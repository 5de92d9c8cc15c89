"""The answer flow's steps: what they pass on, and what happens when one of them raises."""

from typing import Any

import numpy as np
import pytest
from answer_world import World, found
from celery.exceptions import Ignore
from fakes.models import WordCounter

from schemas.questions import MediaRef, QueryRequested
from workers.answer.asked import ReplyTo
from workers.errors import Cancelled, DamagedMedia, DeadlineExceeded, ObjectGone, ServiceUnavailable, WorkLost


@pytest.fixture
def world() -> World:
    return World()


def missing(retriever: str) -> dict[str, Any]:
    return {"retrieved": {"retriever": retriever, "lists": [], "failed": "it is away"}, "timings_ms": {}}


def test_the_vectors_wait_in_the_cache_and_only_timings_are_passed_on(world: World) -> None:
    world.ask(QueryRequested(text="what?"))
    state = world.steps.encode("1")
    np.testing.assert_array_equal(world.encoded.get("1").text_vectors[0], WordCounter().encode(["what?"])[0])
    assert list(state) == ["timings_ms"]
    assert state["timings_ms"]["encode"] >= 0


@pytest.mark.parametrize(
    ("image", "error", "code"),
    [
        (MediaRef.inline(b"half a picture"), DamagedMedia, "damaged_media"),
        (MediaRef(bucket="media", key="gone.jpg"), ObjectGone, "object_gone"),
    ],
)
def test_a_step_that_raises_sends_the_failure_and_ends_the_chain(
    world: World, image: MediaRef, error: type[Exception], code: str
) -> None:
    world.ask(QueryRequested(image=image))
    with pytest.raises(error):
        world.steps.encode("1")
    assert [failed.code for failed in world.failures] == [code]


def test_no_step_begins_after_the_deadline(world: World) -> None:
    world.ask(QueryRequested(text="what?"), seconds=-1)
    with pytest.raises(DeadlineExceeded, match="'encode'"):
        world.steps.encode("1")
    assert [failed.code for failed in world.failures] == ["deadline_exceeded"]


def test_a_question_that_the_cache_has_lost_is_left_to_the_dispatcher(world: World) -> None:
    with pytest.raises(WorkLost):
        world.steps.encode("1")
    assert world.failures == []


def test_a_retriever_that_cannot_answer_is_a_result_too(world: World) -> None:
    world.ask(QueryRequested(text="what?"))
    state = world.steps.retrieve(world.steps.encode("1"), "1", "text")
    assert state["retrieved"] == {"retriever": "text", "lists": [], "failed": "the index does not answer"}
    assert world.failures == []


def test_an_answer_says_which_retrievers_were_missing(world: World) -> None:
    world.ask(QueryRequested(text="what?"))
    state = world.steps.fuse([found("text", a=0.9), missing("image"), found("keywords", a=3.0)], "1")
    assert [hit[0] for hit in state["hits"]] == ["a"]
    assert state["degraded"] == [{"part": "retrieve_image", "reason": "it is away"}]


def test_the_timings_of_parallel_steps_are_kept(world: World) -> None:
    world.ask(QueryRequested(text="what?"))
    state = world.steps.fuse([found("text"), found("image")], "1")
    assert set(state["timings_ms"]) == {"retrieve_text", "retrieve_image", "fuse"}


def test_a_question_fails_when_no_retriever_answers_and_may_be_asked_again(world: World) -> None:
    world.ask(QueryRequested(text="what?"))
    with pytest.raises(ServiceUnavailable, match="it is away"):
        world.steps.fuse([missing("text"), missing("image"), missing("keywords")], "1")
    (failed,) = world.failures
    assert (failed.code, failed.retryable) == ("service_unavailable", True)


@pytest.mark.parametrize("step", ["encode", "retrieve", "fuse", "generate", "reply"])
def test_no_step_begins_once_the_question_has_its_reply(world: World, step: str) -> None:
    world.ask(QueryRequested(text="what?"))
    world.replies.fail(ReplyTo("1", "rag.replies", "default"), Cancelled("the question was cancelled"))
    arguments: dict[str, Any] = {"retrieve": {"state": {}, "retriever": "text"}, "fuse": {"states": []}}
    more = arguments.get(step, {} if step == "encode" else {"state": {}})
    with pytest.raises(Ignore):
        getattr(world.steps, step)(request_id="1", **more)
    assert [failed.code for failed in world.failures] == ["cancelled"]
