"""The media dispatcher's tries: leases, halves, back-off, and waiting for what is away. Time is an argument."""

import pytest
from media_world import LEASE_S, PATIENCE_S, SILENCE_S, TRIES, World, go_well
from records import put

from workers.dispatch.retry import HOUR_S
from workers.domain.record import Position
from workers.errors import ServiceUnavailable
from workers.ports.jobs import SIGN_S
from workers.ports.jobs import SILENCE_S as FADED_S


@pytest.fixture
def world() -> World:
    return World()


def test_what_may_pass_is_tried_again_after_a_while_that_grows(world: World) -> None:
    world.tell(put("retry"))
    world.step()
    tried_at = [world.now]
    for _ in range(TRIES - 1):
        world.finish()
        while not world.jobs.waiting and world.now < 100:
            world.step(0.25)
        tried_at.append(world.now)
    assert tried_at == [0.0, 1.0, 3.0]


def test_what_does_not_pass_becomes_a_dead_letter_after_the_last_try(world: World) -> None:
    position = world.tell(put("retry"))
    world.step()
    for _ in range(TRIES - 1):
        assert world.finish() == []
        world.step(10)
    assert world.finish() == [position]
    (letter,) = world.letters
    causes = [letter.text(f"dlt_{name}") for name in ("stage", "kind", "reason", "tries")]
    assert causes == ["write", "object_changed", "it changed", str(TRIES)]


def test_a_try_that_failed_is_superseded_by_a_newer_change(world: World) -> None:
    older = world.tell(put("retry", "10"))
    world.step()
    newer = world.tell(put("retry", "20"))
    assert world.finish() == [older]
    assert world.last().sequencer == "20"
    assert world.finish(go_well) == [newer]


def test_a_job_that_nobody_begins_is_sent_again_as_it_was(world: World) -> None:
    for key in ("a", "b", "c"):
        world.tell(put(key))
    world.step()
    assert world.started() == [["a", "b", "c"]]
    world.step(LEASE_S - 1)
    assert world.started() == []
    world.step(1)
    world.step(10)
    assert world.started() == [["a", "b", "c"]]


def test_a_job_that_is_lost_while_others_are_begun_waits_for_one_lease_only(world: World) -> None:
    for key in "abcdef":
        world.tell(put(key))
    world.step()
    assert world.started() == [["a", "b", "c", "d"], ["e", "f"]]
    # The first is worked on all the time; the second, behind it, was lost on the way.
    world.jobs.begun = {"job 0"}
    world.step(1)
    world.step(LEASE_S)
    world.step(10)
    assert world.started() == [["e", "f"]]


def test_a_job_that_waits_for_another_is_not_lost_sooner(world: World) -> None:
    for key in "abcdef":
        world.tell(put(key))
    world.step()
    world.step(LEASE_S)
    world.step(10)
    assert world.started() == [["a", "b", "c", "d"], ["e", "f"], ["a", "b", "c", "d"]]


def test_no_object_is_given_up_because_no_worker_is_there(world: World) -> None:
    """NeMo-Retriever#1551: files are dropped after repeated refusals."""
    position = world.tell(put("a"))
    for _ in range(10 * TRIES):
        world.step(LEASE_S)
    world.step(10)
    assert world.letters == []
    assert world.finish() == [position]


def test_a_job_is_not_lost_while_its_worker_is_at_it(world: World) -> None:
    position = world.tell(put("a"))
    world.step()
    world.jobs.begun = {"job 0"}
    for _ in range(10):
        assert world.step(LEASE_S) == []
    assert world.started() == [["a"]]
    assert world.finish() == [position]


def test_a_job_whose_worker_falls_silent_is_sent_again_at_once_in_halves(world: World) -> None:
    for key in ("a", "b", "c"):
        world.tell(put(key))
    world.step()
    world.jobs.begun = {"job 0"}
    world.step()
    world.jobs.begun = set()
    world.step()
    assert world.started() == [["a", "b", "c"]]
    world.step(SILENCE_S)
    world.step()
    assert world.started() == [["a", "b"], ["c"]]


def test_a_worker_that_is_silent_for_a_moment_keeps_its_job(world: World) -> None:
    position = world.tell(put("a"))
    world.step()
    for begun in ({"job 0"}, set(), {"job 0"}, set()):
        world.jobs.begun = begun
        world.step(SILENCE_S / 2)
    assert world.started() == [["a"]]
    assert world.finish() == [position]


def stay_away(world: World, seconds: float) -> None:
    """The queue does not answer for so long."""
    world.jobs.away = True
    for _ in range(100):
        with pytest.raises(ServiceUnavailable):
            world.step(seconds / 100)
    world.jobs.away = False


@pytest.mark.parametrize("begun", [{"job 0"}, set()], ids=["begun before", "begun meanwhile"])
def test_a_job_whose_worker_could_not_be_heard_while_the_queue_was_away_is_not_lost(
    world: World, begun: set[str]
) -> None:
    position = world.tell(put("a"))
    world.step()
    world.jobs.begun = begun
    world.step()
    stay_away(world, 2 * LEASE_S)
    # Its sign has faded, and its worker has not yet given it anew.
    world.jobs.begun = set()
    assert world.step() == []
    world.jobs.begun = {"job 0"}
    world.step(SIGN_S)
    assert world.started() == [["a"]]
    assert world.finish() == [position]


def test_a_job_whose_worker_is_not_heard_of_after_the_queue_was_away_is_sent_again(world: World) -> None:
    world.tell(put("a"))
    world.step()
    world.jobs.begun = {"job 0"}
    world.step()
    stay_away(world, 2 * LEASE_S)
    world.jobs.begun = set()
    world.step()
    world.step(FADED_S)
    world.step(10)
    assert world.started() == [["a"], ["a"]]


def test_a_result_that_comes_after_the_lease_is_not_counted_twice(world: World) -> None:
    position = world.tell(put("a"))
    world.step()
    (lost,) = world.jobs.waiting
    world.step(LEASE_S)
    world.jobs.work(lost)
    assert world.step() == []
    world.step(10)
    assert world.finish() == [position]
    assert world.step(LEASE_S) == []


def test_a_job_that_dies_is_halved_until_the_culprit_is_alone(world: World) -> None:
    positions = {key: world.tell(put(key)) for key in ("a", "b", "crash", "c")}
    world.step()
    world.finish()
    assert world.started() == [["a", "b", "crash", "c"], ["a", "b"], ["crash", "c"]]
    done = world.finish()
    assert done == [positions["a"], positions["b"]]
    assert world.started() == [["crash"], ["c"]]
    done += world.finish()
    for _ in range(TRIES):
        world.step(10)
        done += world.finish()
    assert sorted(done, key=lambda p: p.offset) == list(positions.values())
    (letter,) = world.letters
    assert letter.text("dlt_offset") == str(positions["crash"].offset)
    # Twice among others, which says nothing of it, and as often by itself as anything is tried.
    assert (letter.text("dlt_kind"), letter.text("dlt_tries")) == ("work_lost", str(2 + TRIES))
    assert "it crashed" in letter.text("dlt_reason")


def test_halves_do_not_mix_with_what_came_since(world: World) -> None:
    for key in ("a", "crash", "b"):
        world.tell(put(key))
    world.step()
    world.tell(put("new"))
    world.finish()
    assert world.started() == [["a", "crash", "b"], ["new"], ["a", "crash"]]


def test_what_goes_alone_does_not_join_a_batch(world: World) -> None:
    world.tell(put("crash"))
    world.step()
    world.finish()
    assert world.started() == [["crash"]]
    for key in ("a", "b"):
        world.tell(put(key))
    world.step(10)
    assert world.started() == [["crash"], ["a", "b"]]


def test_what_fails_because_a_store_is_away_is_waited_for(world: World) -> None:
    position = world.tell(put("away"))
    for _ in range(20 * TRIES):
        world.step(10)
        assert world.finish() == []
    world.step(10)
    assert world.letters == []
    assert world.finish(go_well) == [position]


def test_nothing_is_waited_for_longer_than_the_policy_s_patience(world: World) -> None:
    """NeMo-Retriever#1052: retries without end while a service is down."""
    position = world.tell(put("away"))
    world.step()
    world.finish()
    world.step(PATIENCE_S)
    assert world.finish() == [position]
    (letter,) = world.letters
    assert (letter.text("dlt_kind"), letter.text("dlt_reason")) == ("service_unavailable", "nobody answers")


def test_what_fails_while_others_are_indexed_has_only_its_tries(world: World) -> None:
    """A store that refuses one object and takes others is not away."""
    refused = world.tell(put("away"))
    done: list[Position] = []
    for number in range(TRIES):
        world.tell(put(f"fine {number}"))
        world.step(10)
        done += world.finish()
    assert refused in done
    assert [letter.text("dlt_tries") for letter in world.letters] == [str(TRIES)]


def test_retries_beyond_the_hour_s_budget_wait_and_new_objects_do_not() -> None:
    """NeMo-Retriever#1052: retries without end while a service is down."""
    world = World(per_hour=2)
    for key in ("away 1", "away 2", "away 3"):
        world.tell(put(key))
    world.step()
    world.finish()
    world.step(10)
    assert world.started() == [["away 1", "away 2", "away 3"], ["away 1", "away 2"]]
    world.tell(put("new"))
    world.step()
    assert world.started() == [["new"]]
    world.step(HOUR_S / 2)
    assert world.started() == [["away 3"]]


def test_a_queue_that_is_away_uses_up_no_retries() -> None:
    world = World(per_hour=2)
    world.tell(put("away"))
    world.step()
    world.finish()
    world.now += 10
    stay_away(world, 1)
    world.step()
    assert world.started() == [["away"], ["away"]]
