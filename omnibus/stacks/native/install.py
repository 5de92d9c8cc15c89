"""Installing the four servers: what `make servers` does. Their versions are those of `docker-compose.yml`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from time import monotonic

from omnibus.stacks.errors import StackFailed
from omnibus.stacks.native import debian
from omnibus.stacks.native.cache import filled_once, servers_folder
from omnibus.stacks.native.compose import Compose, project_files
from omnibus.stacks.native.tools import GO, JAVA, MAVEN, Tool, run, version_of

KAFKA, MINIO, WEAVIATE, REDIS = "kafka", "minio", "weaviate", "redis"
MISSING = "install it with `make servers`"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Program:
    """How a server is started: `argv` comes before the command of its compose entry."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Server:
    """A server and its version. `fill` installs it into an empty folder (`how`, in words), `program` finds it there."""

    name: str
    version: str
    tools: tuple[Tool, ...]
    how: str
    fill: Callable[[Path], None]
    program: Callable[[Path], Program]

    def folder(self, servers: Path) -> Path:
        """Where it is installed."""
        return servers / f"{self.name}-{self.version}"


def install_all(compose: Compose, say: Say, servers: Path | None = None) -> None:
    """Install what is missing, and say of each server what was done. Raises `StackFailed` with a remedy."""
    wanted = all_servers(compose)
    missing = [server for server in wanted if installed(server, servers) is None]
    # Before the first of them has taken its minutes.
    for tool in dict.fromkeys(tool for server in missing for tool in server.tools):
        tool.path()
    for server in wanted:
        if server not in missing:
            say(f"{server.name} {server.version}: is there")
            continue
        started = monotonic()
        say(f"{server.name} {server.version}: installing ({server.how}) ...")
        filled_once(server.folder(servers or servers_folder()), server.fill)
        say(f"{server.name} {server.version}: installed in {monotonic() - started:.0f} s")


def all_servers(compose: Compose) -> tuple[Server, ...]:
    """The servers, those first that take longest to install."""
    return weaviate(compose), minio(compose), kafka(compose), redis(compose)


def installed(server: Server, servers: Path | None = None) -> Program | None:
    """How it is started; None when it is not installed."""
    if server.name == REDIS and (system := _system_redis(server.version)):
        return Program((system,))
    folder = server.folder(servers or servers_folder())
    return server.program(folder) if folder.is_dir() else None


def demand(server: Server, servers: Path | None = None) -> Program:
    """How it is started. Raises `StackFailed` when it is not installed."""
    program = installed(server, servers)
    if program is None:
        raise StackFailed(f"the server {server.name} {server.version} is not on this machine; {MISSING}")
    return program


def kafka(compose: Compose) -> Server:
    """Apache Kafka: its jars, by way of Maven."""
    version = compose.tag(KAFKA)

    def fill(folder: Path) -> None:
        pom = project_files() / "deploy" / "kafka" / "pom.xml"
        options = ["-f", str(pom), f"-Dkafka.version={version}", f"-DoutputDirectory={folder / 'lib'}"]
        run([str(MAVEN.path()), "--batch-mode", "--quiet", *options, "dependency:copy-dependencies"], cwd=folder)

    def program(folder: Path) -> Program:
        return Program((str(JAVA.path()),), {"CLASSPATH": f"{folder / 'lib'}/*"})

    return Server(KAFKA, version, (JAVA, MAVEN), "its jars, with Maven", fill, program)


def minio(compose: Compose) -> Server:
    """MinIO, which is published as source only."""
    version = compose.build_argument(MINIO, "MINIO_VERSION")
    return _of_go(MINIO, version, f"github.com/minio/minio@{version}", "minio")


def weaviate(compose: Compose) -> Server:
    """Weaviate, from its source."""
    version = compose.tag(WEAVIATE)
    package = f"github.com/weaviate/weaviate/cmd/weaviate-server@v{version}"
    return _of_go(WEAVIATE, version, package, "weaviate-server")


def redis(compose: Compose) -> Server:
    """Redis: the system's, or else Debian's packages. Either may be another version than the image's."""
    major = compose.tag(REDIS).partition(".")[0]

    def fill(folder: Path) -> None:
        if not debian.available():
            raise StackFailed(f"Redis {major} or newer is not installed; install your system's `redis-server`")
        debian.unpack_redis(folder)

    def program(folder: Path) -> Program:
        return Program((str(debian.program(folder)),), {"LD_LIBRARY_PATH": debian.libraries(folder)})

    return Server(REDIS, major, (), "Debian's packages", fill, program)


def _of_go(name: str, version: str, package: str, binary: str) -> Server:
    def fill(folder: Path) -> None:
        # What was downloaded and compiled before an interruption is in Go's own caches.
        run([GO.path(), "install", package], cwd=folder, env={"GOBIN": str(folder), "CGO_ENABLED": "0"})

    how = "from its source, with Go: some minutes"
    return Server(name, version, (GO,), how, fill, lambda folder: Program((str(folder / binary),)))


def _system_redis(major: str) -> str | None:
    """The system's Redis, if it is new enough."""
    found = which("redis-server")
    if found is None:
        return None
    version = version_of(found, ("--version",))
    return found if version is not None and version >= (int(major), 0) else None
