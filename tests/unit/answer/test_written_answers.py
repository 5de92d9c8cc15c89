"""The last steps of an answer: it is written as long as somebody waits for it, and a copy of its reply is kept."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic

import pytest
from answer_world import TOWER, Shelf, World, kinds_of_replies, repeated, write
from celery.exceptions import Ignore

from workers.answer.asked import ReplyTo
from workers.answer.unwanted import LOOK_EVERY_S
from workers.domain.media import Version
from workers.errors import Cancelled, DeadlineExceeded
from workers.ingest.erase import Eraser


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
