"""`omnibus reconcile` on a running stack, and what becomes of objects whose events are lost."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from running import Stack, omnibus, up

from omnibus.composition import projection_of
from omnibus.settings import load_running
from omnibus.stacks.state import read_state
from producers.s3 import s3_client
from workers.domain.media import ObjectRef, Version

WaitUntil = Callable[..., object]
UPLOADERS = 8
BUCKET = {"embedded": "seaweedfs", "services": "minio"}


def pid_of(data: Path, name: str) -> int:
    state = read_state(data)
    assert state is not None
    return next(part.pid for part in state.parts if part.name == name) or 0


@contextmanager
def standing_still(stack: Stack, part: str) -> Iterator[None]:
    """The part's process stopped, for less than its supervisor bears."""
    pid = pid_of(stack.data, part)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        # On a machine that is very busy, its supervisor has taken it for dead.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def put(stack: Stack, key: str, text: str) -> None:
    stack.s3().put_object(stack.endpoints["bucket"], key, io.BytesIO(text.encode()), len(text.encode()))


def test_what_waits_for_the_dispatcher_is_on_the_way_and_gets_no_second_event(
    stack: Stack, wait_until: WaitUntil
) -> None:
    with standing_still(stack, "dispatch-media"):
        put(stack, "waits/a.txt", "The ferry leaves at nine.")
        found = stack.run("reconcile", "--fix", "--json", "--prefix", "waits/").json
    assert (found["missing"], found["on_the_way"], found["missed"], found["published"]) == (1, 1, 0, 0)
    wait_until(
        lambda: stack.search("when does the ferry leave?", "--prefix", "waits/") == ["waits/a.txt"], timeout_s=120
    )


def test_what_was_missed_is_told_listed_and_mended(stack: Stack, wait_until: WaitUntil) -> None:
    def is_found() -> bool:
        return stack.search("when is the pier closed?", "--prefix", "missed/") == ["missed/a.txt"]

    put(stack, "missed/a.txt", "The pier is closed on Mondays.")
    wait_until(is_found, timeout_s=120)
    # MinIO tells of it once more a little later, and an event counts until those before it are done too.
    wait_until(lambda: stack.run("status", "--json").json["lag"]["media.events"] == 0, timeout_s=120)
    forget(stack, "missed/a.txt")
    found = stack.run("reconcile", "--prefix", "missed/")
    assert found.out.splitlines()[0] == "missing   missed/a.txt"
    assert found.out.splitlines()[1].startswith("1 missing, 0 stale, 0 orphaned: 0 on the way, 1 missed ")
    assert stack.run("reconcile", "--fix", "--json", "--prefix", "missed/").json["published"] == 1
    wait_until(is_found, timeout_s=120)


def forget(stack: Stack, key: str) -> None:
    """Take an object out of the index, past the dispatcher."""
    index = projection_of(load_running(stack.data))
    assert index.delete(ObjectRef(stack.endpoints["bucket"], key), Version("", "F" * 16))


def test_a_run_tells_what_the_last_one_found(stack: Stack, wait_until: WaitUntil) -> None:
    first = stack.run("reconcile", "--json").json
    second = stack.run("reconcile", "--json").json
    assert second["last_run"]["at"] >= first["at"]

    def tells_of_the_whole() -> bool:
        # The stack has runs of its own, and one of them may come in between.
        whole = stack.run("reconcile", "--json").json
        part = stack.run("reconcile", "--json", "--prefix", "some/").json
        after = stack.run("reconcile", "--json").json
        return part["last_run"]["at"] == after["last_run"]["at"] == whole["at"]

    wait_until(tells_of_the_whole, timeout_s=120)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--watch", "--prefix", "a/"], "leave out --prefix"),
        (["--every", "5"], "add --watch"),
        (["--every", "0", "--watch"], ""),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments: list[str], line: str) -> None:
    done = omnibus("reconcile", *arguments)
    assert done.status == 2
    assert line in done.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_watch_says_a_line_a_run_and_stops_when_told_to(
    stack: Stack, tmp_path: Path, wait_until: WaitUntil, number: signal.Signals
) -> None:
    out = tmp_path / "out"
    with out.open("wb") as file:
        command = [sys.executable, "-m", "omnibus", "reconcile", "--watch", "--every", "1", "--data", str(stack.data)]
        watch = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: len(out.read_text().splitlines()) >= 2, timeout_s=120)
        watch.send_signal(number)
        assert watch.wait(timeout=30) == 0
    finally:
        watch.kill()
    assert all(" missed since " in line for line in out.read_text().splitlines())


@pytest.fixture
def data() -> Iterator[Path]:
    """A data directory of the test's own, whose stack is stopped at the end."""
    with TemporaryDirectory(prefix="omnibus-reconcile-") as folder:
        try:
            yield Path(folder) / "data"
        finally:
            omnibus("down", "--data", f"{folder}/data")


def some_more(taken: set[str], wait_until: WaitUntil) -> None:
    """Wait until the bucket has taken 40 more objects."""
    before = len(taken)
    wait_until(lambda: len(taken) >= before + 40, timeout_s=120)


def test_a_bucket_that_is_killed_under_eight_uploaders_loses_nothing_that_it_took(
    kind: str, data: Path, wait_until: WaitUntil
) -> None:
    """Events of what it took just before and after are lost for good."""
    stack = up(kind, data)
    taken: set[str] = set()
    stop = threading.Event()

    def upload(name: int) -> None:
        at = stack.endpoints
        client = s3_client(at["s3"], at["access_key"], at["secret_key"], tries=1)
        for number in range(10_000):
            if stop.is_set():
                return
            key = f"load/{name}/{number:05}.txt"
            with suppress(Exception):
                client.put_object(at["bucket"], key, io.BytesIO(key.encode()), len(key))
                taken.add(key)

    uploaders = [threading.Thread(target=upload, args=(name,)) for name in range(UPLOADERS)]
    for uploader in uploaders:
        uploader.start()
    try:
        for _ in range(2):
            some_more(taken, wait_until)
            os.kill(pid_of(data, BUCKET[kind]), signal.SIGKILL)
        some_more(taken, wait_until)
    finally:
        stop.set()
        for uploader in uploaders:
            uploader.join()

    def differing() -> int:
        done = stack.run("reconcile", "--json")
        found = done.json if done.status == 0 else {"missing": 1}
        return sum(found.get(name, 0) for name in ("missing", "stale", "orphaned"))

    wait_until(lambda: differing() == 0, timeout_s=240, every_s=1)
    listed = {found.object_name for found in stack.s3().list_objects(stack.endpoints["bucket"], recursive=True)}
    assert taken <= listed
