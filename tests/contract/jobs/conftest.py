"""The job queue with a real worker behind it, and the fake with none."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
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


@pytest.fixture(scope="session")
def run_worker() -> Iterator[Callable[[str], None]]:
    """Has the worker of `canned_worker` work on the queues at an address; it dies with the test run."""
    processes: dict[str, subprocess.Popen[bytes]] = {}

    def run(url: str) -> None:
        if url not in processes:
            processes[url] = subprocess.Popen(
                tethered([sys.executable, str(HERE / "canned_worker.py")]),
                env={**os.environ, "CANNED_REDIS": url, "PYTHONPATH": str(TESTS)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )

    yield run
    for process in processes.values():
        process.kill()
        process.wait()


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
        return World(fake, fake.work)
    url = _queue_url(request.getfixturevalue(f"{request.param}_servers"))
    run_worker(url)
    redis = Redis.from_url(url)
    return World(CeleryJobs(make_app(url)), lambda job_id: redis.rpush(f"gate:{job_id}", "go"))


def _queue_url(servers: Endpoints) -> str:
    """A database of its own: other tests leave jobs in the first one, which nobody works on."""
    return servers.redis.rpartition("/")[0] + "/7"
