"""Which copies of an object there are, and how much is written at a time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from workers.adapters.index.rows import ref_from, version_from
from workers.adapters.index.weaviate_rows import age, copy_of
from workers.domain.media import ObjectRef, Version
from workers.domain.segment import IndexedObject

SEGMENTS_A_WRITE = 2_000
"""Segments that are written under one lock, unless a single object has more: a second or two."""
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Copies:
    """The records of one object, one per copy, the newest last. The writer of a `begun` one is at it, or was killed."""

    complete: Sequence[Mapping[str, Any]]
    begun: Sequence[Mapping[str, Any]]

    @property
    def newest(self) -> Mapping[str, Any] | None:
        """The record that counts; None when no copy is complete."""
        return self.complete[-1] if self.complete else None

    @property
    def generation(self) -> int:
        """The highest of all copies."""
        return max(int(row["generation"]) for row in (*self.begun, *self.complete))

    @property
    def all(self) -> list[str]:
        """Every copy, as `weaviate_rows.copy_of` names it."""
        return [copy_of(row["object_id"], row["generation"]) for row in (*self.begun, *self.complete)]

    @property
    def interrupted(self) -> list[str]:
        """The copies that nobody finished. Seen under the object's lock, their writers are gone."""
        return [copy_of(row["object_id"], row["generation"]) for row in self.begun]

    @property
    def superseded(self) -> list[str]:
        """The copies beside the newest complete one."""
        return [copy_of(row["object_id"], row["generation"]) for row in (*self.begun, *self.complete[:-1])]

    def refuse(self, version: Version) -> bool:
        """Whether the one that counts is newer."""
        return self.newest is not None and version.precedes(version_from(self.newest))


def by_object(records: Iterable[Mapping[str, Any]]) -> dict[ObjectRef, Copies]:
    """The copies that these record rows tell of."""
    found: dict[ObjectRef, list[Mapping[str, Any]]] = {}
    for row in sorted(records, key=age):
        found.setdefault(ref_from(row), []).append(row)
    return {
        ref: Copies([row for row in copies if row["complete"]], [row for row in copies if not row["complete"]])
        for ref, copies in found.items()
    }


def groups(objects: Sequence[IndexedObject]) -> Iterator[list[IndexedObject]]:
    """The objects in order, in groups of at most `SEGMENTS_A_WRITE` segments, or of one object."""
    group: list[IndexedObject] = []
    segments = 0
    for each in objects:
        if group and segments + len(each.segments) > SEGMENTS_A_WRITE:
            yield group
            group, segments = [], 0
        group.append(each)
        segments += len(each.segments)
    if group:
        yield group


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in order, `size` at a time."""
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
