"""The four servers as parts of a stack, made from their entries in `docker-compose.yml`.

Environment, command, configuration file and order of start are the entry's; hosts, ports and folders are replaced by
those of this machine (`remap`), and the variables of `.env` by the stack's own credentials.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from omnibus.stacks.credentials import Credentials
from omnibus.stacks.endpoints import Endpoints
from omnibus.stacks.layout import Layout, write_private
from omnibus.stacks.native import kafka as kafka_start
from omnibus.stacks.native.compose import Compose, Service, project_files
from omnibus.stacks.native.install import KAFKA, MINIO, REDIS, WEAVIATE, Program, Server, all_servers, demand
from omnibus.stacks.native.remap import Port, Remap, demand_plain
from omnibus.stacks.part import Part, Probe
from omnibus.stacks.ports import HOST
from omnibus.stacks.probes import http_answers, kafka_answers, redis_answers

NAMES = (KAFKA, MINIO, WEAVIATE, REDIS)
CLIENTS, S3, REST, GRPC, QUEUES = (KAFKA, 29092), (MINIO, 9000), (WEAVIATE, 8080), (WEAVIATE, 50051), (REDIS, 6379)
"""The ports that clients use."""
VOLUMES = "volumes"
"""The folder of a stack in which its servers keep their data."""
GRACE_S = {KAFKA: 6.0, MINIO: 2.0, WEAVIATE: 4.0, REDIS: 2.0}
"""How long each may take to stop. All of them survive being killed."""


def port_names(compose: Compose, credentials: Credentials) -> list[str]:
    """A name for every port of the servers, for `ports.allocate`: "kafka:29092" and so on."""
    services = (compose.service(name, variables(credentials)) for name in NAMES)
    return [_port_name(service.name, port) for service in services for port in service.ports]


def endpoints_of(ports: Mapping[str, int], credentials: Credentials, buckets: tuple[str, str]) -> Endpoints:
    """Where the servers on these ports can be reached once they run, and the buckets to use there."""

    def at(port: Port) -> str:
        return f"{HOST}:{ports[_port_name(*port)]}"

    return Endpoints(
        stack="services",
        kafka=at(CLIENTS),
        s3=f"http://{at(S3)}",
        access_key=credentials.access_key,
        secret_key=credentials.secret_key,
        bucket=buckets[0],
        question_bucket=buckets[1],
        redis=f"redis://:{credentials.redis_password}@{at(QUEUES)}/0",
        weaviate=f"http://{at(REST)}",
        weaviate_grpc=at(GRPC),
        weaviate_key=credentials.weaviate_key,
    )


def native_parts(
    layout: Layout, ports: Mapping[str, int], credentials: Credentials, compose: Compose, servers: Path | None = None
) -> list[Part]:
    """The four servers, with their data in `volumes` of the stack's folder. `ports` are those of `port_names`.

    `servers` is the folder that they are installed in, the user's cache by default. Raises `StackFailed` when one is
    not installed, and for a folder with a name that they cannot take.
    """
    demand_plain(layout.data)
    make = _Parts(layout, ports, credentials, compose)
    return [make.part(server, demand(server, servers)) for server in sorted(all_servers(compose), key=_order)]


def variables(credentials: Credentials) -> dict[str, str]:
    """What `.env` would hold."""
    return {
        "MINIO_ROOT_USER": credentials.access_key,
        "MINIO_ROOT_PASSWORD": credentials.secret_key,
        "REDIS_PASSWORD": credentials.redis_password,
        "WEAVIATE_API_KEY": credentials.weaviate_key,
    }


def _order(server: Server) -> int:
    return NAMES.index(server.name)


def _port_name(service: str, port: int) -> str:
    return f"{service}:{port}"


class _Parts:
    """What the parts are made from."""

    def __init__(self, layout: Layout, ports: Mapping[str, int], credentials: Credentials, compose: Compose) -> None:
        self._layout = layout
        self._ports = {_split(name): port for name, port in ports.items()}
        self._credentials = credentials
        self._services = {name: compose.service(name, variables(credentials)) for name in NAMES}

    def part(self, server: Server, program: Program) -> Part:
        """One server."""
        service = self._services[server.name]
        remap = Remap(service.name, self._ports, self._folders(service))
        for target, content in service.configs.items():
            write_private(remap.folders[target], remap.config(content))
        own = {"PATH": os.defpath, "HOME": str(self._layout.run), "TMPDIR": str(self._layout.run)}
        return Part(
            name=service.name,
            argv=self._command(service, program, remap),
            env={**own, **remap.environment(service), **program.env},
            cwd=self._layout.run,
            log=self._layout.logs / f"{service.name}.log",
            ready=self._probes()[service.name],
            needs=service.needs,
            stop_grace_s=GRACE_S[service.name],
            notes={str(port): f"{HOST}:{self._ports[service.name, port]}" for port in service.ports},
        )

    def _folders(self, service: Service) -> dict[str, Path]:
        """Volumes and configuration files: path in the container -> path here."""
        folders = {target: self._layout.data / VOLUMES / volume for target, volume in service.volumes.items()}
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        return folders | {
            target: self._layout.run / f"{service.name}-{Path(target).name}" for target in service.configs
        }

    def _command(self, service: Service, program: Program, remap: Remap) -> list[str]:
        if service.name == KAFKA:
            return kafka_start.command(program.argv[0], self._layout.run / KAFKA, project_files() / "deploy" / KAFKA)
        command = remap.command(service)
        # The other images' commands are options of their program; this one's starts with it.
        return [*program.argv, *(command[1:] if service.name == REDIS else command)]

    def _probes(self) -> dict[str, Probe]:
        ports = self._ports
        return {
            KAFKA: kafka_answers(ports[CLIENTS]),
            MINIO: http_answers("MinIO to answer", f"http://{HOST}:{ports[S3]}/minio/health/ready"),
            WEAVIATE: http_answers("Weaviate to answer", f"http://{HOST}:{ports[REST]}/v1/.well-known/ready"),
            REDIS: redis_answers(ports[QUEUES], self._credentials.redis_password),
        }


def _split(name: str) -> Port:
    service, _, port = name.partition(":")
    return service, int(port)
