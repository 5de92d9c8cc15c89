"""How objects are laid out as rows of one LanceDB table, and read back.

An object is one *record row* (its version, media type, rejection, number of segments) and a row per segment. They
share a table so that one commit writes both: no crash can leave a record without its segments. Every row carries the
object's `generation`, which counts how often the object was written: while an object is being replaced, its rows of
two generations exist side by side.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from re import sub
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np

from workers.domain.locator import Locator
from workers.domain.media import ObjectRef, Version
from workers.domain.segment import IndexedObject, ObjectRecord, Segment, Space, StoredSegment, Vector

if TYPE_CHECKING:
    import pyarrow as pa

OBJECT_COLUMNS = ("tenant", "bucket", "key", "etag", "sequencer", "version_id")
RECORD_COLUMNS = ("object_id", "generation", *OBJECT_COLUMNS, "segments", "rejected")
SEGMENT_COLUMNS = ("id", "generation", *OBJECT_COLUMNS, "ordinal", "modality", "locator", "text", "derived")


def object_id(ref: ObjectRef) -> str:
    """uuid5 of (tenant, bucket, key): what the rows of an object are found by."""
    return str(uuid5(NAMESPACE_URL, "omnibus:object:" + json.dumps([ref.tenant, ref.bucket, ref.key])))


def vector_column(space_id: str) -> str:
    """The column of a space's vectors: its id, with what is no letter, digit or underscore replaced."""
    return "vector_" + sub(r"[^A-Za-z0-9_]", "_", space_id)


def schema_of(spaces: Sequence[Space]) -> "pa.Schema":
    """The table's schema. A vector column's metadata says which space and which model its vectors are of."""
    import pyarrow as pa  # noqa: PLC0415 - half a second, which only users of the index should pay

    fields = [pa.field(name, kind, nullable=name not in ("object_id", "is_record", "id")) for name, kind in _kinds()]
    for space in spaces:
        kind = pa.list_(pa.float32(), space.dimensions)
        metadata = {"space": space.id, "model": space.model}
        fields.append(pa.field(vector_column(space.id), kind, metadata=metadata))
    return pa.schema(fields)


def spaces_of(schema: "pa.Schema") -> set[Space]:
    """The spaces that a table was made with: the inverse of `schema_of`."""
    return {
        Space(field.metadata[b"space"].decode(), field.type.list_size, field.metadata[b"model"].decode())
        for field in schema
        if field.metadata and b"space" in field.metadata
    }


def rows_of(objects: Sequence[IndexedObject], generation: int, spaces: Sequence[Space]) -> "pa.Table":
    """The rows of these objects: for each a record row, then a row per segment."""
    import pyarrow as pa  # noqa: PLC0415 - half a second, which only users of the index should pay

    schema = schema_of(spaces)
    rows: list[dict[str, object]] = []
    vectors: list[Mapping[str, Vector]] = []
    for each in objects:
        shared = _shared_fields(each, generation)
        rows.append({**shared, **_record_fields(each)})
        rows.extend({**shared, **_segment_fields(segment)} for segment in each.segments)
        vectors += [{}, *(segment.vectors for segment in each.segments)]
    columns = [pa.array([row.get(name) for row in rows], type=schema.field(name).type) for name, _ in _kinds()]
    columns += [_vector_array([of.get(space.id) for of in vectors], space.dimensions) for space in spaces]
    return pa.Table.from_arrays(columns, schema=schema)


def ref_from(row: Mapping[str, Any]) -> ObjectRef:
    """The object that a row belongs to."""
    return ObjectRef(row["bucket"], row["key"], row["tenant"])


def version_from(row: Mapping[str, Any]) -> Version:
    """The version of the object that a row belongs to."""
    return Version(row["etag"], row["sequencer"], row["version_id"])


def record_from(row: Mapping[str, Any]) -> ObjectRecord:
    """A record row, with the columns `RECORD_COLUMNS`."""
    return ObjectRecord(ref_from(row), version_from(row), row["segments"], row["rejected"])


def segment_from(row: Mapping[str, Any]) -> StoredSegment:
    """A segment row, with the columns `SEGMENT_COLUMNS`."""
    return StoredSegment(
        id=row["id"],
        ref=ref_from(row),
        version=version_from(row),
        ordinal=row["ordinal"],
        modality=row["modality"],
        locator=_locator_from(row["locator"]),
        text=row["text"],
        derived=row["derived"],
    )


def storable(text: str) -> str:
    """`text` with lone surrogates, which UTF-8 cannot hold, as question marks. The length stays the same."""
    return text.encode("utf-8", "replace").decode()


def _kinds() -> Iterator[tuple[str, "pa.DataType"]]:
    import pyarrow as pa  # noqa: PLC0415 - half a second, which only users of the index should pay

    yield from (("object_id", pa.string()), ("generation", pa.int64()), ("is_record", pa.bool_()), ("id", pa.string()))
    yield from ((name, pa.string()) for name in OBJECT_COLUMNS)
    yield from (("media_type", pa.string()), ("rejected", pa.string()), ("segments", pa.int32()))
    yield from (("ordinal", pa.int32()), ("modality", pa.string()), ("locator", pa.string()))
    yield from (("text", pa.string()), ("content_hash", pa.string()), ("derived", pa.bool_()))


def _shared_fields(each: IndexedObject, generation: int) -> dict[str, object]:
    ref, version = each.ref, each.version
    return {
        "object_id": object_id(ref),
        "generation": generation,
        "tenant": ref.tenant,
        "bucket": ref.bucket,
        "key": ref.key,
        "etag": version.etag,
        "sequencer": version.sequencer,
        "version_id": version.version_id,
    }


def _record_fields(each: IndexedObject) -> dict[str, object]:
    # No text, modality or vectors: no search can take a record for a segment.
    return {
        "id": object_id(each.ref),
        "is_record": True,
        "media_type": each.media_type,
        "rejected": storable(each.rejected),
        "segments": len(each.segments),
    }


def _segment_fields(segment: Segment) -> dict[str, object]:
    return {
        "id": segment.id,
        "is_record": False,
        "ordinal": segment.ordinal,
        "modality": segment.modality,
        "locator": json.dumps(segment.locator.to_dict()),
        "text": storable(segment.text),
        "content_hash": segment.content_hash,
        "derived": segment.derived,
    }


def _vector_array(vectors: Sequence[Vector | None], dimensions: int) -> "pa.Array[Any]":
    import pyarrow as pa  # noqa: PLC0415 - half a second, which only users of the index should pay

    values = np.zeros((len(vectors), dimensions), dtype=np.float32)
    missing = np.array([vector is None for vector in vectors], dtype=bool)
    for row, vector in enumerate(vectors):
        if vector is not None:
            values[row] = vector
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), dimensions, mask=pa.array(missing))


def _locator_from(text: str) -> Locator:
    fields = json.loads(text)
    for name in ("chars", "box"):
        if name in fields:
            fields[name] = tuple(fields[name])
    return Locator(**fields)
