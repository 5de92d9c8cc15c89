"""The media dispatcher's work: batches and the order within an object. Time is an argument."""

import json

import pytest
from media_world import World, go_well
from records import delete, put, record, told

from workers.dispatch.progress import Stage, Unfinished
from workers.domain.record import Position


@pytest.fixture
def world() -> World:
    return World()


def test_one_change_is_sent_at_once_when_idle(world: World) -> None:
    position = world.tell(put("a"))
    assert world.step() == []
    assert world.work.busy
    assert world.finish() == [position]
    assert not world.work.busy


def test_a_backlog_is_sent_in_batches_as_large_as_allowed(world: World) -> None:
    for number in range(9):
        world.tell(put(str(number)))
    world.step()
    assert world.started() == [["0", "1", "2", "3"], ["4", "5", "6", "7"]]


def test_no_more_jobs_than_allowed_are_under_way(world: World) -> None:
    for number in range(9):
        world.tell(put(str(number)))
    world.step()
    assert len(world.jobs.waiting) == 2
    assert len(world.finish()) == 8
    assert len(world.finish()) == 1


def test_what_arrives_meanwhile_is_the_next_batch(world: World) -> None:
    world.tell(put("a"))
    world.step()
    world.tell(put("b"))
    world.tell(put("c"))
    world.step()
    assert world.started() == [["a"], ["b", "c"]]


def test_an_object_is_in_one_job_at_a_time(world: World) -> None:
    first = world.tell(put("a", "10"))
    world.step()
    second = world.tell(put("a", "20"))
    world.step()
    assert world.started() == [["a"]]
    assert world.finish() == [first]
    assert world.started() == [["a"]]
    assert world.last().sequencer == "20"
    assert world.finish() == [second]


def test_a_newer_change_supersedes_one_that_waits(world: World) -> None:
    older = world.tell(put("a", "10"))
    newer = world.tell(delete("a", "20"))
    assert world.step() == [older]
    assert world.last().removed
    assert world.finish() == [newer]


def test_an_older_change_that_comes_late_is_passed_over(world: World) -> None:
    newer = world.tell(put("a", "20"))
    late = world.tell(put("a", "10"))
    assert world.step() == [late]
    assert world.last().sequencer == "20"
    assert world.finish() == [newer]


def test_of_two_changes_of_one_instant_the_later_told_counts(world: World) -> None:
    first = world.tell(put("a", "10"))
    world.tell(delete("a", "1000"))
    assert world.step() == [first]
    assert world.last().removed


def test_a_record_with_several_changes_is_done_once_when_all_are(world: World) -> None:
    position = world.tell(put("a"), put("b"), put("c"), put("d"), put("e"))
    world.step()
    first, second = list(world.jobs.started)
    world.jobs.work(first)
    assert world.step() == []
    world.jobs.work(second)
    assert world.step() == [position]
    assert world.step() == []


def test_a_record_that_tells_of_one_object_twice_is_done_once(world: World) -> None:
    position = world.tell(put("a", "10"), put("a", "20"))
    assert world.step() == []
    assert world.finish() == [position]


def test_a_record_that_changes_nothing_is_done_at_once(world: World) -> None:
    value = (told(put("a")).value or b"").replace(b"ObjectCreated:Put", b"ObjectCreated:PutTagging")
    world.work.take(record(value))
    assert world.step() == [Position(0, 0)]
    assert world.started() == []


def test_what_waits_of_a_partition_that_was_taken_away_is_forgotten(world: World) -> None:
    world.tell(put("a"), partition=0)
    kept = world.tell(put("b"), partition=1)
    world.work.take(record(b"no JSON", partition=0, offset=99))
    world.work.drop(0)
    world.step()
    assert world.started() == [["b"]]
    assert world.finish() == [kept]
    assert world.letters == []


@pytest.mark.parametrize("key", ["a", "retry", "refuse", "crash"])
def test_a_job_of_a_partition_that_was_taken_away_settles_nothing(world: World, key: str) -> None:
    world.tell(put(key), partition=0)
    world.step()
    world.work.drop(0)
    assert world.finish() == []
    world.step(10)
    assert len(world.jobs.started) == 1
    assert world.letters == []
    assert not world.work.busy


def test_a_record_that_is_read_again_is_done_by_its_own_job_and_not_by_the_one_before(world: World) -> None:
    again = told(put("retry"), offset=5)
    world.work.take(again)
    world.step()
    world.work.drop(0)
    world.work.take(again)
    # The first job reports that it has to be tried again: that says nothing of the second reading.
    assert world.finish() == []
    assert world.finish(go_well) == [again.position]


def test_an_object_that_is_read_again_waits_for_the_job_before(world: World) -> None:
    again = told(put("a"), offset=5)
    world.work.take(again)
    world.step()
    world.work.drop(0)
    world.work.take(again)
    world.step()
    assert len(world.jobs.started) == 1


def test_what_is_not_done_says_where_it_is(world: World) -> None:
    world.tell(put("retry"))
    world.step()
    world.finish()
    world.tell(put("working"))
    world.step()
    world.jobs.begun = {"job 1"}
    world.tell(put("queued"))
    world.step()
    world.tell(put("waiting"))
    seen = {each.name: each for each in world.work.unfinished()}
    assert {name: each.stage for name, each in seen.items()} == {
        "retry": Stage.RETRYING,
        "working": Stage.WORKING,
        "queued": Stage.QUEUED,
        "waiting": Stage.WAITING,
    }
    assert (seen["retry"].tries, seen["retry"].reason) == (1, "write: it changed")
    assert seen["waiting"] == Unfinished(Position(0, 3), "waiting", Stage.WAITING)
    assert [Unfinished.from_dict(json.loads(json.dumps(each.to_dict()))) for each in seen.values()] == [*seen.values()]
