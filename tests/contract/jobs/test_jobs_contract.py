"""The Jobs port: one suite for Celery with a real worker and for the fake that unit tests use."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fakes.jobs import HandWorkedJobs
from job_worlds import World

from workers.adapters.jobs.celery import CeleryJobs, make_app
from workers.domain.change import Change, Outcome, Status
from workers.domain.media import ObjectRef
from workers.errors import ServiceUnavailable
from workers.ports.jobs import JobFailure, JobRunning, Jobs

AT = datetime(2031, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def change(key: str) -> Change:
    return Change(ObjectRef("media", key, "them"), "etag", "0F", removed=False, at=AT)


@pytest.fixture
def job() -> str:
    return uuid.uuid4().hex


@pytest.fixture(params=["celery", "by hand"])
def away(request: pytest.FixtureRequest) -> Jobs:
    """A queue that cannot be reached."""
    if request.param == "celery":
        return CeleryJobs(make_app("redis://127.0.0.1:1/0"))
    fake = HandWorkedJobs()
    fake.away = True
    return fake


def result(world: World, job: str, wait_until: Callable[..., object]) -> object:
    world.work(job)
    wait_until(lambda: ended(world, job))
    return world.jobs.ingest_reports([job])[job]


def ended(world: World, job: str) -> bool:
    return not isinstance(world.jobs.ingest_reports([job]).get(job, JobRunning()), JobRunning)


def test_a_job_is_running_from_when_a_worker_has_it_until_it_ends(
    world: World, job: str, wait_until: Callable[..., object]
) -> None:
    assert world.jobs.ingest_reports([job]) == {}
    world.jobs.start_ingest(job, [change("a")], expires_s=60)
    world.begin(job)
    wait_until(lambda: world.jobs.ingest_reports([job]) == {job: JobRunning()})
    assert result(world, job, wait_until) == [Outcome(Status.INDEXED)]


def test_outcomes_come_in_the_order_of_the_changes(world: World, job: str, wait_until: Callable[..., object]) -> None:
    world.jobs.start_ingest(job, [change(key) for key in ("a", "refuse", "ünï 🎉", "retry")], expires_s=60)
    assert result(world, job, wait_until) == [
        Outcome(Status.INDEXED),
        Outcome(Status.REJECTED, "damaged_media", "it is torn", "decode"),
        Outcome(Status.INDEXED),
        Outcome(Status.RETRY, "object_changed", "it changed", "write"),
    ]


def test_a_job_that_raised_is_a_failure_on_one_line(world: World, job: str, wait_until: Callable[..., object]) -> None:
    world.jobs.start_ingest(job, [change("a"), change("crash")], expires_s=60)
    failed = result(world, job, wait_until)
    assert isinstance(failed, JobFailure)
    assert "it crashed" in failed.error
    assert len(failed.error.splitlines()) == 1


def test_a_result_may_be_asked_for_again(world: World, job: str, wait_until: Callable[..., object]) -> None:
    world.jobs.start_ingest(job, [change("a")], expires_s=60)
    assert result(world, job, wait_until) == world.jobs.ingest_reports([job])[job]


def test_only_jobs_that_ended_have_results(world: World, job: str, wait_until: Callable[..., object]) -> None:
    world.jobs.start_ingest(job, [change("a")], expires_s=60)
    world.jobs.start_ingest(f"{job} waits", [change("b")], expires_s=60)
    result(world, job, wait_until)
    assert not ended(world, f"{job} waits")
    assert set(world.jobs.ingest_reports([job, "never started"])) == {job}
    result(world, f"{job} waits", wait_until)


def test_nothing_may_be_asked_for(world: World) -> None:
    assert world.jobs.ingest_reports([]) == {}


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda jobs: jobs.start_ingest("a", [change("a")], expires_s=60), id="start"),
        pytest.param(lambda jobs: jobs.ingest_reports(["a"]), id="results"),
        pytest.param(
            lambda jobs: jobs.start_question("a", generate=True, expires=datetime.now(UTC) + timedelta(minutes=1)),
            id="question",
        ),
    ],
)
def test_a_queue_out_of_reach_is_an_unavailable_service(away: Jobs, use: Callable[[Jobs], object]) -> None:
    with pytest.raises(ServiceUnavailable):
        use(away)
