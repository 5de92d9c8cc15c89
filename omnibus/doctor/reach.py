"""Whether anything listens at an address, and what to do when nothing does."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from omnibus.doctor.finding import Fault
from omnibus.settings import PREFIX, Settings

TLS_REASON = re.compile(r"SSL: (\w+)")
"""OpenSSL's word for what went wrong, in the text of Python's SSLError."""
CHECK_S = 3.0
"""How long a server may take to accept a connection, and again to answer; a busy machine takes its time."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server as its user knows it. `part` is its name in the embedded stack, `service` in docker-compose.yml."""

    name: str
    part: str
    service: str
    setting: str

    @property
    def variable(self) -> str:
        """The variable that holds its address."""
        return PREFIX + self.setting.upper()

    def no_tls(self, url: str, problem: BaseException) -> Fault:
        """When there is no TLS with what listens at an https address."""
        said = TLS_REASON.search(str(problem))
        found = f"{self.name}: no TLS with {url} ({said[1] if said else problem})"
        return Fault(found, f"correct {self.variable}: is it http, or is its certificate of an authority known here?")

    def advice(self, settings: Settings) -> str:
        """What to do when it does not answer."""
        if settings.stack == "embedded":
            log = Path(settings.data) / "logs" / f"{self.part}.log"
            return f"the stack starts it again by itself; if it stays away, {log} says why"
        return (
            f"start it (docker compose up -d {self.service}; without Docker: omnibus up --stack services --native) "
            f"or correct {self.variable}"
        )


KAFKA = Server("Kafka", "tansu", "kafka", "kafka")
STORE = Server("the object store", "seaweedfs", "minio", "s3")
WEAVIATE = Server("Weaviate", "", "weaviate", "weaviate")
WEAVIATE_GRPC = Server("Weaviate's gRPC", "", "weaviate", "weaviate_grpc")
REDIS = Server("Redis", "valkey", "redis", "redis")


def host_and_port(url: str, default: int | None = None) -> tuple[str, int]:
    """Of `host:port` or of an address with a scheme. Raises `ValueError` when there is no port and no `default`."""
    parts = urlsplit(url if "://" in url else f"//{url}")
    port = parts.port or default
    if not parts.hostname or port is None:
        raise ValueError(f"{url!r} is not host:port")
    return parts.hostname, port


@contextmanager
def connection(server: Server, host: str, port: int, advice: str, timeout_s: float) -> Iterator[socket.socket]:
    """A connection to what listens there; what is asked of it has `timeout_s` seconds, too. Raises `Fault`."""
    try:
        opened = socket.create_connection((host, port), timeout=timeout_s)
    except socket.gaierror as problem:
        found = f"{server.name}: no address is known for the name {host}"
        raise Fault(
            found, f"correct {server.variable}; docker compose's names are known in its containers only"
        ) from problem
    except OSError as problem:
        raise Fault(f"{server.name}: {_reason(problem, host, port)}", advice) from problem
    with opened:
        yield opened


def listens(server: Server, url: str, advice: str, timeout_s: float, default_port: int | None = None) -> None:
    """Raise `Fault` unless something accepts connections at this address."""
    try:
        host, port = host_and_port(url, default_port)
    except ValueError as problem:
        raise Fault(f"{server.name}: {problem}", f"correct {server.variable}") from problem
    with connection(server, host, port, advice, timeout_s):
        return


def _reason(problem: OSError, host: str, port: int) -> str:
    if isinstance(problem, ConnectionRefusedError):
        return f"nothing listens at {host}:{port}"
    if isinstance(problem, TimeoutError):
        return f"{host}:{port} does not answer"
    return f"{host}:{port} cannot be reached ({problem.strerror or problem})"
