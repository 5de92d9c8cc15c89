"""Redis from Debian's packages, unpacked into a folder: no administrator, no service that starts by itself."""

import shutil
from pathlib import Path

from omnibus.stacks.errors import StackFailed
from omnibus.stacks.native.tools import run

PACKAGE = "redis-server"
NEEDED = ("apt-get", "dpkg-deb")


def available() -> bool:
    """Whether this machine has Debian's tools."""
    return all(shutil.which(program) for program in NEEDED)


def unpack_redis(folder: Path) -> None:
    """Fill `folder` with Redis and those of its libraries that this machine lacks.

    Package lists of our own: the system's may be missing, old, or another user's. Raises `StackFailed`.
    """
    apt = _own_apt(folder / "apt")
    run([*apt, "update"], cwd=folder)
    plan = run([*apt, "--simulate", "--no-install-recommends", "install", PACKAGE], cwd=folder)
    # "Inst libjemalloc2 (5.3.0-1 Debian:12/stable [amd64])", for each package that is not installed.
    packages = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
    run([*apt, "download", *packages], cwd=folder / "apt")
    for package in sorted((folder / "apt").glob("*.deb")):
        run(["dpkg-deb", "--extract", package, folder], cwd=folder)
    shutil.rmtree(folder / "apt")
    if not program(folder).exists():
        raise StackFailed(f"the package {PACKAGE} holds no {program(folder).name}; install Redis 7 or newer yourself")


def program(folder: Path) -> Path:
    """The server's program in a folder that was filled."""
    return folder / "usr" / "bin" / "redis-server"


def libraries(folder: Path) -> str:
    """The folders of its libraries, as in LD_LIBRARY_PATH."""
    found = {library.parent for library in folder.glob("**/*.so*")}
    return ":".join(sorted(map(str, found)))


def _own_apt(state: Path) -> list[str]:
    """`apt-get` that reads the system's sources and installed packages, and writes below `state` only."""
    options = {
        "Dir::State::lists": state / "lists",
        "Dir::Cache": state / "cache",
        "Debug::NoLocking": "true",
        # It would fetch as a user that cannot write here.
        "APT::Sandbox::User": "root",
    }
    for name in ("lists/partial", "cache/archives/partial"):
        (state / name).mkdir(parents=True)
    return ["apt-get", "--quiet", "--quiet", *(word for name, to in options.items() for word in ("-o", f"{name}={to}"))]
