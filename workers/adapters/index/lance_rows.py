"""The rows of `rows` as one LanceDB table.

Records and segments share a table so that one commit writes both: no crash can leave a record without its segments.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from workers.adapters.index.rows import OBJECT_COLUMNS, record_fields, segment_fields, shared_fields
from workers.adapters.index.spaces import vector_column
from workers.domain.segment import IndexedObject, Space, Vector

if TYPE_CHECKING:
    import pyarrow as pa


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
        shared = shared_fields(each, generation)
        rows.append({**shared, **record_fields(each)})
        rows.extend({**shared, **segment_fields(segment)} for segment in each.segments)
        vectors += [{}, *(segment.vectors for segment in each.segments)]
    columns = [pa.array([row.get(name) for row in rows], type=schema.field(name).type) for name, _ in _kinds()]
    columns += [_vector_array([of.get(space.id) for of in vectors], space.dimensions) for space in spaces]
    return pa.Table.from_arrays(columns, schema=schema)


def _kinds() -> Iterator[tuple[str, "pa.DataType"]]:
    import pyarrow as pa  # noqa: PLC0415 - half a second, which only users of the index should pay

    yield from (("object_id", pa.string()), ("generation", pa.int64()), ("is_record", pa.bool_()), ("id", pa.string()))
    yield from ((name, pa.string()) for name in OBJECT_COLUMNS)
    yield from (("media_type", pa.string()), ("rejected", pa.string()), ("segments", pa.int32()))
    yield from (("ordinal", pa.int32()), ("modality", pa.string()), ("locator", pa.string()))
    yield from (("taken_at", pa.int64()), ("latitude", pa.float64()), ("longitude", pa.float64()))
    yield from (("text", pa.string()), ("content_hash", pa.string()), ("derived", pa.bool_()), ("parent", pa.string()))


def _vector_array(vectors: Sequence[Vector | None], dimensions: int) -> "pa.Array[Any]":
    import pyarrow as pa  # noqa: PLC0415 - half a second, which only users of the index should pay

    values = np.zeros((len(vectors), dimensions), dtype=np.float32)
    missing = np.array([vector is None for vector in vectors], dtype=bool)
    for row, vector in enumerate(vectors):
        if vector is not None:
            values[row] = vector
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), dimensions, mask=pa.array(missing))
