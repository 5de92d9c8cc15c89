"""What users of comparable systems complain about, and what happens here: work that is stuck, lost, or done twice.

A stack of their own: one object a job, and a lease of seconds.
"""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest
from redis import Redis
from running import Stack, omnibus, up

from omnibus.settings import load_running
from omnibus.stacks.state import process_started, read_state
from workers.adapters.jobs.celery import INGEST_QUEUE

WaitUntil = Callable[..., Any]
SETTINGS = {"batch": "1", "ingest_jobs": "150", "media_lease_s": "2"}
WORKER = "ingest-light"
PATIENCE_S = 200.0
"""Seconds, on a machine that is very busy."""


@pytest.fixture(scope="module")
def own(kind: str) -> Iterator[Stack]:
    """The stack of this module: use prefixes of your own."""
    with TemporaryDirectory(prefix="omnibus-stuck-") as folder:
        try:
            yield up(kind, Path(folder) / "data", SETTINGS)
        finally:
            omnibus("down", "--data", f"{folder}/data")


def queue(stack: Stack) -> Redis:
    return Redis.from_url(load_running(stack.data).redis)


def send(stack: Stack, folder: Path, prefix: str, count: int) -> set[str]:
    """Upload so many texts without waiting for them; their keys."""
    for number in range(count):
        (folder / f"{number:03}.txt").write_text(f"{prefix} {number}: the tide turns at {number} past nine.")
    done = stack.run("upload", str(folder), "--prefix", prefix)
    assert done.status == 0, done.err
    return {f"{prefix}{number:03}.txt" for number in range(count)}


def finished(stack: Stack) -> bool:
    """Whether nothing waits, is in work or is tried again, by what the stack itself says."""
    status = stack.run("status", "--json").json
    return bool(status["ready"]) and status["in_flight"] == status["lag"]["media.events"] == 0


def segments(stack: Stack, prefix: str) -> dict[str, int]:
    """How many segments each object below the prefix has in searches."""
    found = stack.search("when does the tide turn?", "--prefix", prefix, "-k", "100")
    return {key: found.count(key) for key in found}


def test_more_than_a_hundred_jobs_may_wait_and_none_of_them_expires(
    own: Stack, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """NeMo-Retriever#1551: files are dropped after repeated refusals, and work beyond 100 jobs expires in Redis."""
    with own.standing_still(WORKER):
        keys = send(own, tmp_path, "waiting/", 120)
        wait_until(lambda: queue(own).llen(INGEST_QUEUE) > 100)
    wait_until(lambda: set(own.held("waiting/")) == keys and finished(own), timeout_s=PATIENCE_S)


def test_what_was_queued_and_is_lost_from_the_queue_is_run(own: Stack, tmp_path: Path, wait_until: WaitUntil) -> None:
    """onyx#8379: files are queued and never run, while the queue reads empty."""
    with own.standing_still(WORKER):
        keys = send(own, tmp_path, "lost/", 8)
        wait_until(lambda: queue(own).llen(INGEST_QUEUE) >= 4)
        queue(own).delete(INGEST_QUEUE)
    wait_until(lambda: set(own.held("lost/")) == keys and finished(own), timeout_s=PATIENCE_S)


def test_what_the_queue_hands_out_twice_is_there_once(own: Stack, tmp_path: Path, wait_until: WaitUntil) -> None:
    """haiku.rag#643: queue and database disagree, and duplicates appear."""
    with own.standing_still(WORKER):
        keys = send(own, tmp_path, "twice/", 8)
        wait_until(lambda: queue(own).llen(INGEST_QUEUE) >= 4)
        queue(own).rpush(INGEST_QUEUE, *queue(own).lrange(INGEST_QUEUE, 0, -1))
    wait_until(lambda: finished(own) and queue(own).llen(INGEST_QUEUE) == 0, timeout_s=PATIENCE_S)
    assert segments(own, "twice/") == dict.fromkeys(keys, 1)


def test_an_object_whose_process_hangs_is_not_in_work_for_ever(
    own: Stack, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """morphik#252: files are "processing" for ever."""
    hanging = psutil.Process(own.group_of(WORKER)).children()[0]
    hanging.suspend()
    try:
        keys = send(own, tmp_path, "hangs/", 8)
        wait_until(lambda: set(own.held("hangs/")) == keys and finished(own), timeout_s=PATIENCE_S)
        assert own.run("status", "--json").json["queues"][INGEST_QUEUE]["taken"] == 1
    finally:
        hanging.resume()
    wait_until(lambda: queue(own).hlen("unacked") == 0)
    assert segments(own, "hangs/") == dict.fromkeys(keys, 1)


def test_no_file_is_stuck_after_everything_was_killed_at_once(
    own: Stack, tmp_path: Path, wait_until: WaitUntil, kind: str
) -> None:
    """ragflow#13171 and #8575: files are stuck in "parsing" after a reboot."""
    with own.standing_still(WORKER):
        keys = send(own, tmp_path, "reboot/", 30)
        wait_until(lambda: own.run("status", "--json").json["in_flight"] >= 30, timeout_s=PATIENCE_S)
        state = read_state(own.data)
        assert state is not None
        os.kill(state.pid, signal.SIGKILL)
        wait_until(lambda: not any(process_started(part.pid) for part in state.parts if part.pid))
    again = up(kind, own.data, SETTINGS)
    wait_until(lambda: set(again.held("reboot/")) == keys and finished(again), timeout_s=PATIENCE_S)
    assert segments(again, "reboot/") == dict.fromkeys(keys, 1)
