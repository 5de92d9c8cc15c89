"""Media events that come back from the dead letters: worked on anew, whatever is told of their object meanwhile."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from media_world import TRIES, World
from records import REDRIVEN, put, told

from schemas.notification import Notification
from workers.dispatch.notifications import changes_in
from workers.domain.change import Change
from workers.domain.record import Incoming


@pytest.fixture
def world() -> World:
    return World()


def again(notification: Notification, offset: int = 50) -> Incoming:
    """The record that a redrive sends."""
    return replace(told(notification, offset=offset), headers=(REDRIVEN,))


def test_a_change_knows_that_it_was_redriven_also_as_a_tasks_argument() -> None:
    (change,) = changes_in(again(put("a")), "media").changes
    assert change.redriven
    assert Change.from_dict(change.to_dict()) == change
    (plain,) = changes_in(told(put("a")), "media").changes
    assert not plain.redriven


def test_a_task_of_an_older_version_is_not_redriven() -> None:
    (change,) = changes_in(told(put("a")), "media").changes
    fields = change.to_dict()
    del fields["redriven"]
    assert Change.from_dict(fields) == change


@pytest.mark.parametrize("then", [put("a", "20"), put("a", "10"), put("a", "")], ids=["newer", "same", "unknown"])
def test_an_event_that_takes_the_place_of_a_redriven_one_is_worked_on_as_such(world: World, then: Notification) -> None:
    world.tell(put("a", "05"))
    world.step()
    world.work.take(again(put("a", "10")))
    world.tell(then)
    world.finish()
    assert world.last().redriven


def test_an_event_that_waits_while_a_redriven_one_fails_is_worked_on_as_such(world: World) -> None:
    world.work.take(again(put("retry", "10")))
    world.step()
    world.tell(put("retry", "20"))
    world.finish()
    assert (world.last().sequencer, world.last().redriven) == ("20", True)


def test_a_letter_tells_the_first_failed_try_from_the_last(world: World) -> None:
    world.tell(put("retry"))
    world.step()
    for _ in range(TRIES):
        world.finish()
        world.step(10)
    (letter,) = world.letters
    first, last = (datetime.fromisoformat(letter.text(f"dlt_{name}_at")) for name in ("first", "last"))
    assert last - first == timedelta(seconds=10 * (TRIES - 1))
