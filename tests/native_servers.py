"""The servers of docker-compose.yml without Docker, as a stack of their own. As a script, runs that stack."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from waiting import wait_until

from omnibus.stacks.control import stop
from omnibus.stacks.credentials import Credentials
from omnibus.stacks.layout import Layout
from omnibus.stacks.native.compose import Compose, project_files
from omnibus.stacks.native.install import all_servers, installed
from omnibus.stacks.native.servers import Addresses, addresses, native_parts, port_names
from omnibus.stacks.ports import allocate
from omnibus.stacks.state import StackState, read_state
from omnibus.stacks.supervisor import Supervisor
from omnibus.stacks.tether import tethered

START_LIMIT_S = 90.0


@dataclass(frozen=True)
class NativeStack:
    """The four servers, and the process that supervises them."""

    data: Path
    addresses: Addresses
    supervisor: subprocess.Popen[bytes]

    @property
    def state(self) -> StackState:
        state = read_state(self.data)
        assert state is not None
        return state


def compose() -> Compose:
    return Compose.read(project_files() / "docker-compose.yml")


def demand_servers() -> None:
    """Skip the test where they are not installed; in CI, fail it."""
    missing = [server.name for server in all_servers(compose()) if installed(server) is None]
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
            tethered([sys.executable, __file__, str(data)]), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_until(lambda: supervisor.poll() is not None or _ready(data), timeout_s=START_LIMIT_S)
        if supervisor.poll() is not None:
            pytest.fail(f"the servers did not start: {log.read_text()[-2000:]}")
        state = read_state(data)
        assert state is not None
        yield NativeStack(data, Addresses(**state.endpoints), supervisor)
    finally:
        stop(data)
        supervisor.kill()
        supervisor.wait()


def _ready(data: Path) -> bool:
    state = read_state(data)
    return state is not None and state.ready


def main(data: Path) -> None:
    """Run the servers until a stop signal."""
    layout = Layout(data.resolve())
    layout.make()
    credentials = Credentials.of(layout.run / "credentials.json")
    ports = allocate(port_names(compose(), credentials), layout.run / "ports.json")
    endpoints = asdict(addresses(ports, credentials))
    Supervisor(native_parts(layout, ports, credentials, compose()), layout.run, endpoints=endpoints).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
