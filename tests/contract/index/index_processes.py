"""What the tests do to an index in another process."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from index_adapters import Home, record_of, towards

from workers.domain.hit import Filters
from workers.domain.media import ObjectRef
from workers.domain.segment import IndexedObject, ObjectRecord


def write(home: Home, calls: Sequence[Sequence[IndexedObject]]) -> list[list[bool]]:
    index = home.open()
    return [list(index.write(objects)) for objects in calls]


def record(home: Home, ref: ObjectRef) -> ObjectRecord | None:
    return record_of(home.open(), ref)


def find(home: Home, word: str) -> list[str]:
    return [hit.segment_id for hit in home.open().matching(word, k=100, filters=Filters())]


def search_until(home: Home, key: str, word: str, started: Path, stop: Path) -> tuple[int, int]:
    """Search for the object by vector and by word until `stop` is there: how many searches, how many in vain."""
    index, filters = home.open(), Filters(prefix=key)
    searches = in_vain = 0
    while not stop.exists():
        by_vector = index.nearest("words", towards(1, 0, 0, 0), k=5, filters=filters)
        by_word = index.matching(word, k=5, filters=filters)
        searches += 2
        in_vain += (not by_vector) + (not by_word)
        started.touch()
    return searches, in_vain


def write_until_killed(home: Home, objects: Sequence[IndexedObject], started: Path) -> None:
    index = home.open()
    while True:
        for each in objects:
            index.write([each])
            started.touch()


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
