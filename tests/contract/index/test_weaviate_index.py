"""What only the Weaviate adapter promises: order of its writes, repair, restarts of the server, and what it reports."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from subprocess import run
from sys import executable
from types import SimpleNamespace
from typing import Any

import pytest
from index_adapters import PICTURES, SPACES, WORDS, Home, an_object, ids_of, record_of, segment, towards, version
from index_searches import found_by, found_near, texts_around
from weaviate_server import KEY, WeaviateServer

from workers.adapters.index import weaviate as adapter
from workers.adapters.index import weaviate_collection, weaviate_listing, weaviate_rows
from workers.adapters.index.rows import object_id, segment_fields
from workers.adapters.index.spaces import IndexMismatch
from workers.adapters.index.weaviate import WeaviateIndex
from workers.adapters.index.weaviate_collection import connect, insert
from workers.adapters.index.weaviate_rows import copy_of, pieces, record_row, rows_of_copies, segment_row
from workers.adapters.locks.redis import RedisLocks
from workers.domain.hit import Filters
from workers.domain.media import ObjectRef, Version
from workers.domain.segment import IndexedObject, Space
from workers.domain.taken import Near, Taken
from workers.errors import ServiceUnavailable
from workers.ports.locks import Renew

A = ObjectRef("media", "a.txt")


@pytest.fixture(params=["weaviate"])
def home(request: pytest.FixtureRequest, new_home: Callable[[str], AbstractContextManager[Home]]) -> Iterator[Home]:
    with new_home(request.param) as home:
        yield home


def opened(home: Home, spaces: Sequence[Space] = SPACES, **changed: Any) -> WeaviateIndex:
    """The index of `home`; `changed` replaces what it is opened with."""
    url, grpc, key, redis, alias = home.place.split()
    given: dict[str, Any] = {"url": url, "grpc": grpc, "api_key": key, "locks": RedisLocks(redis), "alias": alias}
    return WeaviateIndex(spaces=spaces, **{**given, **changed})


@contextmanager
def collection_of(home: Home) -> Iterator[Any]:
    """The collection itself, past the adapter."""
    url, grpc, key, _, alias = home.place.split()
    with connect(url, grpc, key) as client:
        yield client.collections.use(f"{alias}_1")


def copies_in(home: Home) -> list[tuple[str, int]]:
    """Key and generation of every row there is."""
    with collection_of(home) as collection:
        rows = [row.properties for row in collection.iterator(return_properties=["key", "generation"])]
    return sorted((bytes.fromhex(row["key"][1:]).decode(), row["generation"]) for row in rows)


ADDED_SINCE = {"taken_at", "latitude", "longitude", "parent", "place"}
"""What the first version did not know, written down."""


@contextmanager
def first_version() -> Iterator[None]:
    """Makes collections and writes segments as the first version did."""
    properties = weaviate_collection._properties

    row = weaviate_rows._row

    def fields_of(piece: Any) -> dict[str, Any]:
        return {name: value for name, value in segment_fields(piece).items() if name not in ADDED_SINCE}

    def row_of(fields: dict[str, Any], vectors: Any) -> Any:
        made = row(fields, vectors)
        made.properties.pop("place", None)
        return made

    with pytest.MonkeyPatch.context() as earlier:
        first = [each for each in properties() if each.name not in ADDED_SINCE]
        earlier.setattr(weaviate_collection, "_properties", lambda: first)
        earlier.setattr(weaviate_rows, "segment_fields", fields_of)
        earlier.setattr(weaviate_rows, "_row", row_of)
        yield


def properties_of(home: Home) -> set[str]:
    with collection_of(home) as collection:
        return {each.name for each in collection.config.get().properties}


def unlocked() -> None:
    """No lock, so none to renew."""


def write_part(home: Home, each: IndexedObject, generation: int, *, segments: int, complete: bool) -> None:
    """What a writer has written of a copy by some moment."""
    with collection_of(home) as collection:
        insert(collection, [each], lambda each: record_row(each, generation, complete=complete), unlocked)
        insert(collection, pieces([each], generation)[:segments], segment_row, unlocked)


# Models and addresses


@pytest.mark.parametrize(
    "spaces",
    [[replace(WORDS, model="words-model@2"), PICTURES], [replace(WORDS, dimensions=5), PICTURES], [WORDS]],
    ids=["another version", "another size", "a space less"],
)
def test_a_collection_of_other_models_is_refused_with_what_to_do(home: Home, spaces: Sequence[Space]) -> None:
    opened(home).write([an_object("a.txt", "boat")])
    with pytest.raises(IndexMismatch, match="go back to the profile it was made with, or delete it "):
        record_of(opened(home, spaces), A)


def test_the_order_of_the_spaces_does_not_matter(home: Home) -> None:
    each = an_object("a.txt", "boat")
    opened(home).write([each])
    assert found_near(opened(home, [PICTURES, WORDS])) == ids_of(each)


def test_a_collection_that_was_left_without_its_alias_is_taken_up(home: Home) -> None:
    each = an_object("a.txt", "boat")
    opened(home).write([each])
    url, grpc, key, _, alias = home.place.split()
    with connect(url, grpc, key) as client:
        client.alias.delete(alias_name=alias)
    assert found_near(opened(home)) == ids_of(each)


def test_a_collection_of_an_earlier_version_goes_on_with_the_properties_that_it_lacked(home: Home) -> None:
    old = an_object("old", "boat", "ship")
    with first_version():
        opened(home).write([old])
    assert properties_of(home).isdisjoint(ADDED_SINCE)
    index = opened(home)
    new = an_object("new", "boat", taken=Taken(datetime(2024, 5, 1, tzinfo=UTC), (59.33, 18.07)))
    assert index.write([new]) == [True]
    assert sorted(found_near(index)) == sorted(ids_of(old) + ids_of(new))
    assert list(index.around(index.segments(ids_of(old))[0], reach=3)) == []
    assert found_near(index, Filters(near=Near(59.3, 18.0, 10))) == ids_of(new)
    assert found_near(opened(home), Filters(taken_until=datetime(2025, 1, 1, tzinfo=UTC))) == ids_of(new)


def test_a_collection_of_other_models_is_refused_before_it_is_changed(home: Home) -> None:
    with first_version():
        opened(home).write([an_object("old", "boat")])
    with pytest.raises(IndexMismatch):
        record_of(opened(home, [WORDS]), A)
    assert properties_of(home).isdisjoint(ADDED_SINCE)


def test_a_wrong_key_is_one_line_that_says_so(home: Home) -> None:
    with pytest.raises(ServiceUnavailable, match="refuses the API key") as refused:
        record_of(opened(home, api_key="wrong"), A)
    assert "\n" not in refused.value.message


def test_no_key_is_one_line_that_says_so(home: Home) -> None:
    with pytest.raises(ServiceUnavailable, match="refuses the API key"):
        record_of(opened(home, api_key=""), A)


def test_a_server_that_is_not_there_is_one_line_with_its_address(home: Home) -> None:
    index = opened(home, url="http://127.0.0.1:1", grpc="127.0.0.1:2")
    with pytest.raises(ServiceUnavailable, match=r"http://127\.0\.0\.1:1\b.*refused") as refused:
        record_of(index, A)
    assert "\n" not in refused.value.message


def test_making_an_index_object_loads_no_vendor_and_connects_to_nothing() -> None:
    program = (
        "import sys; from workers.adapters.index.weaviate import WeaviateIndex; "
        "WeaviateIndex('http://127.0.0.1:1', '127.0.0.1:2', '', [], None); "
        "sys.exit(bool({'weaviate', 'grpc'} & set(sys.modules)))"
    )
    assert run([executable, "-c", program], check=False).returncode == 0


def test_a_closed_index_may_be_used_again(home: Home) -> None:
    index, each = opened(home), an_object("a.txt", "boat")
    index.write([each])
    index.close()
    assert found_near(index) == ids_of(each)


# Interrupted and late writers


@pytest.fixture
def index(home: Home) -> WeaviateIndex:
    """Holds `a.txt` as it was at moment 2, as generation 10."""
    index = opened(home, clock=count(10, 10).__next__)
    index.write([an_object("a.txt", "old boat", "old ship", "old raft", moment=2)])
    return index


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


# Much at once, and what goes wrong


def test_an_object_of_more_rows_than_one_call_removes_is_replaced_and_deleted(home: Home) -> None:
    index = opened(home)
    pieces_of = [segment(A, n, f"boat {n % 7}") for n in range(10_050)]
    index.write([IndexedObject(A, version(1), "text/plain", tuple(pieces_of))])
    assert len(copies_in(home)) == 10_051
    index.write([an_object("a.txt", "small", moment=2)])
    assert len(copies_in(home)) == 2
    index.write([IndexedObject(A, version(3), "text/plain", tuple(pieces_of))])
    assert index.delete(A, version(3)) is True
    assert copies_in(home) == []


def test_the_listing_goes_on_from_page_to_page(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    index = opened(home, clock=count(10, 10).__next__)
    objects = [an_object(f"{number}.txt", "boat") for number in range(7)]
    index.write(objects)
    for each in objects[1:3]:
        write_part(home, each, 15, segments=0, complete=True)
    index.write([an_object("0.txt", "boat", tenant="acme"), an_object("0.txt", "boat", bucket="other")])
    expected = [each.ref.key for each in objects]
    monkeypatch.setattr(weaviate_listing, "FEW", 1)
    for page in (2, 3, 4):
        monkeypatch.setattr(weaviate_listing, "PAGE", page)
        assert [record.ref.key for record in index.objects("default", "media")] == expected
        assert [record.ref.key for record in index.objects("default", "media", "3")] == ["3.txt"]


def test_a_row_that_the_server_refuses_is_an_error_though_others_were_written(home: Home) -> None:
    index = opened(home)
    index.write([an_object("a.txt", "boat")])
    wrong = an_object("b.txt", "boat", vector=towards(1, 0, 0, 0, 0))
    with collection_of(home) as collection, pytest.raises(ServiceUnavailable, match=r"1 of 2 rows.*length 5"):
        insert(collection, pieces([an_object("c.txt", "boat"), wrong], 5), segment_row, unlocked)


@pytest.mark.parametrize(
    "use",
    [lambda index: index.write([an_object("b.txt", "boat")]), lambda index: index.delete(A, version(2))],
    ids=["write", "delete"],
)
def test_a_read_only_index_says_so_with_what_to_do(
    index: WeaviateIndex, home: Home, use: Callable[[WeaviateIndex], object]
) -> None:
    with collection_of(home) as collection:
        collection.config.update_shards("READONLY")
    with pytest.raises(ServiceUnavailable, match="for Weaviate; start it again if it stays so") as refused:
        use(index)
    assert "\n" not in refused.value.message
    assert len(found_near(index)) == 3


def test_rows_are_told_apart_by_object_and_generation(index: WeaviateIndex, home: Home) -> None:
    index.write([an_object("b.txt", "boat")])
    with collection_of(home) as collection:
        condition = rows_of_copies([copy_of(object_id(A), 10)], records=False)
        assert len(collection.query.fetch_objects(filters=condition, limit=100).objects) == 3


def test_white_space_in_tenants_and_keys_counts(home: Home) -> None:
    index = opened(home)
    index.write([an_object(" a", "boat"), an_object("a", "boat"), an_object("a", "boat", tenant="default ")])
    assert len(found_near(index, Filters(prefix="a"))) == 1
    assert [each.ref.key for each in index.objects("default", "media")] == [" a", "a"]
    assert [each.ref.tenant for each in index.objects("default ", "media")] == ["default "]


def test_a_version_without_any_text_is_read_back(home: Home) -> None:
    index = opened(home)
    index.write([IndexedObject(A, Version("", ""), "")])
    record = record_of(index, A)
    assert record is not None
    assert (record.version, record.rejected) == (Version("", ""), "")


# The server goes away


@pytest.fixture
def own_server(run_weaviate: Callable[[], AbstractContextManager[WeaviateServer]]) -> Iterator[WeaviateServer]:
    with run_weaviate() as server:
        yield server


def test_a_client_goes_on_after_the_server_was_killed_and_started_again(
    own_server: WeaviateServer, embedded_servers: Any, wait_until: Callable[..., Any]
) -> None:
    index = WeaviateIndex(own_server.url, own_server.grpc, KEY, SPACES, RedisLocks(embedded_servers.redis))
    each = an_object("a.txt", "boat", "ship")
    index.write([each])
    own_server.kill()
    for use in (lambda: found_near(index), lambda: index.write([each]), lambda: list(index.objects("default", "m"))):
        with pytest.raises(ServiceUnavailable, match="Connection refused"):
            use()
    own_server.start()

    def found() -> list[str]:
        try:
            return found_near(index)
        except ServiceUnavailable:
            return []

    assert sorted(wait_until(found)) == sorted(ids_of(each))
    assert index.write([an_object("a.txt", "raft", moment=2)]) == [True]
    assert [stored.text for stored in index.segments(found_near(index))] == ["raft"]
