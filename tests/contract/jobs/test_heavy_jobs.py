"""Jobs of hours: the queue does not hand them out twice, and what was done of one is not done again."""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from listening import CHUNKS, listen
from redis import Redis

from omnibus.stacks.tether import tethered
from workers.adapters.jobs.celery import HEAVY_QUEUE, CeleryJobs, QueueDepth, make_app, queue_depths
from workers.domain.change import Change, Outcome, Status
from workers.domain.media import ObjectRef
from workers.domain.recording import SAMPLE_RATE
from workers.ports.jobs import JobFailure, JobRunning

HERE = Path(__file__).parent
TESTS = HERE.parents[1]
CHANGE = Change(ObjectRef("media", "talk.mp3"), "etag", "0F", removed=False, at=datetime(2031, 1, 2, tzinfo=UTC))


def test_a_heavy_job_that_was_begun_is_in_no_queue_that_could_hand_it_out_again(
    process_worker: tuple[str, subprocess.Popen[bytes]], wait_until: Callable[..., object]
) -> None:
    url, _ = process_worker
    jobs, redis = CeleryJobs(make_app(url)), Redis.from_url(url)
    heavy, light = uuid.uuid4().hex, uuid.uuid4().hex
    jobs.start_ingest(heavy, [CHANGE], expires_s=60, heavy=True)
    jobs.start_ingest(light, [CHANGE], expires_s=60)
    wait_until(lambda: jobs.ingest_reports([heavy, light]) == {heavy: JobRunning(), light: JobRunning()}, timeout_s=60)
    # What is not acknowledged is restored after `VISIBILITY_S`, whether somebody is at it or not.
    assert len(redis.hvals("unacked")) == 1
    assert queue_depths(url, [HEAVY_QUEUE]) == {HEAVY_QUEUE: QueueDepth(waiting=0, taken=0)}
    redis.rpush(f"gate:{heavy}", "go")
    wait_until(lambda: jobs.ingest_reports([heavy]) == {heavy: [Outcome(Status.INDEXED)]})


@pytest.fixture
def five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """All the time that a worker started from now on has for a heavy job."""
    monkeypatch.setenv("CANNED_LIMIT_S", "5")


@pytest.mark.usefixtures("five_seconds")
def test_a_heavy_job_that_does_not_end_is_ended_at_its_limit_as_often_as_it_is_sent(
    process_worker: tuple[str, subprocess.Popen[bytes]], wait_until: Callable[..., object]
) -> None:
    url, _ = process_worker
    jobs, redis = CeleryJobs(make_app(url)), Redis.from_url(url)
    processes = set()
    for job in (uuid.uuid4().hex, uuid.uuid4().hex):
        jobs.start_ingest(job, [CHANGE], expires_s=60, heavy=True)
        process = int(wait_until(lambda: redis.get(f"pid:{job}"), timeout_s=60))  # noqa: B023 - waited for in this very round
        wait_until(lambda: isinstance(jobs.ingest_reports([job]).get(job), JobFailure), timeout_s=60)  # noqa: B023 - the same
        wait_until(lambda: not psutil.pid_exists(process))  # noqa: B023 - the same
        processes.add(process)
    assert len(processes) == 2


@pytest.mark.parametrize("stretches", [1, 5])
def test_what_a_killed_listener_had_noted_is_not_listened_to_again(
    queue_url: str, wait_until: Callable[..., object], stretches: int
) -> None:
    redis, name = Redis.from_url(queue_url), uuid.uuid4().hex
    listener = subprocess.Popen(
        tethered([sys.executable, str(HERE / "listening.py")]),
        env={**os.environ, "LISTENING_REDIS": queue_url, "LISTENING_TO": name, "PYTHONPATH": str(TESTS)},
    )
    try:
        for _ in range(stretches - 1):
            redis.rpush(f"go on:{name}", "go")
        wait_until(lambda: redis.llen(f"noted:{name}") == stretches, timeout_s=60)
    finally:
        listener.kill()
        listener.wait()
    assert int(redis.lindex(f"noted:{name}", -1) or 0) == stretches * 10 * SAMPLE_RATE
    heard, seconds = listen(queue_url, name, pausing=False)
    assert seconds == 10 * (CHUNKS - stretches)
    whole, _ = listen(queue_url, uuid.uuid4().hex, pausing=False)
    assert heard.utterances == whole.utterances
    assert len(heard.utterances) == len(heard.sounds) == CHUNKS
