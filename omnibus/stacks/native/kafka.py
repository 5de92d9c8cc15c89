"""Starts Kafka as its image does, without its image: the properties from KAFKA_* variables, the storage formatted once.

Runs as a process of its own, which becomes the broker. The image's own program does the work: `KafkaDockerWrapper`,
in the broker's jar (https://github.com/apache/kafka, docker/jvm).
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

DEFAULTS = ("log4j2.yaml", "tools-log4j2.yaml")
"""What the wrapper reads beside `server.properties`; they are in `deploy/kafka`."""
FORMATTED = "already formatted"
"""What it says, as an error, from the second start on."""


def command(java: str, run: Path, defaults: Path) -> list[str]:
    """The command that starts the broker; `run` is a folder for its configuration, `defaults` holds `DEFAULTS`."""
    # -P: the working directory is the stack's, not a place to import from.
    return [sys.executable, "-P", "-m", __name__, java, str(run), str(defaults)]


def main(java: str, run: Path, defaults: Path) -> int:
    """Make the configuration, format the storage, become the broker. Returns only when that is not possible."""
    folders = {name: run / name for name in ("default", "mounted", "final")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    (folders["default"] / "server.properties").touch()
    for name in DEFAULTS:
        (folders["default"] / name).write_bytes((defaults / name).read_bytes())
    options = ["-D", folders["default"], "-M", folders["mounted"], "-F", folders["final"]]
    setup = subprocess.run(
        [java, "-Xmx64m", "-XX:TieredStopAtLevel=1", "kafka.docker.KafkaDockerWrapper", "setup", *map(str, options)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = setup.stdout + setup.stderr
    if setup.returncode and FORMATTED not in said:
        sys.stderr.write(f"{said}\nthe storage of Kafka cannot be set up\n")
        return 1
    log = f"-Dlog4j2.configurationFile=file:{folders['final'] / 'log4j2.yaml'}"
    heap = shlex.split(os.environ.get("KAFKA_HEAP_OPTS", ""))
    # -XX:+ExitOnOutOfMemoryError: as the image; the supervisor starts it again.
    os.execv(  # noqa: S606 - no shell is wanted
        java, [java, *heap, "-XX:+ExitOnOutOfMemoryError", log, "kafka.Kafka", str(folders["final"] / "server.properties")]
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
