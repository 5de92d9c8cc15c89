"""A Weaviate server of the tests' own: real, on free ports of this machine, with a key, gone with the test run."""

import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from omnibus.stacks.native.compose import Compose, project_files
from omnibus.stacks.native.install import demand, weaviate
from omnibus.stacks.ports import HOST, allocate
from omnibus.stacks.tether import tethered

KEY = "tests-key"
SETTINGS = {
    "API_BASED_MODULES_DISABLED": "true",
    "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "false",
    "AUTHENTICATION_APIKEY_ALLOWED_KEYS": KEY,
    "AUTHENTICATION_APIKEY_ENABLED": "true",
    "AUTHENTICATION_APIKEY_USERS": "omnibus",
    "AUTOSCHEMA_ENABLED": "false",
    "CLUSTER_ADVERTISE_ADDR": HOST,
    "CLUSTER_HOSTNAME": "node1",
    "DEFAULT_VECTORIZER_MODULE": "none",
    "DISABLE_TELEMETRY": "true",
    "GO_PROFILING_DISABLE": "true",
    "LOG_LEVEL": "warning",
    "RAFT_BOOTSTRAP_EXPECT": "1",
    "RAFT_TIMEOUTS_MULTIPLIER": "1",
}
PORTS = {
    "grpc": "GRPC_PORT",
    "gossip": "CLUSTER_GOSSIP_BIND_PORT",
    "data": "CLUSTER_DATA_BIND_PORT",
    "raft": "RAFT_PORT",
    "raft_rpc": "RAFT_INTERNAL_RPC_PORT",
}


@dataclass
class WeaviateServer:
    """One server; `kill` and `start` it as the test likes: ports and data stay."""

    program: Sequence[str]
    folder: Path
    ports: dict[str, int]
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.ports['http']}"

    @property
    def grpc(self) -> str:
        return f"{HOST}:{self.ports['grpc']}"

    @property
    def ready(self) -> bool:
        with suppress(OSError, urllib.error.HTTPError):
            urllib.request.urlopen(f"{self.url}/v1/.well-known/ready", timeout=1).close()
            return True
        return False

    def start(self) -> None:
        own = {"PERSISTENCE_DATA_PATH": str(self.folder / "data"), "HOME": str(self.folder), "PATH": os.defpath}
        numbers = {variable: str(self.ports[name]) for name, variable in PORTS.items()}
        command = [*self.program, "--host", HOST, "--port", str(self.ports["http"]), "--scheme", "http"]
        with (self.folder / "weaviate.log").open("ab") as log:
            self.process = subprocess.Popen(
                tethered(command), env={**SETTINGS, **own, **numbers}, cwd=self.folder, stdout=log, stderr=log
            )

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@contextmanager
def weaviate_server(folder: Path, wait_until: Callable[..., object]) -> Iterator[WeaviateServer]:
    """The server with its data in `folder`, ready. Raises `StackFailed` where it is not installed."""
    program = demand(weaviate(Compose.read(project_files() / "docker-compose.yml"))).argv
    server = WeaviateServer(program, folder, allocate(["http", *PORTS], folder / "ports.json"))
    server.start()
    try:
        wait_until(lambda: server.ready, timeout_s=60)
        yield server
    finally:
        server.kill()
