"""The Index port over LanceDB: a directory that any process on the machine may read and write, without a server.

Writers take a file lock, because LanceDB alone lets two writers of one object both succeed. Readers take none: each
search sees one committed state of the table, the newest. How rows look is in `lance_rows`, how the table is made and
kept fast in `lance_table`.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import numpy as np

from workers.adapters.index.beside import beside, places_around
from workers.adapters.index.hits import distinct
from workers.adapters.index.lance_filters import (
    records_of,
    records_within,
    rows_before,
    rows_of_object,
    segments_at,
    segments_of,
    segments_within,
)
from workers.adapters.index.lance_rows import rows_of
from workers.adapters.index.lance_table import (
    FLAT_ROWS,
    OpenTable,
    compact,
    index_vectors,
    is_compaction_due,
    open_table,
    run,
)
from workers.adapters.index.listing import by_key
from workers.adapters.index.locks import exclusive, if_free
from workers.adapters.index.rows import (
    RECORD_COLUMNS,
    SEGMENT_COLUMNS,
    object_id,
    record_from,
    ref_from,
    segment_from,
    storable,
    version_from,
)
from workers.adapters.index.spaces import by_id, check_vector, check_vectors, vector_column
from workers.domain.hit import Filters, Hit
from workers.domain.media import ObjectRef, Version
from workers.domain.segment import IndexedObject, ObjectRecord, Space, StoredSegment, Vector
from workers.errors import ServiceUnavailable

CANDIDATES = 128
"""Nodes that a graph search keeps in view (`ef`), at least."""
REFINED = 3
"""How many times the hits asked for are compared again with their full vectors."""


@dataclass(frozen=True, slots=True)
class _Held:
    """The record row last written of one object, and whether rows of an earlier generation are there as well."""

    row: Mapping[str, Any]
    unfinished: bool

    @property
    def version(self) -> Version:
        return version_from(self.row)

    @property
    def generation(self) -> int:
        return int(self.row["generation"])


class LanceIndex:
    """Opens `directory`, or makes it, at first use; `IndexMismatch` then says if it holds vectors of other models.

    A space of more than `flat_rows` vectors gets a graph index; up to there, every search compares them all.
    Safe to use from several threads. Use it first after a fork, not before: LanceDB runs threads of its own.
    """

    def __init__(self, directory: Path, spaces: Sequence[Space], *, flat_rows: int = FLAT_ROWS) -> None:
        self._directory = directory
        self._spaces = by_id(spaces)
        self._flat_rows = flat_rows
        self._opening = Lock()
        self._opened: OpenTable | None = None
        self._upkeep: Thread | None = None

    @property
    def spaces(self) -> Sequence[Space]:
        """See `ports.index.Index`."""
        return tuple(self._spaces.values())

    def write(self, objects: Sequence[IndexedObject]) -> Sequence[bool]:
        """See `ports.index.Index`. Now and then it starts upkeep, in a thread: see `maintain`."""
        for each in objects:
            check_vectors(self._spaces, each)
        if not objects:
            return []
        with self._table() as table:
            with exclusive(self._write_lock):
                held = self._held([each.ref for each in objects])
                flags = [_may_replace(each, held.get(each.ref)) for each in objects]
                self._replace([each for each, accepted in zip(objects, flags, strict=True) if accepted], held)
            if is_compaction_due(table):
                self._maintain_soon()
        return flags

    def delete(self, ref: ObjectRef, version: Version) -> bool:
        """See `ports.index.Index`."""
        with self._table() as table, exclusive(self._write_lock):
            held = self._held([ref]).get(ref)
            if held is not None and version.precedes(held.version):
                return False
            if held is not None:
                table.delete(rows_of_object(object_id(ref)))
            return True

    def records(self, refs: Sequence[ObjectRef]) -> Mapping[ObjectRef, ObjectRecord]:
        """See `ports.index.Index`."""
        held = self._held(refs)
        unfinished = [ref for ref, each in held.items() if each.unfinished]
        if unfinished:
            held |= self._finish_replacing(unfinished)
        return {ref: record_from(each.row) for ref, each in held.items()}

    def objects(self, tenant: str, bucket: str, prefix: str = "") -> Iterator[ObjectRecord]:
        """See `ports.index.Index`. The listing is of one moment."""
        records = self._batches(records_within(tenant, bucket, prefix), RECORD_COLUMNS)
        for generations in by_key(records, RECORD_COLUMNS):
            yield record_from(max(generations, key=lambda row: row["generation"]))

    def nearest(self, space: str, vector: Vector, *, k: int, filters: Filters) -> Sequence[Hit]:
        """See `ports.index.Index`. Exact up to some thousand vectors; beyond, recall@k was 1.0 wherever measured."""
        check_vector(self._spaces, space, vector)

        def search(limit: int) -> list[Hit]:
            with self._answering() as opened:
                query = opened.queried.query().nearest_to(np.asarray(vector, dtype=np.float32))
                query = query.column(vector_column(space)).distance_type("cosine").where(segments_within(filters))
                query = query.ef(max(CANDIDATES, 2 * REFINED * limit)).refine_factor(REFINED)
                rows = run(query.select(["id", "_distance"]).limit(limit))
            return [Hit(row["id"], 1.0 - row["_distance"]) for row in rows]

        return distinct(search, k)

    def matching(self, text: str, *, k: int, filters: Filters) -> Sequence[Hit]:
        """See `ports.index.Index`. English stop words are no words; stems are compared, and accents are ignored."""

        def search(limit: int) -> list[Hit]:
            # A match query takes words as they are: it has no operators, and so no syntax to get wrong.
            from lancedb.query import MatchQuery  # noqa: PLC0415 - two seconds, which only users should pay

            with self._answering() as opened:
                query = opened.queried.query().nearest_to_text(MatchQuery(storable(text), "text"))
                query = query.where(segments_within(filters))
                rows = run(query.select(["id", "_score"]).limit(limit))
            return [Hit(row["id"], row["_score"]) for row in rows]

        return distinct(search, k)

    def segments(self, ids: Sequence[str]) -> Sequence[StoredSegment]:
        """See `ports.index.Index`."""
        rows = self._rows(segments_of(ids), SEGMENT_COLUMNS)
        newest = {row["id"]: row for row in sorted(rows, key=lambda row: row["generation"])}
        return [segment_from(newest[id_]) for id_ in ids if id_ in newest]

    def around(self, segment: StoredSegment, *, reach: int) -> Sequence[StoredSegment]:
        """See `ports.index.Index`."""
        places = places_around(segment, reach)
        return beside(segment, self._rows(segments_at(object_id(segment.ref), places), SEGMENT_COLUMNS))

    def maintain(self) -> None:
        """Compact the table and build the vector indexes that are due. Does nothing while another process does it.

        Writers wait for a compaction (0.2 s at 20,000 segments), but not for an index (4 s at 20,000, 40 s at 60,000).
        """
        with self._table() as table, if_free(self._directory / "maintain.lock") as is_free:
            if is_free:
                with exclusive(self._write_lock):
                    compact(table)
                index_vectors(table, self.spaces, flat_rows=self._flat_rows)

    def _maintain_soon(self) -> None:
        # In a thread, because a task that waits 40 s for a graph would outlive its lease. The thread does not keep the
        # process alive: what it has not committed by then is not lost, only due again.
        with self._opening:
            if self._upkeep is None or not self._upkeep.is_alive():
                self._upkeep = Thread(target=self._try_to_maintain, name="index-upkeep", daemon=True)
                self._upkeep.start()

    def _try_to_maintain(self) -> None:
        try:
            self.maintain()
        except ServiceUnavailable as error:
            logging.getLogger(__name__).warning("upkeep of the index failed and is tried again: %s", error)

    @property
    def _write_lock(self) -> Path:
        return self._directory / "write.lock"

    @contextmanager
    def _table(self) -> Iterator[Any]:
        with self._answering() as opened:
            yield opened.table

    @contextmanager
    def _answering(self) -> Iterator[OpenTable]:
        """The table, opened; what LanceDB and the file system raise becomes `ServiceUnavailable`."""
        try:
            with self._opening:
                if self._opened is None:
                    self._directory.mkdir(parents=True, exist_ok=True)
                    self._opened = open_table(self._directory, self.spaces, self._write_lock)
            yield self._opened
        except (OSError, RuntimeError) as error:
            raise ServiceUnavailable(f"the index in {self._directory} does not answer: {error}") from error

    def _rows(self, condition: Any, columns: Sequence[str]) -> list[dict[str, Any]]:
        with self._answering() as opened:
            return run(opened.queried.query().where(condition).select(list(columns)))

    def _batches(self, condition: Any, columns: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """As `_rows`, some thousand at a time: 300,000 came at 580,000 a second, within 45 MiB."""
        with self._table() as table:
            for batch in table.search().where(condition).select(list(columns)).limit(None).to_batches():
                yield from batch.to_pylist()

    def _held(self, refs: Sequence[ObjectRef]) -> dict[ObjectRef, _Held]:
        """What is held of these objects; nothing for those that are not held at all."""
        condition = records_of([object_id(ref) for ref in refs])
        generations: dict[ObjectRef, list[Mapping[str, Any]]] = {}
        for row in self._rows(condition, RECORD_COLUMNS):
            generations.setdefault(ref_from(row), []).append(row)
        return {
            ref: _Held(max(rows, key=lambda row: row["generation"]), unfinished=len(rows) > 1)
            for ref, rows in generations.items()
        }

    def _replace(self, objects: Sequence[IndexedObject], held: Mapping[ObjectRef, _Held]) -> None:
        """Add the new rows in one commit, then remove the rows that they replace in another, under the write lock.

        The first commit has all that is new of the objects, so a search in between finds them, and a process killed
        in between leaves only old rows behind, next to an old record. That record shows it: the same write again, any
        later one, or `records` removes them, so no task that is sent again can leave them there.
        """
        if not objects:
            return
        generation = 1 + max((held[each.ref].generation for each in objects if each.ref in held), default=0)
        with self._table() as table:
            table.add(rows_of(objects, generation, self.spaces), on_bad_vectors="null")
            replaced = [object_id(each.ref) for each in objects if each.ref in held]
            if replaced:
                table.delete(rows_before(generation, replaced))

    def _finish_replacing(self, refs: Sequence[ObjectRef]) -> dict[ObjectRef, _Held]:
        """Do what a writer that was killed between its commits did not come to."""
        with self._table() as table, exclusive(self._write_lock):
            held = self._held(refs)
            for ref, each in held.items():
                if each.unfinished:
                    table.delete(rows_before(each.generation, [object_id(ref)]))
            return held


def _may_replace(each: IndexedObject, held: _Held | None) -> bool:
    return held is None or not each.version.precedes(held.version)
