"""What tests of every kind share: waiting for a condition, and the servers of both stacks."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from native_servers import running_native_servers
from waiting import wait_until
from weaviate_server import WeaviateServer, weaviate_server

from omnibus.settings import load_running
from omnibus.setup import set_up
from omnibus.stacks.control import stop
from omnibus.stacks.endpoints import Endpoints
from omnibus.stacks.errors import StackFailed
from omnibus.stacks.state import read_state
from omnibus.stacks.tether import tethered

RUN = "import sys, pathlib; from omnibus.stacks.embedded import run_embedded; run_embedded(pathlib.Path(sys.argv[1]))"

STACKS = ("embedded", "services")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """A folder of this run's own for all that is temporary, and Ctrl-C for every process, also in the background.

    Two runs that share a folder for `tmp_path` clean up after each other, too early; and workers that are killed leave
    files where temporary ones are.
    """
    folder = TemporaryDirectory(prefix="omnibus-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    tempfile.tempdir = os.environ["TMPDIR"] = f"{folder.name}/tmp"
    Path(tempfile.tempdir).mkdir()
    config.option.basetemp = config.option.basetemp or f"{folder.name}/pytest"
    # A shell has what it starts in the background ignore it, and so would whatever the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(name="wait_until")
def _wait_until() -> Callable[..., object]:
    """`wait_until`, for tests that do not import from here."""
    return wait_until


@dataclass(frozen=True)
class Stack:
    """A stack of servers only, and the process that supervises it."""

    data: Path
    endpoints: Endpoints
    supervisor: subprocess.Popen[bytes]


@contextmanager
def running_servers(data: Path) -> Iterator[Stack]:
    """Tansu, SeaweedFS, Valkey and the bridge on this data directory. They die with the test run, whatever ends it."""
    log = data.with_suffix(".out")
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            tethered([sys.executable, "-c", RUN, str(data)]), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_until(lambda: supervisor.poll() is not None or _ready(data), timeout_s=60)
        if supervisor.poll() is not None:
            pytest.fail(f"the embedded servers did not start: {log.read_text()[-2000:]}")
        state = read_state(data)
        assert state is not None
        yield Stack(data, Endpoints.from_dict(state.endpoints), supervisor)
    finally:
        stop(data)
        supervisor.kill()
        supervisor.wait()


def _ready(data: Path) -> bool:
    state = read_state(data)
    return state is not None and state.ready


@pytest.fixture(scope="session")
def embedded_servers() -> Iterator[Endpoints]:
    """The servers of the embedded stack, started when the first test asks for them; topics and buckets are there.

    Tests share them: use keys and prefixes of your own.
    """
    # Not a folder of pytest's, which it keeps for three runs.
    with TemporaryDirectory(prefix="omnibus-") as folder, running_servers(Path(folder) / "data") as stack:
        yield stack.endpoints


@contextmanager
def running_weaviate() -> Iterator[WeaviateServer]:
    """A Weaviate server. Where it is not installed the test is skipped, but fails in CI."""
    with TemporaryDirectory(prefix="omnibus-") as folder:
        try:
            with weaviate_server(Path(folder), wait_until) as server:
                yield server
        except StackFailed as missing:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(missing))


@pytest.fixture(scope="session")
def services_servers() -> Iterator[Endpoints]:
    """Kafka, MinIO, Weaviate and Redis, with topics, buckets and notifications set up. Shared like the others."""
    with (
        TemporaryDirectory(prefix="omnibus-") as folder,
        running_native_servers(Path(folder) / "data") as stack,
    ):
        set_up(load_running(stack.data))
        yield stack.endpoints


@pytest.fixture(scope="session", params=STACKS)
def servers(request: pytest.FixtureRequest) -> Endpoints:
    """The servers of each stack in turn."""
    endpoints: Endpoints = request.getfixturevalue(f"{request.param}_servers")
    return endpoints


@pytest.fixture(scope="session")
def weaviate() -> Iterator[WeaviateServer]:
    """A Weaviate server that tests share: use names of your own."""
    with running_weaviate() as server:
        yield server


@pytest.fixture(scope="session")
def run_weaviate() -> Callable[[], AbstractContextManager[WeaviateServer]]:
    """`running_weaviate`, for tests that need a server of their own because they break it."""
    return running_weaviate


@pytest.fixture(scope="session")
def run_servers() -> Callable[[Path], AbstractContextManager[Stack]]:
    """`running_servers`, for tests that need a stack of their own because they break it."""
    return running_servers
