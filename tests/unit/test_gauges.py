"""What dispatchers tell of their partitions."""

from fakes.cache import DictCache

from omnibus.gauges import KEPT_S, read_progress, write_progress
from workers.dispatch.progress import Stage, Unfinished
from workers.domain.record import Position

ONE = Unfinished(Position(1, 7), "a b", Stage.RETRYING, 2, "write: nobody answers")
OTHER = Unfinished(Position(2, 8), "c", Stage.WAITING)


def test_each_partition_has_what_is_not_done_of_it() -> None:
    cache = DictCache()
    write_progress(cache, "media.events", [0, 1, 2], [ONE, OTHER])
    assert read_progress(cache, "media.events", [0, 1, 2, 3]) == {0: [], 1: [ONE], 2: [OTHER]}
    assert read_progress(cache, "rag.queries", [0, 1]) == {}


def test_two_dispatchers_do_not_overwrite_each_other() -> None:
    cache = DictCache()
    write_progress(cache, "media.events", [1], [ONE, OTHER])
    write_progress(cache, "media.events", [2], [OTHER])
    assert read_progress(cache, "media.events", [1, 2]) == {1: [ONE], 2: [OTHER]}


def test_a_dispatcher_that_is_gone_is_soon_not_heard_of() -> None:
    now = 0.0
    cache = DictCache(lambda: now)
    write_progress(cache, "media.events", [1], [ONE])
    now = KEPT_S
    assert read_progress(cache, "media.events", [1]) == {}
