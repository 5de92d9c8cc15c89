"""An index in Weaviate, and its rows past the adapter."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from index_adapters import SPACES, Home, an_object

from workers.adapters.index.weaviate import WeaviateIndex
from workers.adapters.index.weaviate_collection import connect, insert
from workers.adapters.index.weaviate_rows import pieces, record_row, segment_row
from workers.adapters.locks.redis import RedisLocks
from workers.domain.media import ObjectRef
from workers.domain.segment import IndexedObject, Space

A = ObjectRef("media", "a.txt")


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


def unlocked() -> None:
    """No lock, so none to renew."""


def write_part(home: Home, each: IndexedObject, generation: int, *, segments: int, complete: bool) -> None:
    """What a writer has written of a copy by some moment."""
    with collection_of(home) as collection:
        insert(collection, [each], lambda each: record_row(each, generation, complete=complete), unlocked)
        insert(collection, pieces([each], generation)[:segments], segment_row, unlocked)


def holding_a(home: Home) -> WeaviateIndex:
    """An index that holds `a.txt` as it was at moment 2, as generation 10; every write takes the next ten."""
    index = opened(home, clock=count(10, 10).__next__)
    index.write([an_object("a.txt", "old boat", "old ship", "old raft", moment=2)])
    return index
