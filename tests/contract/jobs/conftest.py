"""The job queue with a real worker behind it, and the fake with none."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import cycle
from pathlib import Path

import pytest
from celery import Celery
from fakes.jobs import HandWorkedJobs
from job_worlds import World
from redis import Redis

from omnibus.stacks.endpoints import Endpoints
from omnibus.stacks.tether import tethered
from workers.adapters.jobs.celery import CeleryJobs, make_app

HERE = Path(__file__).parent
TESTS = HERE.parents[1]
DATABASES = cycle(range(8, 16))


@pytest.fixture(scope="session")
def run_worker() -> Iterator[Callable[[str], None]]:
    """Has the worker of `canned_worker` work on the queues at an address; it dies with the test run."""
    processes: dict[str, subprocess.Popen[bytes]] = {}

    def run(url: str) -> None:
        if url not in processes:
            processes[url] = _start_worker(url, "threads")

    yield run
    for process in processes.values():
        process.kill()
        process.wait()


@pytest.fixture
def process_worker(queue_url: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Where a worker of the test's own takes its jobs, each in a process; and the worker."""
    # A database of its own: a process that is not quite dead has the worker's connection, and takes jobs on it.
    url = f"{queue_url.rpartition('/')[0]}/{next(DATABASES)}"
    process = _start_worker(url, "prefork")
    yield url, process
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _start_worker(url: str, pool: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        tethered([sys.executable, str(HERE / "canned_worker.py")]),
        env={**os.environ, "CANNED_REDIS": url, "CANNED_POOL": pool, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.fixture(scope="session")
def queue_url(servers: Endpoints) -> str:
    """Where jobs are queued, on each stack in turn."""
    return _queue_url(servers)


@pytest.fixture(scope="session")
def app(queue_url: str) -> Celery:
    return make_app(queue_url)


@pytest.fixture(scope="session")
def redis(queue_url: str) -> Redis:
    return Redis.from_url(queue_url)


@pytest.fixture(scope="session")
def worker(queue_url: str, run_worker: Callable[[str], None]) -> None:
    """Somebody works on the jobs."""
    run_worker(queue_url)


@pytest.fixture(params=["embedded", "services", "by hand"])
def world(request: pytest.FixtureRequest, run_worker: Callable[[str], None]) -> World:
    if request.param == "by hand":
        fake = HandWorkedJobs()
        return World(fake, fake.begun.add, fake.work)
    url = _queue_url(request.getfixturevalue(f"{request.param}_servers"))
    run_worker(url)
    redis = Redis.from_url(url)
    return World(
        jobs=CeleryJobs(make_app(url)),
        # A worker takes it by itself.
        begin=lambda _: None,
        work=lambda job_id: redis.rpush(f"gate:{job_id}", "go"),
    )


def _queue_url(servers: Endpoints) -> str:
    """A database of its own: other tests leave jobs in the first one, which nobody works on."""
    return servers.redis.rpartition("/")[0] + "/7"
