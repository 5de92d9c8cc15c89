"""The job queue with a real worker behind it, and the fake with none."""

import os
import subprocess
import sys
from collections.abc import Iterator
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
def queue_url(servers: Endpoints) -> str:
    """A database of its own: other tests leave jobs in the first one, which nobody works on."""
    return servers.redis.rpartition("/")[0] + "/7"


@pytest.fixture(scope="session")
def app(queue_url: str) -> Celery:
    return make_app(queue_url)


@pytest.fixture(scope="session")
def redis(queue_url: str) -> Redis:
    return Redis.from_url(queue_url)


@pytest.fixture(scope="session")
def worker(queue_url: str) -> Iterator[None]:
    """The worker of `canned_worker`; it dies with the test run, whatever ends it."""
    environment = {**os.environ, "CANNED_REDIS": queue_url, "PYTHONPATH": str(TESTS)}
    process = subprocess.Popen(
        tethered([sys.executable, str(HERE / "canned_worker.py")]),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield
    process.kill()
    process.wait()


@pytest.fixture(params=["celery", "by hand"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "by hand":
        fake = HandWorkedJobs()
        return World(fake, fake.work)
    request.getfixturevalue("worker")
    redis: Redis = request.getfixturevalue("redis")
    return World(CeleryJobs(request.getfixturevalue("app")), lambda job_id: redis.rpush(f"gate:{job_id}", "go"))
