"""Running a few tasks at once, with one limit for all, none of which can keep the caller waiting."""

from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import TypeVar

Result = TypeVar("Result")


def side_by_side(tasks: Mapping[str, Callable[[], Result]], limit_s: float) -> dict[str, "Result | Exception | None"]:
    """What each task gives, the exception that it raised, or None when it took longer than `limit_s`."""
    done: SimpleQueue[tuple[str, Result | Exception]] = SimpleQueue()

    def attempt(name: str, task: Callable[[], Result]) -> None:
        try:
            done.put((name, task()))
        except Exception as problem:  # noqa: BLE001 - it becomes a line of the report
            done.put((name, problem))

    for name, task in tasks.items():
        # Daemons: one that hangs must not keep the command from ending.
        Thread(target=attempt, args=(name, task), name=f"check {name}", daemon=True).start()
    results: dict[str, Result | Exception | None] = dict.fromkeys(tasks)
    deadline = monotonic() + limit_s
    for _ in tasks:
        try:
            name, result = done.get(timeout=max(0.0, deadline - monotonic()))
        except Empty:
            break
        results[name] = result
    return results
