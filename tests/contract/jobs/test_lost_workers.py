"""A job whose worker is killed or stands still is soon known to be lost."""

import os
import signal
import subprocess
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from redis import Redis

from workers.adapters.jobs.celery import INGEST_QUEUE, CeleryJobs, QueueDepth, make_app, queue_depths
from workers.domain.change import Change, Outcome, Status
from workers.domain.media import ObjectRef
from workers.ports.jobs import SILENCE_S, JobFailure, JobRunning

Worker = tuple[str, subprocess.Popen[bytes]]


@pytest.fixture
def jobs(process_worker: Worker) -> CeleryJobs:
    return CeleryJobs(make_app(process_worker[0]))


def changed() -> Change:
    return Change(ObjectRef("media", "a"), "etag", "0F", removed=False, at=datetime.now(UTC))


def begun(jobs: CeleryJobs, url: str, wait_until: Callable[..., object]) -> tuple[str, int]:
    """A job that a worker has in hand, and the process that works on it."""
    job_id = uuid.uuid4().hex
    jobs.start_ingest(job_id, [changed()], expires_s=60)
    wait_until(lambda: jobs.ingest_reports([job_id]) == {job_id: JobRunning()}, timeout_s=60)
    return job_id, int(Redis.from_url(url).get(f"pid:{job_id}") or 0)


def test_a_process_that_is_killed_fails_its_job_and_is_not_given_it_again(
    jobs: CeleryJobs, process_worker: Worker, wait_until: Callable[..., object]
) -> None:
    url, _ = process_worker
    job_id, pid = begun(jobs, url, wait_until)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: isinstance(jobs.ingest_reports([job_id]).get(job_id), JobFailure), timeout_s=SILENCE_S)
    # The worker has a new process, and goes on with other work.
    begun(jobs, url, wait_until)
    assert int(Redis.from_url(url).get(f"pid:{job_id}") or 0) == pid


def test_a_process_that_is_killed_takes_no_job_of_another_with_it(
    jobs: CeleryJobs, process_worker: Worker, wait_until: Callable[..., object]
) -> None:
    """onyx#11969: one tenant's worker kills another's jobs."""
    url, _ = process_worker
    (first, pid), (second, other) = begun(jobs, url, wait_until), begun(jobs, url, wait_until)
    assert pid != other
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: isinstance(jobs.ingest_reports([first]).get(first), JobFailure), timeout_s=SILENCE_S)
    assert jobs.ingest_reports([second]) == {second: JobRunning()}
    Redis.from_url(url).rpush(f"gate:{second}", "go")
    wait_until(lambda: jobs.ingest_reports([second]) == {second: [Outcome(Status.INDEXED)]})


def test_a_worker_that_is_killed_takes_the_sign_of_its_job_with_it(
    jobs: CeleryJobs, process_worker: Worker, wait_until: Callable[..., object]
) -> None:
    url, worker = process_worker
    job_id, _ = begun(jobs, url, wait_until)
    os.killpg(worker.pid, signal.SIGKILL)
    wait_until(lambda: jobs.ingest_reports([job_id]) == {}, timeout_s=2 * SILENCE_S)


def test_a_process_that_stands_still_gives_no_sign_until_it_goes_on(
    jobs: CeleryJobs, process_worker: Worker, wait_until: Callable[..., object]
) -> None:
    url, _ = process_worker
    job_id, pid = begun(jobs, url, wait_until)
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: jobs.ingest_reports([job_id]) == {}, timeout_s=2 * SILENCE_S)
    os.kill(pid, signal.SIGCONT)
    wait_until(lambda: jobs.ingest_reports([job_id]) == {job_id: JobRunning()}, timeout_s=2 * SILENCE_S)


def test_a_task_counts_as_waiting_and_then_as_taken(
    jobs: CeleryJobs, queue_url: str, process_worker: Worker, wait_until: Callable[..., object]
) -> None:
    begun(jobs, process_worker[0], wait_until)
    assert queue_depths(process_worker[0], [INGEST_QUEUE, "answer"]) == {
        INGEST_QUEUE: QueueDepth(waiting=0, taken=1),
        "answer": QueueDepth(0, 0),
    }
    nobody = f"{queue_url.rpartition('/')[0]}/6"
    CeleryJobs(make_app(nobody)).start_ingest(uuid.uuid4().hex, [changed()], expires_s=60)
    assert queue_depths(nobody, [INGEST_QUEUE]) == {INGEST_QUEUE: QueueDepth(waiting=1, taken=0)}
