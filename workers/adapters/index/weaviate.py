"""The Index port over Weaviate: a server that many machines may share.

How rows look, and how a copy of an object shows that it is whole, is in `weaviate_rows`; how the collection is made,
in `weaviate_collection`.

Weaviate can neither compare and write in one step nor write several rows in one, so a writer holds a lock on each of
its objects, and writes in an order that leaves a trace: a record that is not complete, segments, the record again,
complete, and only then are the older copies removed, their segments first. Wherever a writer is killed, there is a
record beside the one that counts, and `records` or the next `write` removes that copy.

A writer that gave a call up, or was killed in one, has let go of its locks while the server may still write the rows of
that call. So whoever removes a copy that was never finished looks again until no more rows of it come, and removes its
record only then.

A writer renews its locks before every call to the server. One that stalls in such a call for longer than they last may
write one call's rows late: then an older version stands beside a newer one. It removes nothing that it had not seen;
the newer version counts, and the older goes as above. Until then a search may find segments of both.

The tenant is part of every row, id and condition. With Weaviate's own multi-tenancy, each tenant would be a shard of
this collection: `_create` would ask for it, every call would go through `collection.with_tenant(...)`, `segments` would
have to be told the tenant, and the condition on it would go.
"""

import time
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Any

import numpy as np

from workers.adapters.index import weaviate_rows as rows
from workers.adapters.index.beside import beside, places_around
from workers.adapters.index.hits import distinct
from workers.adapters.index.listing import by_key
from workers.adapters.index.rows import object_id, record_from, segment_from
from workers.adapters.index.spaces import by_id, check_vector, check_vectors, vector_column
from workers.adapters.index.weaviate_collection import (
    MOST_ROWS,
    CollectionGone,
    answering,
    connect,
    insert,
    open_collection,
    remove,
)
from workers.adapters.index.weaviate_copies import Copies, by_object, chunks, groups
from workers.adapters.index.weaviate_listing import records_in
from workers.adapters.index.words import words_of
from workers.domain.hit import Filters, Hit
from workers.domain.media import ObjectRef, Version
from workers.domain.segment import IndexedObject, ObjectRecord, Space, StoredSegment, Vector
from workers.ports.locks import Locks, Renew

ALIAS = "Omnibus"
GRACE_S = 0.1
"""Between a new copy and the removal of the old one. A search notes the rows that meet its conditions first and reads
them last: one that began before the new copy was there would come back without either. A search takes 2 to 20 ms."""
SETTLED_S = 1.0
"""For so long no more rows of an interrupted copy must have come. A server that had been frozen in a call of 200 rows
went on to write them after it had removed those that were there; it takes 0.3 s for all of them."""
IDS_A_CALL = 500
"""Ids of one look-up."""


class WeaviateIndex:
    """Connects at first use; `IndexMismatch` then says if there are vectors of other models. Safe to use from threads.

    `url` is the address of Weaviate's REST, `grpc` the `host:port` of its gRPC. `alias` leads to the collection; it
    begins with a capital letter. `clock` gives microseconds. Use it first after a fork, not before: the client runs
    threads of its own. `close` when done with it, or let go of it.
    """

    def __init__(
        self,
        url: str,
        grpc: str,
        api_key: str,
        spaces: Sequence[Space],
        locks: Locks,
        *,
        alias: str = ALIAS,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._url, self._grpc, self._api_key = url, grpc, api_key
        self._spaces = by_id(spaces)
        self._locks = locks
        self._alias = alias
        self._clock = clock
        self._opening = Lock()
        self._opened: Any = None
        self._close: Callable[[], object] = lambda: None

    @property
    def spaces(self) -> Sequence[Space]:
        """See `ports.index.Index`."""
        return tuple(self._spaces.values())

    def close(self) -> None:
        """End the connections. The next use makes new ones."""
        with self._opening:
            self._close()
            self._opened = None

    def write(self, objects: Sequence[IndexedObject]) -> Sequence[bool]:
        """See `ports.index.Index`. Large calls are written in several steps, each whole by itself."""
        for each in objects:
            check_vectors(self._spaces, each)
        flags: list[bool] = []
        for group in groups(objects):
            with self._locked([each.ref for each in group]) as renew:
                held = self._held([each.ref for each in group])
                accepted = [each.ref not in held or not held[each.ref].refuse(each.version) for each in group]
                self._replace([each for each, may in zip(group, accepted, strict=True) if may], held, renew)
            flags += accepted
        return flags

    def delete(self, ref: ObjectRef, version: Version) -> bool:
        """See `ports.index.Index`."""
        with self._locked([ref]):
            held = self._held([ref]).get(ref)
            if held is not None and held.refuse(version):
                return False
            if held is not None:
                self._remove([held], lambda each: each.all)
            return True

    def records(self, refs: Sequence[ObjectRef]) -> Mapping[ObjectRef, ObjectRecord]:
        """See `ports.index.Index`."""
        held = self._held(refs)
        unfinished = [ref for ref, each in held.items() if each.superseded]
        if unfinished:
            held = {ref: each for ref, each in held.items() if not each.superseded} | self._finish_replacing(unfinished)
        return {ref: record_from(each.newest) for ref, each in held.items() if each.newest is not None}

    def objects(self, tenant: str, bucket: str, prefix: str = "") -> Iterator[ObjectRecord]:
        """See `ports.index.Index`. What is written meanwhile may be in the listing or not."""
        for copies in by_key(records_in(self._answering, tenant, bucket, prefix), rows.RECORD_PROPERTIES):
            for held in by_object(copies).values():
                if held.newest is not None:
                    yield record_from(held.newest)

    def nearest(self, space: str, vector: Vector, *, k: int, filters: Filters) -> Sequence[Hit]:
        """See `ports.index.Index`. Exact up to 10,000 vectors within the filters.

        At 20,000 of 384 dimensions, recall@10 was 1.0 where 48 directions mattered, as in embeddings, and 0.87 for
        vectors without any structure; 3 ms.
        """
        check_vector(self._spaces, space, vector)
        condition = rows.segments_within(filters)

        def search(limit: int) -> list[Hit]:
            with self._answering() as collection:
                found = collection.query.near_vector(
                    np.asarray(vector, dtype=np.float32),
                    target_vector=vector_column(space),
                    filters=condition,
                    limit=limit,
                    return_properties=[rows.SEGMENT_ID],
                    return_metadata=["distance"],
                )
            return [Hit(each.properties[rows.SEGMENT_ID], 1.0 - each.metadata.distance) for each in found.objects]

        return distinct(search, k) if condition is not None else []

    def matching(self, text: str, *, k: int, filters: Filters) -> Sequence[Hit]:
        """See `ports.index.Index`. English stop words are no words; stems are compared, and accents are ignored."""
        words, condition = words_of(text), rows.segments_within(filters)

        def search(limit: int) -> list[Hit]:
            with self._answering() as collection:
                found = collection.query.bm25(
                    " ".join(words),
                    query_properties=["words"],
                    filters=condition,
                    limit=limit,
                    return_properties=[rows.SEGMENT_ID],
                    return_metadata=["score"],
                )
            return [Hit(each.properties[rows.SEGMENT_ID], each.metadata.score) for each in found.objects]

        return distinct(search, k) if words and condition is not None else []

    def segments(self, ids: Sequence[str]) -> Sequence[StoredSegment]:
        """See `ports.index.Index`."""
        found: list[dict[str, Any]] = []
        for some in chunks(dict.fromkeys(ids), IDS_A_CALL):
            found += self._rows(rows.segments_of(some), rows.SEGMENT_PROPERTIES)
        newest = {row["id"]: row for row in sorted(found, key=rows.age)}
        return [segment_from(newest[id_]) for id_ in ids if id_ in newest]

    def around(self, segment: StoredSegment, *, reach: int) -> Sequence[StoredSegment]:
        """See `ports.index.Index`. Of what was written by a version that did not keep places, nothing."""
        condition = rows.segments_at(object_id(segment.ref), places_around(segment, reach))
        return beside(segment, self._rows(condition, rows.SEGMENT_PROPERTIES))

    def _replace(self, objects: Sequence[IndexedObject], held: Mapping[ObjectRef, Copies], renew: Renew) -> None:
        """Write a new copy of each object, then remove the older ones, in the order that the module's text gives."""
        if not objects:
            return
        generation = max([self._clock(), *(each.generation + 1 for each in held.values())])
        with self._answering() as collection:
            begun = [each for each in objects if each.segments]
            insert(collection, begun, lambda each: rows.record_row(each, generation, complete=False), renew)
            insert(collection, rows.pieces(objects, generation), rows.segment_row, renew)
            insert(collection, objects, lambda each: rows.record_row(each, generation, complete=True), renew)
        older = [held[each.ref] for each in objects if each.ref in held]
        if older:
            time.sleep(GRACE_S)
            self._remove(older, lambda each: each.all)

    def _finish_replacing(self, refs: Sequence[ObjectRef]) -> dict[ObjectRef, Copies]:
        """Do what a writer that was killed did not come to. A writer that is still at it is waited for."""
        with self._locked(refs):
            held = self._held(refs)
            self._remove(held.values(), lambda each: each.superseded)
            return held

    def _remove(self, held: Collection[Copies], which: Callable[[Copies], Sequence[str]]) -> None:
        """Remove these copies, their records last: as long as there is one, the copy is not forgotten."""
        copies = [copy for each in held for copy in which(each)]
        interrupted = [copy for each in held for copy in each.interrupted]
        if copies:
            with self._answering() as collection:
                _remove_rows(collection, copies, records=False)
                more = bool(interrupted)
                while more:
                    time.sleep(SETTLED_S)
                    more = _remove_rows(collection, interrupted, records=False) > 0
                _remove_rows(collection, copies, records=True)

    def _held(self, refs: Sequence[ObjectRef]) -> dict[ObjectRef, Copies]:
        """The records of these objects; nothing for those that have none at all."""
        found: list[dict[str, Any]] = []
        for some in chunks(refs, IDS_A_CALL):
            found += self._rows(rows.records_of([object_id(ref) for ref in some]), rows.RECORD_PROPERTIES)
        return by_object(found)

    def _rows(self, condition: Any, properties: Sequence[str], limit: int = MOST_ROWS) -> list[dict[str, Any]]:
        """Rows that meet the condition, at most `limit`."""
        if condition is None:
            return []
        with self._answering() as collection:
            found = collection.query.fetch_objects(filters=condition, limit=limit, return_properties=list(properties))
        return [rows.row_from(each.properties) for each in found.objects]

    def _locked(self, refs: Sequence[ObjectRef]) -> AbstractContextManager[Renew]:
        # Opened before, because that takes seconds, and longer while another process makes the collection.
        with self._answering():
            return self._locks.held([f"index:{self._alias}:{object_id(ref)}" for ref in refs])

    @contextmanager
    def _answering(self) -> Iterator[Any]:
        """The collection, opened; what Weaviate's client raises becomes `ServiceUnavailable`."""
        collection = None
        try:
            with answering(self._url, self._grpc):
                with self._opening:
                    if self._opened is None:
                        self._opened = self._open()
                    collection = self._opened
                yield collection
        except CollectionGone:
            # Weaviate was emptied. The next use makes a new one; another thread may have done so already.
            with self._opening:
                if self._opened is collection:
                    self._close()
                    self._opened = None
            raise

    def _open(self) -> Any:
        client = connect(self._url, self._grpc, self._api_key)
        try:
            collection = open_collection(client, self._alias, self.spaces, self._locks)
        except BaseException:
            client.close()
            raise
        self._close = weakref.finalize(self, client.close)
        return collection


def _remove_rows(collection: Any, copies: Sequence[str], *, records: bool) -> int:
    """Remove the records of these copies, or else the rest of their rows; how many there were."""
    return sum(remove(collection, rows.rows_of_copies(some, records=records)) for some in chunks(copies, IDS_A_CALL))
