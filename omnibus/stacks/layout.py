"""The data directory of an embedded stack: what lies where."""

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths below the data directory `data`. What is not named here is not ours."""

    data: Path

    @property
    def bucket(self) -> Path:
        """SeaweedFS: the objects. The one folder that must not be lost."""
        return self.data / "bucket"

    @property
    def queue(self) -> Path:
        """Valkey: Celery's queues, results, and the cache."""
        return self.data / "queue"

    @property
    def index(self) -> Path:
        """LanceDB: a projection of the bucket."""
        return self.data / "index"

    @property
    def logs(self) -> Path:
        """A log file per part."""
        return self.data / "logs"

    @property
    def run(self) -> Path:
        """Ports, credentials, configuration, state: what the stack makes for itself. Closed to other users."""
        return self.data / "run"

    @property
    def temporary(self) -> Path:
        """What our own processes write for themselves. Emptied at every start: a killed one leaves it behind."""
        return self.run / "tmp"

    @property
    def state(self) -> Path:
        """See `omnibus.stacks.state`."""
        return self.run / "state.json"

    @property
    def lock(self) -> Path:
        """See `omnibus.stacks.lock`."""
        return self.run / "lock"

    def make(self) -> None:
        """Create the folders that are not there yet."""
        for folder in (self.data, self.bucket, self.queue, self.index, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        self.run.mkdir(mode=0o700, exist_ok=True)

    def empty_temporary(self) -> None:
        """To be called by the one that holds the lock."""
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir(exist_ok=True)


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step."""
    partial = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
        target.write(text)
    partial.replace(file)
