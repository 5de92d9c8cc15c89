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
    configuration = run / "final"
    if problem := _set_up(java, run, defaults):
        sys.stderr.write(f"{problem}\nthe storage of Kafka cannot be set up\n")
        return 1
    heap = shlex.split(os.environ.get("KAFKA_HEAP_OPTS", ""))
    log = f"-Dlog4j2.configurationFile=file:{configuration / 'log4j2.yaml'}"
    # Out of memory it ends, as in its image, and the supervisor starts it again.
    options = [*heap, "-XX:+ExitOnOutOfMemoryError", log]
    try:
        os.execv(java, [java, *options, "kafka.Kafka", str(configuration / "server.properties")])  # noqa: S606 - no shell
    except OSError as error:
        sys.stderr.write(f"cannot start {java}: {error.strerror}\n")
    return 1


def _set_up(java: str, run: Path, defaults: Path) -> str:
    """What went wrong; empty when all is well."""
    for name in ("default", "mounted", "final"):
        (run / name).mkdir(parents=True, exist_ok=True)
    (run / "default" / "server.properties").touch()
    for name in DEFAULTS:
        (run / "default" / name).write_bytes((defaults / name).read_bytes())
    folders = ["-D", str(run / "default"), "-M", str(run / "mounted"), "-F", str(run / "final")]
    done = subprocess.run(
        # A heap of its own, and no effort to be fast: it runs for a second.
        [java, "-Xmx64m", "-XX:TieredStopAtLevel=1", "kafka.docker.KafkaDockerWrapper", "setup", *folders],
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    return said if done.returncode and FORMATTED not in said else ""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
