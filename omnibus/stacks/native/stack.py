"""The servers of the services stack on this machine, without Docker, for `omnibus.stacks.run`."""

from pathlib import Path

from omnibus.stacks.credentials import Credentials
from omnibus.stacks.embedded import BUCKETS
from omnibus.stacks.layout import Layout
from omnibus.stacks.native.compose import Compose, project_files
from omnibus.stacks.native.install import MINIO
from omnibus.stacks.native.servers import VOLUMES, endpoints_of, native_parts, port_names
from omnibus.stacks.ports import allocate
from omnibus.stacks.run import Servers, run_stack


def native(layout: Layout, buckets: tuple[str, str] = BUCKETS) -> Servers:
    """Kafka, MinIO, Weaviate and Redis, as `docker-compose.yml` has them.

    `buckets` are the indexed one and the one for questions; neither is made here, nor any topic (`omnibus setup`).
    Raises `StackFailed` when a server is not installed.
    """
    compose = Compose.read(project_files() / "docker-compose.yml")
    credentials = Credentials.of(layout.run / "credentials.json")
    ports = allocate(port_names(compose, credentials), layout.run / "ports.json")
    return Servers(
        parts=tuple(native_parts(layout, ports, credentials, compose)),
        endpoints=endpoints_of(ports, credentials, buckets),
        # Of what is put just before it is killed, and just after its start, some is never told.
        forgets_events=(MINIO,),
    )


def keeps_native_servers(data: Path) -> bool:
    """Whether a stack with servers of its own has been run on this directory."""
    return (data / VOLUMES).is_dir()


def run_native(data: Path) -> None:
    """The servers alone, in the foreground until a stop signal. Raises `StackFailed`."""
    run_stack(data, native)
