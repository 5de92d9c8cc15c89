"""Members of a group that poll at the same time."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event


@contextmanager
def over_and_over(do: Callable[[], object]) -> Iterator[None]:
    """`do`, again and again, in a thread of its own, until the end of the block."""
    stop = Event()

    def loop() -> None:
        while not stop.is_set():
            do()

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(loop)
        try:
            yield
        finally:
            stop.set()
            running.result()
