"""Heavy objects: a light job finds one out, and a heavy job of its own does the work, beside all others."""

from collections.abc import Sequence

import pytest
from media_world import LEASE_S, SILENCE_S, TRIES, World, go_well
from records import delete, put

from workers.dispatch.progress import Stage
from workers.domain.change import Change, Outcome, Status

HOURS = 3 * 3600.0


@pytest.fixture
def world() -> World:
    return World()


def sort_out(changes: Sequence[Change]) -> list[Outcome]:
    """What a light worker does: recordings are handed over."""
    return [Outcome(Status.HEAVY if c.ref.key.endswith(".mp3") else Status.INDEXED) for c in changes]


def heavy_jobs(world: World) -> list[list[str]]:
    return [[c.ref.key for c in world.jobs.started[job]] for job, heavy in world.jobs.heavy.items() if heavy]


def hand_over(world: World, *keys: str) -> None:
    """These objects, which nobody had seen before, are in heavy jobs now, or wait for one."""
    for key in keys:
        world.tell(put(key))
    world.step()
    world.finish(sort_out)


def go_on(world: World, seconds: float) -> None:
    """The heavy job that was started last is in a worker's hands for so long."""
    job = next(reversed([job for job, heavy in world.jobs.heavy.items() if heavy]))
    world.jobs.begun.add(job)
    for _ in range(100):
        world.step(seconds / 100)


def test_what_a_light_job_finds_heavy_gets_a_heavy_job_of_its_own(world: World) -> None:
    photo, talk = world.tell(put("a.jpg")), world.tell(put("a.mp3"))
    world.step()
    assert world.finish(sort_out) == [photo]
    assert heavy_jobs(world) == [["a.mp3"]]
    assert world.finish(go_well) == [talk]


def test_heavy_jobs_have_one_object_each_and_there_is_one_at_a_time(world: World) -> None:
    hand_over(world, "a.mp3", "b.mp3")
    assert heavy_jobs(world) == [["a.mp3"]]
    world.finish(go_well)
    assert heavy_jobs(world) == [["a.mp3"], ["b.mp3"]]


def test_light_objects_pass_a_heavy_one_that_takes_hours(world: World) -> None:
    hand_over(world, "a.mp3")
    go_on(world, HOURS)
    photos = [world.tell(put(f"{number}.jpg")) for number in range(8)]
    world.step()
    for job in world.jobs.waiting:
        if not world.jobs.heavy[job]:
            world.jobs.work(job, go_well)
    assert world.step() == photos
    assert heavy_jobs(world) == [["a.mp3"]]


def test_a_heavy_job_that_a_worker_is_at_has_no_time_limit_here(world: World) -> None:
    hand_over(world, "a.mp3")
    go_on(world, HOURS)
    assert len(heavy_jobs(world)) == 1
    assert [each.stage for each in world.work.unfinished()] == [Stage.WORKING]


def test_handing_over_is_no_try(world: World) -> None:
    hand_over(world, "a.mp3")
    assert [each.tries for each in world.work.unfinished()] == [1]
    for _ in range(TRIES - 1):
        world.finish(lambda changes: [Outcome(Status.RETRY, "object_changed", "", "decode") for _ in changes])
        world.step(100)
    assert world.letters == []


def test_a_heavy_job_whose_worker_died_is_sent_again_as_a_heavy_one(world: World) -> None:
    hand_over(world, "a.mp3")
    go_on(world, 60)
    world.jobs.begun.clear()
    world.step(SILENCE_S)
    world.step(LEASE_S)
    assert heavy_jobs(world) == [["a.mp3"], ["a.mp3"]]


def test_a_heavy_object_that_takes_every_worker_to_the_limit_is_given_up(world: World) -> None:
    def ended(_: Sequence[Change]) -> list[Outcome]:
        raise RuntimeError("TimeLimitExceeded(14400.0)")

    hand_over(world, "a.mp3")
    for _ in range(2 * TRIES):
        world.finish(ended)
        world.step(100)
    assert heavy_jobs(world) == [["a.mp3"]] * TRIES
    (letter,) = world.letters
    assert "TimeLimitExceeded" in letter.text("dlt_reason")


def test_a_heavy_job_that_no_worker_begins_is_sent_again_without_blame(world: World) -> None:
    hand_over(world, "a.mp3")
    for _ in range(4 * TRIES):
        world.step(LEASE_S)
    assert len(heavy_jobs(world)) > TRIES
    assert world.letters == []


def test_a_removal_takes_the_place_of_heavy_work_that_stopped_for_it(world: World) -> None:
    hand_over(world, "a.mp3")
    go_on(world, 60)
    removal = world.tell(delete("a.mp3", "20"))
    assert world.step() == []
    done = world.finish(lambda changes: [Outcome(Status.RETRY, "object_changed", "", "decode") for _ in changes])
    assert len(done) == 1
    assert world.last().removed
    assert not list(world.jobs.heavy.values())[-1]
    assert world.finish(go_well) == [removal]


def test_a_newer_version_that_waits_is_looked_at_before_the_older_one_is_handed_over(world: World) -> None:
    older = world.tell(put("a.mp3", "10"))
    world.step()
    world.tell(put("a.mp3", "20"))
    assert world.finish(sort_out) == [older]
    assert heavy_jobs(world) == []
    assert world.last().sequencer == "20"


def test_heavy_objects_are_counted_by_themselves(world: World) -> None:
    """The dispatcher's loop holds more of them: see `dispatch.loop.Pace`."""
    assert world.work.patient == 0
    hand_over(world, "a.mp3", "b.mp3", "c.jpg")
    assert world.work.patient == 2
    world.finish(go_well)
    assert world.work.patient == 1
