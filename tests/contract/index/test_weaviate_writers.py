"""What the Weaviate adapter makes of copies that a writer did not finish, or finished late."""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from index_adapters import Home, an_object, ids_of, record_of, towards, version
from index_searches import found_by, found_near, texts_around
from index_weaviate import A, collection_of, copies_in, holding_a, opened, unlocked, write_part

from workers.adapters.index import weaviate as adapter
from workers.adapters.index.weaviate import WeaviateIndex
from workers.adapters.index.weaviate_collection import connect, insert
from workers.adapters.index.weaviate_rows import pieces, segment_row
from workers.adapters.locks.redis import RedisLocks
from workers.domain.media import ObjectRef
from workers.errors import ServiceUnavailable
from workers.ports.locks import Renew


@pytest.fixture(params=["weaviate"])
def home(request: pytest.FixtureRequest, new_home: Callable[[str], AbstractContextManager[Home]]) -> Iterator[Home]:
    with new_home(request.param) as home:
        yield home


@pytest.fixture
def index(home: Home) -> WeaviateIndex:
    return holding_a(home)


NEW = an_object("a.txt", "new boat", "new ship", moment=3)


def test_a_copy_that_was_begun_does_not_count(index: WeaviateIndex, home: Home) -> None:
    write_part(home, NEW, 15, segments=1, complete=False)
    assert [(each.version, each.segments) for each in index.objects("default", "media")] == [(version(2), 3)]


def test_looking_at_an_object_removes_a_copy_that_was_begun(index: WeaviateIndex, home: Home) -> None:
    write_part(home, NEW, 15, segments=1, complete=False)
    record = record_of(index, A)
    assert record is not None
    assert (record.version, record.segments) == (version(2), 3)
    assert copies_in(home) == [("a.txt", 10)] * 4


def test_of_an_object_whose_first_write_was_interrupted_a_look_leaves_nothing(index: WeaviateIndex, home: Home) -> None:
    write_part(home, an_object("b.txt", "boat", "ship"), 15, segments=1, complete=False)
    assert record_of(index, ObjectRef("media", "b.txt")) is None
    assert copies_in(home) == [("a.txt", 10)] * 4


def test_looking_at_a_half_replaced_object_finishes_its_replacement(index: WeaviateIndex, home: Home) -> None:
    write_part(home, NEW, 15, segments=2, complete=True)
    assert len(found_near(index)) == len(set(found_near(index))) == 3
    record = record_of(index, A)
    assert record is not None
    assert record.version == version(3)
    assert copies_in(home) == [("a.txt", 15)] * 3
    assert sorted(found_near(index)) == sorted(ids_of(NEW))


def test_beside_a_segment_of_a_half_replaced_object_stands_nothing_of_the_old_one(
    index: WeaviateIndex, home: Home
) -> None:
    write_part(home, NEW, 15, segments=2, complete=True)
    assert texts_around(index, NEW, 0, reach=2) == ["new ship"]


def test_copies_of_a_half_replaced_object_do_not_use_up_the_k(index: WeaviateIndex, home: Home) -> None:
    write_part(home, NEW, 15, segments=2, complete=True)
    other = an_object("b.txt", "another boat", vector=towards(1, 0.1, 0, 0))
    index.write([other])
    assert len(found_near(index, k=4)) == 4
    assert set(ids_of(other)) < set(found_near(index, k=4))


def test_writing_an_object_removes_whatever_earlier_writers_left(index: WeaviateIndex, home: Home) -> None:
    write_part(home, NEW, 15, segments=1, complete=False)
    write_part(home, NEW, 16, segments=2, complete=True)
    assert index.write([an_object("a.txt", "newest", moment=4)]) == [True]
    assert copies_in(home) == [("a.txt", 20)] * 2


def test_deleting_an_object_removes_whatever_earlier_writers_left(index: WeaviateIndex, home: Home) -> None:
    write_part(home, NEW, 15, segments=1, complete=False)
    assert index.delete(A, version(2)) is True
    assert copies_in(home) == []


def test_an_older_version_that_a_stalled_writer_completes_late_does_not_count(index: WeaviateIndex, home: Home) -> None:
    late = an_object("a.txt", "late", moment=1)
    write_part(home, late, 99, segments=1, complete=True)
    assert [each.version for each in index.objects("default", "media")] == [version(2)]
    record = record_of(index, A)
    assert record is not None
    assert record.version == version(2)
    assert found_by(index, "late") == []


def test_a_clock_that_runs_behind_does_not_make_a_new_copy_an_old_one(home: Home, index: WeaviateIndex) -> None:
    behind = opened(home, clock=lambda: 1)
    assert behind.write([NEW]) == [True]
    assert sorted(found_near(index)) == sorted(ids_of(NEW))
    assert copies_in(home) == [("a.txt", 11)] * 3


@pytest.mark.usefixtures("index")
def test_a_row_of_another_copy_is_never_written_over(home: Home) -> None:
    again = an_object("a.txt", "other boat", moment=2)
    write_part(home, again, 15, segments=1, complete=False)
    assert copies_in(home) == [("a.txt", 10)] * 4 + [("a.txt", 15)] * 2


@pytest.mark.parametrize(
    "use",
    [
        lambda index: record_of(index, A),
        lambda index: index.write([an_object("a.txt", "raft", moment=4)]),
        lambda index: index.delete(A, version(2)),
    ],
    ids=["look", "write", "delete"],
)
def test_rows_of_an_interrupted_copy_that_the_server_writes_late_are_removed_too(
    index: WeaviateIndex, home: Home, monkeypatch: pytest.MonkeyPatch, use: Callable[[WeaviateIndex], object]
) -> None:
    write_part(home, NEW, 15, segments=1, complete=False)
    pauses: list[float] = []

    def write_late(seconds: float) -> None:
        pauses.append(seconds)
        if pauses.count(adapter.SETTLED_S) == 1 and seconds == adapter.SETTLED_S:
            with collection_of(home) as collection:
                insert(collection, pieces([NEW], 15), segment_row, unlocked)

    monkeypatch.setattr(adapter, "time", SimpleNamespace(sleep=write_late))
    use(index)
    assert pauses.count(adapter.SETTLED_S) == 2
    assert [generation for _, generation in copies_in(home) if generation == 15] == []


def test_an_index_that_was_emptied_is_made_anew_at_the_next_use(index: WeaviateIndex, home: Home) -> None:
    url, grpc, key, _, alias = home.place.split()
    with connect(url, grpc, key) as client:
        client.alias.delete(alias_name=alias)
        client.collections.delete(f"{alias}_1")
    each = an_object("b.txt", "boat")
    with pytest.raises(ServiceUnavailable, match="was emptied; fill it again with: omnibus reconcile --fix"):
        index.write([each])
    assert index.write([each]) == [True]
    assert found_near(index) == ids_of(each)


def test_nothing_is_held_while_an_index_is_opened(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    held: set[str] = set()
    seen: list[set[str]] = []

    class Noted(RedisLocks):
        @contextmanager
        def held(self, names: Collection[str]) -> Iterator[Renew]:
            with super().held(names) as renew:
                held.update(names)
                yield renew
            held.difference_update(names)

    def noting(*given: Any) -> Any:
        seen.append(set(held))
        return connect(*given)

    monkeypatch.setattr(adapter, "connect", noting)
    assert opened(home, locks=Noted(home.place.split()[3])).write([an_object("a.txt", "boat")]) == [True]
    assert seen == [set()]
