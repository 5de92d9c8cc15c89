"""The steps of a question, on a real worker."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery
from redis import Redis

from workers.adapters.jobs.celery import CeleryJobs, make_app

RETRIEVALS = ["retrieve image", "retrieve keywords", "retrieve sound", "retrieve text"]
HITS = ["encode <", *(f"{retrieval} < encode" for retrieval in RETRIEVALS)]
FUSED = [*HITS, f"fuse < {', '.join(RETRIEVALS)}"]


@pytest.fixture
def jobs(app: Celery, worker: None) -> CeleryJobs:
    del worker
    return CeleryJobs(app)


@pytest.fixture
def steps(redis: Redis) -> Callable[[str], list[str]]:
    """The steps of a question so far, each with those before it; parallel ones in the order of their names."""

    def so_far(request_id: str) -> list[str]:
        found = [step.decode().strip() for step in redis.lrange(f"steps:{request_id}", 0, -1)]
        return [*found[:1], *sorted(found[1:5]), *found[5:]]

    return so_far


def start(jobs: CeleryJobs, name: str = "", *, generate: bool = True, seconds: float = 60) -> str:
    request_id = f"{uuid.uuid4().hex} {name}"
    jobs.start_question(request_id, generate=generate, expires=datetime.now(UTC) + timedelta(seconds=seconds))
    return request_id


def test_retrievers_run_beside_each_other_and_all_else_in_order(
    jobs: CeleryJobs, steps: Callable[[str], list[str]], wait_until: Callable[..., object]
) -> None:
    request_id = start(jobs)
    wait_until(lambda: len(steps(request_id)) == 8)
    assert steps(request_id) == [*FUSED, "generate < fuse", "reply < generate"]


def test_a_question_for_hits_alone_is_not_generated_for(
    jobs: CeleryJobs, steps: Callable[[str], list[str]], wait_until: Callable[..., object]
) -> None:
    request_id = start(jobs, generate=False)
    wait_until(lambda: len(steps(request_id)) == 7)
    assert steps(request_id) == [*FUSED, "reply < fuse"]


def test_a_step_that_raises_ends_the_chain(
    jobs: CeleryJobs, steps: Callable[[str], list[str]], wait_until: Callable[..., object]
) -> None:
    request_id = start(jobs, "raises in fuse")
    # A question that was started later and is through: whatever the first would still do, it has done.
    later = start(jobs)
    wait_until(lambda: len(steps(later)) == 8)
    wait_until(lambda: len(steps(request_id)) == 6)
    assert steps(request_id) == FUSED


def test_a_question_that_expired_is_not_begun(
    jobs: CeleryJobs, steps: Callable[[str], list[str]], wait_until: Callable[..., object]
) -> None:
    expired = start(jobs, seconds=-1)
    later = start(jobs)
    wait_until(lambda: len(steps(later)) == 8)
    assert steps(expired) == []


def test_a_question_goes_to_the_queue_of_its_own_app_from_any_thread(
    jobs: CeleryJobs, steps: Callable[[str], list[str]], wait_until: Callable[..., object]
) -> None:
    make_app("redis://127.0.0.1:1/0")
    with ThreadPoolExecutor(1) as thread:
        request_ids = [start(jobs), thread.submit(start, jobs).result()]
    for request_id in request_ids:
        wait_until(lambda request_id=request_id: len(steps(request_id)) == 8)
