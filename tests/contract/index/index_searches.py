"""Searches as the tests make them, and keys and filters that an adapter may stumble over."""

from index_adapters import towards

from workers.domain.hit import Filters
from workers.domain.segment import IndexedObject
from workers.ports.index import Index

EVERYTHING = Filters()
EAST = towards(1, 0, 0, 0)

HOSTILE_KEYS = [
    "it's; DROP TABLE segments --",
    'quo"ted\\back\\slash',
    "100%_of`it`",
    "a' OR '1'='1",
    "tab\tand\nnewline",
    "holiday/😀 été/日本.txt",
    "k" * 1000,
    "😀" * 250,
]


def found_near(index: Index, filters: Filters = EVERYTHING, k: int = 100) -> list[str]:
    return [hit.segment_id for hit in index.nearest("words", EAST, k=k, filters=filters)]


def found_by(index: Index, text: str, filters: Filters = EVERYTHING, k: int = 100) -> list[str]:
    return [hit.segment_id for hit in index.matching(text, k=k, filters=filters)]


def keys_of(index: Index, ids: list[str]) -> set[str]:
    return {stored.ref.key for stored in index.segments(ids)}


def texts_around(index: Index, each: IndexedObject, of: int, *, reach: int = 1) -> list[str]:
    """The texts beside the object's segment number `of`."""
    [segment] = index.segments([each.segments[of].id])
    return [beside.text for beside in index.around(segment, reach=reach)]
