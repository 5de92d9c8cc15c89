"""The Weaviate adapter with much at once, with what the server refuses, and without its server."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from typing import Any

import pytest
from index_adapters import SPACES, Home, an_object, ids_of, record_of, segment, towards, version
from index_searches import found_near
from index_weaviate import A, collection_of, copies_in, holding_a, opened, unlocked, write_part
from weaviate_server import KEY, WeaviateServer

from workers.adapters.index import weaviate_listing
from workers.adapters.index.rows import object_id
from workers.adapters.index.weaviate import WeaviateIndex
from workers.adapters.index.weaviate_collection import insert
from workers.adapters.index.weaviate_rows import copy_of, pieces, rows_of_copies, segment_row
from workers.adapters.locks.redis import RedisLocks
from workers.domain.hit import Filters
from workers.domain.media import Version
from workers.domain.segment import IndexedObject
from workers.errors import ServiceUnavailable


@pytest.fixture(params=["weaviate"])
def home(request: pytest.FixtureRequest, new_home: Callable[[str], AbstractContextManager[Home]]) -> Iterator[Home]:
    with new_home(request.param) as home:
        yield home


@pytest.fixture
def index(home: Home) -> WeaviateIndex:
    return holding_a(home)


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
