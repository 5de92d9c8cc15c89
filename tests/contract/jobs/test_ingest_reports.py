"""What a dispatcher is told of jobs whose tasks did not end as tasks do."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from celery import Celery
from redis import Redis

from workers.adapters.jobs.celery import CeleryJobs
from workers.domain.change import Change, Outcome, Status
from workers.domain.media import ObjectRef
from workers.ports.jobs import JobFailure, JobRunning

CHANGE = Change(ObjectRef("media", "a"), "etag", "0F", removed=False, at=datetime(2031, 1, 2, tzinfo=UTC))


@pytest.fixture
def jobs(app: Celery) -> CeleryJobs:
    return CeleryJobs(app)


@pytest.mark.parametrize("result", [[{"status": "melted"}], [{}], ["word"], [None]])
def test_a_result_that_nobody_can_read_is_a_failure_and_hides_no_other(
    app: Celery, jobs: CeleryJobs, result: object
) -> None:
    odd, fine = uuid.uuid4().hex, uuid.uuid4().hex
    app.backend.store_result(odd, result, "SUCCESS")
    app.backend.store_result(fine, [Outcome(Status.INDEXED).to_dict()], "SUCCESS")
    reports = jobs.ingest_reports([odd, fine])
    assert isinstance(reports[odd], JobFailure)
    assert reports[fine] == [Outcome(Status.INDEXED)]


def test_bytes_that_are_no_result_are_a_failure_too(app: Celery, jobs: CeleryJobs) -> None:
    job_id = uuid.uuid4().hex
    app.backend.client.set(app.backend.get_key_for_task(job_id), b"\xff")
    assert isinstance(jobs.ingest_reports([job_id])[job_id], JobFailure)


@pytest.mark.usefixtures("worker")
def test_a_job_that_nobody_begins_in_time_is_never_done(
    jobs: CeleryJobs, redis: Redis, wait_until: Callable[..., object]
) -> None:
    late, next_ = uuid.uuid4().hex, uuid.uuid4().hex
    jobs.start_ingest(late, [CHANGE], expires_s=0.000_001)
    jobs.start_ingest(next_, [CHANGE], expires_s=60)
    wait_until(lambda: jobs.ingest_reports([late, next_]) == {next_: JobRunning()})
    redis.rpush(f"gate:{next_}", "go")
    wait_until(lambda: jobs.ingest_reports([late, next_]) == {next_: [Outcome(Status.INDEXED)]})
    assert redis.get(f"pid:{late}") is None
