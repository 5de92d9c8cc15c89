"""The contract of `workers.ports.index.Index` between processes that write and read the same index."""

from collections import Counter
from concurrent.futures import Executor
from multiprocessing import get_context
from pathlib import Path

import index_processes
from index_adapters import Home, an_object, ids_of, record_of, towards, version
from index_processes import wait_until

from workers.domain.hit import Filters
from workers.ports.index import Index


def found(index: Index, prefix: str = "") -> list[str]:
    hits = index.nearest("words", towards(1, 0, 0, 0), k=500, filters=Filters(prefix=prefix))
    return [hit.segment_id for hit in hits]


def test_a_write_is_seen_at_once_by_another_process(index: Index, home: Home, elsewhere: Executor) -> None:
    for moment in range(1, 4):
        each = an_object("a.txt", f"boat version{moment}", moment=moment)
        index.write([each])
        assert elsewhere.submit(index_processes.find, home, f"version{moment}").result() == ids_of(each)
        record = elsewhere.submit(index_processes.record, home, each.ref).result()
        assert record is not None
        assert record.version == version(moment)


def test_a_write_of_another_process_is_seen_at_once(index: Index, home: Home, elsewhere: Executor) -> None:
    assert found(index) == []
    each = an_object("a.txt", "boat")
    elsewhere.submit(index_processes.write, home, [[each]]).result()
    assert found(index) == ids_of(each)


def test_processes_that_write_different_objects_lose_nothing(index: Index, home: Home, elsewhere: Executor) -> None:
    calls = [[[an_object(f"{who}/{n}", "boat", "ship")] for n in range(25)] for who in ("x", "y")]
    writers = [elsewhere.submit(index_processes.write, home, each) for each in calls]
    assert all(flags == [True] for writer in writers for flags in writer.result())
    assert len(list(index.objects("default", "media"))) == 50
    assert Counter(found(index)) == Counter(id_ for call in calls for [each] in call for id_ in ids_of(each))


def test_processes_that_write_the_same_object_leave_one_copy_of_the_newest(
    index: Index, home: Home, elsewhere: Executor
) -> None:
    def versions(moments: range) -> list[list[object]]:
        return [
            [an_object("a.txt", *(f"text {n}" for n in range(moment % 3 + 1)), moment=moment)] for moment in moments
        ]

    writers = [elsewhere.submit(index_processes.write, home, versions(range(first, 40, 2))) for first in (1, 2)]
    for writer in writers:
        writer.result()
    newest = an_object("a.txt", "text 0", moment=39)
    record = record_of(index, newest.ref)
    assert record is not None
    assert (record.version, record.segments) == (version(39), 1)
    assert found(index) == ids_of(newest)


def test_a_new_object_that_two_processes_write_at_once_is_there_once(
    index: Index, home: Home, elsewhere: Executor
) -> None:
    objects = [an_object(f"{n}.txt", "boat") for n in range(15)]
    writers = [elsewhere.submit(index_processes.write, home, [[each] for each in objects]) for _ in range(2)]
    for writer in writers:
        writer.result()
    assert Counter(found(index)) == Counter(ids_of(each)[0] for each in objects)


def test_an_object_is_never_missed_while_it_is_updated(
    index: Index, home: Home, elsewhere: Executor, tmp_path: Path
) -> None:
    started, stop = tmp_path / "started", tmp_path / "stop"
    index.write([an_object("a.txt", "boat 0", moment=1), an_object("b.txt", "boat")])
    looking = elsewhere.submit(index_processes.search_until, home, "a.txt", "boat", started, stop)
    try:
        wait_until(lambda: started.exists() or looking.done())
        for moment in range(2, 52):
            index.write([an_object("a.txt", *["boat"] * (moment % 4 + 1), moment=moment)])
    finally:
        stop.touch()
    searches, in_vain = looking.result()
    assert searches > 2
    assert in_vain == 0


def test_a_writer_killed_at_any_moment_leaves_nothing_that_the_next_write_does_not_mend(
    index: Index, home: Home, tmp_path: Path
) -> None:
    sizes = (3, 1, 2)
    for attempt, size in enumerate(sizes):
        started = tmp_path / f"started-{attempt}"
        objects = [an_object("a.txt", *["boat"] * size, moment=attempt + 1) for size in sizes]
        writer = get_context("spawn").Process(
            target=index_processes.write_until_killed, args=(home, objects, started), daemon=True
        )
        writer.start()
        wait_until(started.exists)
        writer.kill()
        writer.join()
        mended = an_object("a.txt", *["ship"] * size, moment=attempt + 1)
        assert index.write([mended]) == [True]
        assert sorted(found(index)) == sorted(ids_of(mended))
