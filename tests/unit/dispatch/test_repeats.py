"""Repeats: a bucket with two notification targets tells every change twice."""

from dataclasses import replace

import pytest
from media_world import TRIES, World
from records import REDRIVEN, delete, put, told

from workers.domain.record import Position


@pytest.fixture
def world() -> World:
    return World()


def test_a_change_that_is_told_again_afterwards_is_done_without_a_job(world: World) -> None:
    world.tell(put("a", sequencer="17"))
    world.step()
    world.finish()
    again = world.tell(put("a", sequencer="17"))
    assert world.step() == [again]
    assert world.started() == [["a"]]


def test_a_change_that_is_told_again_while_it_is_worked_on_is_done_with_it(world: World) -> None:
    first = world.tell(put("a", sequencer="17"))
    world.step()
    again = world.tell(put("a", sequencer="17"))
    assert set(world.finish()) == {first, again}
    assert world.started() == [["a"]]


def test_a_newer_change_is_no_repeat(world: World) -> None:
    for sequencer in ("17", "18"):
        world.tell(put("a", sequencer=sequencer))
        world.step()
        world.finish()
    assert world.started() == [["a"], ["a"]]


def test_a_change_without_a_sequencer_is_looked_at_every_time(world: World) -> None:
    for _ in range(2):
        world.tell(put("a", sequencer=""))
        world.step()
        world.finish()
    assert world.started() == [["a"], ["a"]]


def test_a_change_that_was_redriven_is_no_repeat(world: World) -> None:
    world.tell(put("a", sequencer="17"))
    world.step()
    world.finish()
    world.work.take(replace(told(put("a", sequencer="17"), offset=9), headers=(REDRIVEN,)))
    world.step()
    assert world.started() == [["a"], ["a"]]
    assert world.last().redriven


def test_a_removal_after_a_put_of_the_same_instant_is_no_repeat(world: World) -> None:
    world.tell(put("a", sequencer="17"))
    world.step()
    world.finish()
    world.tell(delete("a", sequencer="17"))
    world.step()
    assert world.started() == [["a"], ["a"]]


def test_a_change_that_is_told_again_gets_no_more_tries_than_one(world: World) -> None:
    """While it waits for its next try, and while it is tried."""
    told = [world.tell(put("retry", "10"))]
    world.step()
    done: list[Position] = []
    for _ in range(TRIES - 1):
        told.append(world.tell(put("retry", "10")))
        done += world.finish()
        told.append(world.tell(put("retry", "10")))
        done += world.step(10)
    done += world.finish()
    assert {each.offset for each in done} == {each.offset for each in told}
    assert len(world.started()) == TRIES
    assert [letter.text("dlt_tries") for letter in world.letters] == [str(TRIES)]


def test_a_change_that_is_told_again_waits_as_long_as_before(world: World) -> None:
    world.tell(put("retry", "10"))
    world.step()
    world.finish()
    world.started()
    world.tell(put("retry", "10"))
    world.step()
    assert world.started() == []
