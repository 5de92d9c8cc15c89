"""What the tests do with locks in another process."""

from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import Event

from workers.adapters.locks.redis import RedisLocks


def hold_for_ever(url: str, name: str, holding: Path) -> None:
    with RedisLocks(url, limit_s=1).held([name]):
        holding.touch()
        Event().wait()


def count_up(url: str, name: str, counter: Path, times: int, together: Barrier) -> None:
    """Read, add one, write, when all are there: what loses counts unless it is done by one at a time."""
    locks = RedisLocks(url)
    together.wait()
    for _ in range(times):
        with locks.held([name]):
            counter.write_text(str(int(counter.read_text()) + 1))
