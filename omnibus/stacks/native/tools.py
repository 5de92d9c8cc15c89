"""The tools that install the servers: found, new enough, run; each with what to do when that goes wrong."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from omnibus.stacks.errors import StackFailed

VERSION_TIMEOUT_S = 30
"""How long a tool may take to say its version."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program in the PATH, the oldest major and minor version that will do, and where to get it."""

    program: str
    oldest: tuple[int, int]
    ask: tuple[str, ...]
    remedy: str

    def path(self) -> Path:
        """Where it is. Raises `StackFailed` when it is missing or too old."""
        wanted = f"{self.program} {'.'.join(map(str, self.oldest))} or newer"
        found = shutil.which(self.program)
        if found is None:
            raise StackFailed(f"{wanted} is needed and not installed; {self.remedy}")
        version = version_of(found, self.ask)
        if version is None or version < self.oldest:
            has = ".".join(map(str, version)) if version else "one that does not say its version"
            raise StackFailed(f"{wanted} is needed, and {found} is {has}; {self.remedy}")
        return Path(found)


GO = Tool("go", (1, 26), ("version",), "get it from https://go.dev/dl")
JAVA = Tool("java", (17, 0), ("-version",), "on Debian: apt-get install openjdk-17-jre-headless")
MAVEN = Tool("mvn", (3, 6), ("--version",), "on Debian: apt-get install maven")


def version_of(program: str, ask: Sequence[str]) -> tuple[int, int] | None:
    """Major and minor version, from the first number in what the program says; None when it says none."""
    try:
        said = subprocess.run([program, *ask], capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    # Maven's colours have numbers, too.
    plain = re.sub("\x1b\\[[0-9;]*m", "", said.stdout + said.stderr)
    found = re.search(r"(\d+)(?:\.(\d+))?", plain)
    return (int(found[1]), int(found[2] or 0)) if found else None


def run(argv: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """What the program prints. `env` is added to the environment.

    Raises `StackFailed` with the program's last line when it fails.
    """
    done = subprocess.run(
        list(map(str, argv)),
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        # Maven goes on about how to get more help; what went wrong is in its first complaint.
        complaint = next((line for line in lines if line.startswith("[ERROR]")), lines[-1] if lines else "(no output)")
        raise StackFailed(f"{Path(argv[0]).name} failed: {complaint[:300]}; check the network, then run it again")
    return done.stdout
