"""The user's cache of servers: a folder each, `<name>-<version>`, that is there when it is complete."""

import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path


def servers_folder() -> Path:
    """Where the servers are: `~/.cache/omnibus/servers` on Linux."""
    return user_cache_path("omnibus") / "servers"


def filled_once(folder: Path, fill: Callable[[Path], None]) -> bool:
    """Have `fill` make what belongs into `folder`, unless that was done before; True when it was done now.

    `fill` gets an empty folder beside it, which takes its name when `fill` returns: what a failed or killed one left
    is cleared away. Of two processes at once, one fills and the other waits. What `fill` raises goes through.
    """
    if folder.is_dir():
        return False
    locks = folder.parent / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    # The system releases it when its holder dies.
    with FileLock(locks / f"{folder.name}.lock"):
        if folder.is_dir():
            return False
        partial = folder.with_name(f".partial-{folder.name}")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        try:
            fill(partial)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return True
