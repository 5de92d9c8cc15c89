"""Answers that read on: what stands beside a hit is a source like any other, to its erasure."""

from dataclasses import replace

import pytest
from answer_world import TOWER, Away, Shelf, World, found, repeated, write

from schemas.answers import AnswerCompleted
from schemas.questions import QueryRequested
from workers.answer.generate import NOTHING_FOUND
from workers.domain.locator import Locator
from workers.domain.media import Version
from workers.errors import ServiceUnavailable
from workers.ingest.erase import Eraser

DOOR = replace(TOWER, id="door", ordinal=1, locator=Locator(chars=(46, 70)), text="Its door is green.")


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
