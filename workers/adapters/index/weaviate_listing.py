"""The record rows of a Weaviate collection, all of them, in no order.

Weaviate pages through the rows that meet a condition only by sorting all that are left for every page: 100,000 took
21 s, and ten times as many would take a hundred times as long. Its cursor knows no condition, and gives some 20,000
rows a second, records or not, however many there are.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

from workers.adapters.index import weaviate_rows as rows
from workers.adapters.index.weaviate_collection import MOST_ROWS

FEW = MOST_ROWS
"""Records that are listed by one query: 0.7 s."""
PAGE = 2_000
"""Rows of one page of the cursor: 0.1 s, and some 10 MiB as Python objects."""
Answering = Callable[[], AbstractContextManager[Any]]
"""Gives the collection; what its client raises becomes `ServiceUnavailable`."""


def records_in(answering: Answering, tenant: str, bucket: str, prefix: str) -> Iterator[Mapping[str, Any]]:
    """Those of the objects whose key starts with `prefix`, every copy of them."""
    condition = rows.records_within(tenant, bucket, prefix)
    if condition is None:
        return
    with answering() as collection:
        few = collection.query.fetch_objects(
            filters=condition, limit=FEW, return_properties=list(rows.RECORD_PROPERTIES)
        ).objects
    if len(few) < FEW:
        yield from (rows.row_from(each.properties) for each in few)
        return
    del few
    for row in _all_rows(answering):
        if row["is_record"] and (row["tenant"], row["bucket"]) == (tenant, bucket) and row["key"].startswith(prefix):
            yield row


def _all_rows(answering: Answering) -> Iterator[Mapping[str, Any]]:
    after: Any = rows.FIRST_ID
    while after is not None:
        with answering() as collection:
            found = collection.query.fetch_objects(
                limit=PAGE, after=after, return_properties=[*rows.RECORD_PROPERTIES, "is_record"]
            ).objects
        yield from (rows.row_from(each.properties) for each in found)
        after = found[-1].uuid if len(found) == PAGE else None
