"""The answer flow's steps: what they pass on, and what happens when one of them raises."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import numpy as np
import pytest
from celery.exceptions import Ignore
from fakes.bucket import DictBucket
from fakes.cache import DictCache
from fakes.models import ColourNamer, Parrot, WordCounter
from fakes.publisher import RecordingPublisher
from segments import passage

from schemas.answers import AnswerCompleted, AnswerFailed
from schemas.questions import MediaRef, QueryRequested
from workers.answer.asked import Asked, Questions, ReplyTo
from workers.answer.encode import EncodedQuestions, QuestionEncoder
from workers.answer.flow import AnswerParts, AnswerSteps
from workers.answer.generate import NOTHING_FOUND, Writer
from workers.answer.reply import Replies
from workers.answer.retrieve import Retrieval
from workers.answer.unwanted import LOOK_EVERY_S
from workers.domain.locator import Locator
from workers.domain.media import Version
from workers.domain.segment import StoredSegment
from workers.errors import Cancelled, DamagedMedia, DeadlineExceeded, ObjectGone, ServiceUnavailable, WorkLost
from workers.ingest.erase import Eraser

FLOORS = {"text": 0.3}
TOWER = passage("tower", "The tower is blue and it was painted in 1889.")
DOOR = replace(TOWER, id="door", ordinal=1, locator=Locator(chars=(46, 70)), text="Its door is green.")


class Away:
    """An index that does not answer."""

    def nearest(self, *_: object, **__: object) -> Any:
        raise ServiceUnavailable("the index does not answer")

    matching = segments = around = nearest


class Shelf(Away):
    """An index that knows a tower, until it is removed, and what is said of it besides."""

    tower = TOWER
    beside: Sequence[StoredSegment] = ()
    removed = False
    after_reading: Callable[[], None] = staticmethod(lambda: None)

    def segments(self, ids: Sequence[str]) -> Any:
        found = [] if self.removed else [each for each in (self.tower, *self.beside) if each.id in ids]
        self.after_reading()
        return found

    def around(self, *_: object, **__: object) -> Any:
        return self.beside


class Torn:
    """A decoder whose input is always torn."""

    def decode(self, data: bytes, *, key: str) -> Any:
        raise DamagedMedia(f"{key or 'the picture'} is torn after {len(data)} bytes")

    def close(self) -> None:
        """Nothing to end."""


class World:
    """The steps with everything around them; the index does not answer unless another is given."""

    def __init__(self, index: Any = None, says: str = TOWER.text) -> None:
        self.cache = cache = DictCache()
        self.publisher = RecordingPublisher()
        self.questions, self.encoded = Questions(cache), EncodedQuestions(cache)
        text, image = WordCounter(), ColourNamer()
        index = index or Away()
        self.replies = Replies(self.publisher, cache)  # type: ignore[arg-type] - the same methods
        self.steps = AnswerSteps(
            AnswerParts(
                questions=self.questions,
                encoded=self.encoded,
                encoder=QuestionEncoder(text, image, DictBucket(), Torn(), ("media",), 100),
                text=text,
                index=index,
                retrieval=Retrieval(index, "text", "image", "sound"),
                floors=FLOORS,
                writer=Writer(Parrot(says), FLOORS, 20),
                replies=self.replies,
                lineage={},
            )
        )

    def ask(self, query: QueryRequested, seconds: float = 60) -> None:
        """A question with the id 1."""
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        self.questions.put(Asked(ReplyTo("1", "rag.replies", "default"), query, deadline))

    @property
    def failures(self) -> list[AnswerFailed]:
        return [AnswerFailed.model_validate_json(sent.value or b"") for sent in self.publisher.sent]


@pytest.fixture
def world() -> World:
    return World()


def found(retriever: str, **scores: float) -> dict[str, Any]:
    """What a retriever's step passes on."""
    hits = [[name, score] for name, score in scores.items()]
    return {
        "retrieved": {"retriever": retriever, "lists": [hits], "failed": ""},
        "timings_ms": {f"retrieve_{retriever}": 2.0},
    }


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


def write(world: World, seconds: float = 60.0) -> dict[str, Any]:
    """Take a streamed question as far as the last step before the reply."""
    world.ask(QueryRequested(text="what colour?", stream=True))
    world.steps.encode("1")
    state = world.steps.fuse([found("text", tower=0.9)], "1")
    world.ask(QueryRequested(text="what colour?", stream=True), seconds)
    return world.steps.generate(state, "1")


def kinds_of_replies(world: World) -> list[str]:
    return [sent.attributes["type"].split(".")[3] for sent in world.publisher.sent]


def test_an_answer_that_is_cancelled_while_it_is_written_ends_before_the_next_word(
    wait_until: Callable[..., object],
) -> None:
    world = World(Shelf())

    def cancel() -> None:
        world.publisher.after_sending = lambda: None
        world.replies.fail(ReplyTo("1", "rag.replies", "default"), Cancelled("the question was cancelled"))
        due = monotonic() + LOOK_EVERY_S
        wait_until(lambda: monotonic() > due)

    world.publisher.after_sending = cancel
    with pytest.raises(Ignore):
        write(world)
    assert kinds_of_replies(world) == ["delta", "failed"]


def test_an_answer_that_is_not_ready_at_the_deadline_ends_there(wait_until: Callable[..., object]) -> None:
    world = World(Shelf())
    world.publisher.after_sending = lambda: wait_until(lambda: datetime.now(UTC) > world.questions.get("1").deadline)
    with pytest.raises(DeadlineExceeded):
        write(world, seconds=1)
    assert kinds_of_replies(world)[-1] == "failed"
    assert kinds_of_replies(world).count("delta") <= 1


def test_an_answer_that_somebody_waits_for_is_written_to_its_end() -> None:
    world = World(Shelf())
    assert write(world)["answer"] == "The tower is blue and it was painted in 1889. [1]"


def test_an_answer_is_written_to_its_end_though_its_pieces_cannot_be_sent() -> None:
    world = World(Shelf())
    world.publisher.away = True
    assert write(world)["answer"] == "The tower is blue and it was painted in 1889. [1]"


def repeated(world: World) -> str:
    """What somebody gets who asks again with the id."""
    world.replies.again(ReplyTo("1", "rag.replies", "default", asked_at="rag.queries:0:9"))
    return kinds_of_replies(world)[-1]


def test_a_reply_is_kept_for_whoever_asks_again() -> None:
    world = World(Shelf())
    world.steps.reply(write(world), "1")
    assert repeated(world) == "completed"


@pytest.mark.parametrize("when", ["before the reply", "after its segments were read", "while it is sent"])
def test_no_copy_is_kept_of_a_reply_that_names_an_object_which_is_removed_meanwhile(when: str) -> None:
    shelf = Shelf()
    world = World(shelf)
    state = write(world)

    def remove() -> None:
        shelf.removed = True
        Eraser(world.cache).erase(TOWER.ref, segments=1)

    if when == "before the reply":
        remove()
    elif when == "after its segments were read":
        shelf.after_reading = remove
    else:
        world.publisher.before_sending = remove
    world.steps.reply(state, "1")
    assert kinds_of_replies(world)[-1] == "completed"
    assert repeated(world) == "failed"


def test_no_copy_is_kept_of_a_reply_that_names_an_object_which_is_replaced_meanwhile() -> None:
    shelf = Shelf()
    world = World(shelf)
    state = write(world)

    def replace_it() -> None:
        shelf.after_reading = Shelf.after_reading
        shelf.tower = replace(TOWER, version=Version("another", "1F"), text="It was pulled down.")
        Eraser(world.cache).erase(TOWER.ref, segments=1)

    shelf.after_reading = replace_it
    world.steps.reply(state, "1")
    assert repeated(world) == "failed"


def test_no_copy_is_kept_of_a_reply_that_quotes_what_was_replaced_before_it_was_sent() -> None:
    shelf = Shelf()
    world = World(shelf)
    state = write(world)
    Eraser(world.cache).erase(TOWER.ref, segments=1)
    shelf.tower = replace(TOWER, version=Version("another", "1F"), text="It was pulled down.")
    world.steps.reply(state, "1")
    assert repeated(world) == "failed"


def test_a_reply_is_kept_though_its_object_was_removed_earlier_and_came_again() -> None:
    world = World(Shelf())
    Eraser(world.cache).erase(TOWER.ref, segments=1)
    world.steps.reply(write(world), "1")
    assert repeated(world) == "completed"


def with_its_door() -> tuple[World, Shelf]:
    """The door is no hit, but stands beside one, and the answer is there."""
    shelf = Shelf()
    shelf.beside = [DOOR]
    return World(shelf, says=DOOR.text), shelf


def reply_of(world: World) -> AnswerCompleted:
    return AnswerCompleted.model_validate_json(world.publisher.sent[-1].value or b"")


def test_an_answer_from_what_stands_beside_a_hit_cites_its_own_place() -> None:
    world, _ = with_its_door()
    world.steps.reply(write(world), "1")
    reply = reply_of(world)
    assert reply.answer == "Its door is green. [1]"
    assert [(c.key, c.locator.chars, c.quote) for c in reply.citations] == [("tower.md", (46, 70), DOOR.text)]
    assert [hit.text for hit in reply.hits] == [TOWER.text]


def test_what_stands_beside_what_is_no_evidence_is_not_read() -> None:
    world, _ = with_its_door()
    world.ask(QueryRequested(text="what colour?"))
    world.steps.encode("1")
    state = world.steps.generate(world.steps.fuse([found("text", tower=0.2)], "1"), "1")
    assert (state["answer"], state["refused"]) == (None, NOTHING_FOUND)


def test_a_question_fails_when_the_index_goes_away_before_it_can_look_around() -> None:
    world, shelf = with_its_door()
    shelf.around = Away().nearest  # type: ignore[method-assign] - this one does not answer
    with pytest.raises(ServiceUnavailable):
        write(world)
    assert world.failures[-1].code == "service_unavailable"


@pytest.mark.parametrize("what", ["removed", "replaced"])
def test_no_copy_is_kept_of_a_reply_whose_words_stood_beside_a_hit_and_changed_before_it_was_sent(what: str) -> None:
    world, shelf = with_its_door()
    state = write(world)
    Eraser(world.cache).erase(TOWER.ref, segments=2)
    changed = replace(DOOR, version=Version("another", "1F"), text="It has none.")
    shelf.beside = [] if what == "removed" else [changed]
    world.steps.reply(state, "1")
    assert repeated(world) == "failed"
