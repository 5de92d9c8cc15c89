"""The servers of docker-compose.yml without Docker, as a stack of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from waiting import wait_until

from omnibus.stacks.control import stop
from omnibus.stacks.endpoints import Endpoints
from omnibus.stacks.native.compose import Compose, project_files
from omnibus.stacks.native.install import all_servers, installed
from omnibus.stacks.state import StackState, read_state
from omnibus.stacks.tether import tethered

RUN = "import sys, pathlib; from omnibus.stacks.native.stack import run_native; run_native(pathlib.Path(sys.argv[1]))"
START_LIMIT_S = 90.0


@dataclass(frozen=True)
class NativeStack:
    """The four servers, and the process that supervises them."""

    data: Path
    endpoints: Endpoints
    supervisor: subprocess.Popen[bytes]

    @property
    def state(self) -> StackState:
        state = read_state(self.data)
        assert state is not None
        return state


def demand_servers() -> None:
    """Skip the test where they are not installed; in CI, fail it."""
    missing = [
        server.name
        for server in all_servers(Compose.read(project_files() / "docker-compose.yml"))
        if installed(server) is None
    ]
    if missing:
        line = f"{', '.join(missing)}: not installed on this machine; get them with `make servers`"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(line)


@contextmanager
def running_native_servers(data: Path) -> Iterator[NativeStack]:
    """The four servers on this data directory. They die with the test run, whatever ends it."""
    demand_servers()
    log = data.with_suffix(".out")
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            tethered([sys.executable, "-c", RUN, str(data)]), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_until(lambda: supervisor.poll() is not None or _ready(data), timeout_s=START_LIMIT_S)
        if supervisor.poll() is not None:
            pytest.fail(f"the servers did not start: {log.read_text()[-2000:]}")
        state = read_state(data)
        assert state is not None
        yield NativeStack(data, Endpoints.from_dict(state.endpoints), supervisor)
    finally:
        stop(data)
        supervisor.kill()
        supervisor.wait()


def _ready(data: Path) -> bool:
    state = read_state(data)
    return state is not None and state.ready
