"""`make servers`: installs Kafka, MinIO, Weaviate and Redis into the user's cache, where there is no Docker."""

import sys

from omnibus.stacks.errors import StackFailed
from omnibus.stacks.native.compose import Compose, project_files
from omnibus.stacks.native.install import install_all


def main() -> int:
    """Install them; a line each. The exit status is 1 when one could not be installed."""
    try:
        install_all(Compose.read(project_files() / "docker-compose.yml"), _say)
    except (StackFailed, OSError) as error:
        sys.stderr.write(f"omnibus: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("omnibus: interrupted; run it again, and it goes on where it stopped\n")
        return 130
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
