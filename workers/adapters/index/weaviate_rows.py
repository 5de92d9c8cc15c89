"""The rows of `rows` as objects of one Weaviate collection, and conditions on them.

Weaviate writes no two rows in one step, so a record row says whether its copy of the object is `complete`: it is
written before the first segment without that mark, and after the last one with it. Whatever a writer that was killed
left behind is then found by its record. A *copy* is the rows of one object of one generation.

Tenant, bucket and key are stored as hexadecimal UTF-8 behind an `x`. Weaviate strips white space from a text before it
compares it, and takes `*` and `?` in a prefix for patterns; in hexadecimal there are neither, nothing is empty, and
order and prefixes are those of the code points.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from math import ceil
from operator import or_
from typing import TYPE_CHECKING, Any, get_args
from uuid import NAMESPACE_URL, UUID, uuid5

from workers.adapters.index.rows import (
    RECORD_COLUMNS,
    SEGMENT_COLUMNS,
    is_storable,
    record_fields,
    segment_fields,
    shared_fields,
)
from workers.adapters.index.spaces import vector_column
from workers.adapters.index.words import words_of
from workers.domain.hit import Filters
from workers.domain.segment import IndexedObject, Modality, Segment
from workers.domain.taken import Span

if TYPE_CHECKING:
    from weaviate.collections.classes.data import DataObject
    from weaviate.collections.classes.filters import _Filters as Condition

Piece = tuple[Mapping[str, Any], Segment]
HEXADECIMAL = ("tenant", "bucket", "key")
SEGMENT_ID = "segment_id"
"""What `rows` calls `id`, which is a name that Weaviate keeps for itself."""
FIRST_ID = UUID(int=0)
"""What every row's id comes after."""
RECORD_PROPERTIES = (*RECORD_COLUMNS, "complete")
SEGMENT_PROPERTIES = tuple(SEGMENT_ID if name == "id" else name for name in SEGMENT_COLUMNS)


def hexadecimal(text: str) -> str:
    """`text` in the form that its rows are found by."""
    return "x" + text.encode().hex()


def copy_of(object_id: str, generation: int) -> str:
    """What the rows of one object of one generation are found by."""
    return f"{object_id}:{generation}"


def record_row(each: IndexedObject, generation: int, *, complete: bool) -> "DataObject[Any, None]":
    """The record of one copy. Written again, it takes the place of the one before."""
    return _row({**shared_fields(each, generation), **record_fields(each), "complete": complete}, {})


def pieces(objects: Sequence[IndexedObject], generation: int) -> list[Piece]:
    """The segments of these copies, each with what the rows of its object share."""
    shared = [(shared_fields(each, generation), each.segments) for each in objects]
    return [(fields, segment) for fields, segments in shared for segment in segments]


def segment_row(piece: Piece) -> "DataObject[Any, None]":
    """The row of one segment."""
    shared, segment = piece
    fields = {**shared, **segment_fields(segment)}
    fields["words"] = " ".join(words_of(fields["text"]))
    return _row(fields, {vector_column(space): vector for space, vector in segment.vectors.items()})


def row_from(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A row as `rows` has it. A property that is empty is not stored by Weaviate, and comes back as None."""
    row = {name: "" if value is None else value for name, value in properties.items()}
    row["id"] = row.pop(SEGMENT_ID, "")
    for name in HEXADECIMAL:
        row[name] = bytes.fromhex(row[name][1:]).decode()
    return row


def age(row: Mapping[str, Any]) -> tuple[str, int]:
    """Sorts the copies of one object, the newest last: by version (see `Version.precedes`), then by generation.

    Generations alone would do but for a writer that outlived its lock: it may write an older version late.
    """
    return row["sequencer"].rstrip("0"), row["generation"]


# Conditions: None where no row can meet them.


def segments_within(filters: Filters) -> "Condition | None":
    """Segment rows that a search with these filters may find. Records have neither vectors nor words."""
    known = [modality for modality in filters.modalities if modality in get_args(Modality)]
    if not (is_storable(filters.tenant) and is_storable(filters.prefix)) or (filters.modalities and not known):
        return None
    condition = _property("tenant").equal(hexadecimal(filters.tenant))
    if filters.prefix:
        condition &= _property("key").like(hexadecimal(filters.prefix) + "*")
    for more in _taken(filters):
        condition &= more
    return condition & _property("modality").contains_any(known) if known else condition


def _taken(filters: Filters) -> Iterator["Condition"]:
    # A row without a time or a place has no such property, and meets no condition on it.
    if filters.taken_from is not None:
        yield _property("taken_at").greater_or_equal(ceil(filters.taken_from.timestamp()))
    if filters.taken_until is not None:
        yield _property("taken_at").less_than(ceil(filters.taken_until.timestamp()))
    if filters.near is not None:
        yield _within("latitude", filters.near.latitudes)
        yield reduce(or_, (_within("longitude", span) for span in filters.near.longitudes))


def _within(name: str, span: Span) -> "Condition":
    return _property(name).greater_or_equal(span[0]) & _property(name).less_or_equal(span[1])


def records_within(tenant: str, bucket: str, prefix: str) -> "Condition | None":
    """Records of the objects whose key starts with `prefix`."""
    if not all(is_storable(text) for text in (tenant, bucket, prefix)):
        return None
    condition = _property("is_record").equal(True) & _property("tenant").equal(hexadecimal(tenant))
    condition &= _property("bucket").equal(hexadecimal(bucket))
    return condition & _property("key").like(hexadecimal(prefix) + "*") if prefix else condition


def records_of(object_ids: Sequence[str]) -> "Condition":
    """Records of these objects."""
    return _property("is_record").equal(True) & _property("object_id").contains_any(list(object_ids))


def rows_of_copies(copies: Sequence[str], *, records: bool) -> "Condition":
    """The records of these copies, or else the rest of their rows."""
    return _property("copy").contains_any(list(copies)) & _property("is_record").equal(records)


def segments_of(ids: Sequence[str]) -> "Condition":
    """Segment rows with these ids."""
    return _property(SEGMENT_ID).contains_any(list(ids))


def segments_at(object_id: str, places: Sequence[int]) -> "Condition | None":
    """Segment rows of an object with these ordinals."""
    return _property("place").contains_any([_place(object_id, at) for at in places]) if places else None


def _row(fields: dict[str, Any], vectors: Mapping[str, Any]) -> "DataObject[Any, None]":
    from weaviate.collections.classes.data import DataObject  # noqa: PLC0415 - see weaviate_collection

    copy = copy_of(fields["object_id"], fields["generation"])
    id_ = fields.pop("id")
    if not fields["is_record"]:
        fields[SEGMENT_ID] = id_
        fields["place"] = _place(fields.pop("object_id"), fields["ordinal"])
    fields["copy"] = copy
    for name in HEXADECIMAL:
        fields[name] = hexadecimal(fields[name])
    fields = {name: value for name, value in fields.items() if value is not None}
    return DataObject(properties=fields, uuid=_row_id(copy, id_), vector=dict(vectors))


def _place(object_id: str, ordinal: int) -> str:
    """What the segment that stands there in its object is found by, in every copy of it."""
    return f"{object_id}:{ordinal}"


def _row_id(copy: str, id_: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"omnibus:row:{copy}:{id_}")


def _property(name: str) -> Any:
    from weaviate.collections.classes.filters import Filter  # noqa: PLC0415 - see weaviate_collection

    return Filter.by_property(name)
