"""Every row that an index holds, as it is stored: also those that no search would show."""

from collections.abc import Iterator, Mapping
from typing import Any

from chaos.judge import Row
from omnibus.settings import Settings
from workers.adapters.index.lance_table import NAME
from workers.adapters.index.weaviate import ALIAS
from workers.adapters.index.weaviate_collection import connect
from workers.adapters.index.weaviate_rows import HEXADECIMAL, SEGMENT_ID

COLUMNS = ("bucket", "key", "etag", "version_id", "is_record", "id", "ordinal", "modality", "text", "segments")


def stored_rows(settings: Settings) -> list[Row]:
    """The rows of the indexed bucket, read with the store's own client."""
    read = _lance if settings.stack == "embedded" else _weaviate
    return [_row(row) for row in read(settings) if row["bucket"] == settings.bucket]


def _lance(settings: Settings) -> Iterator[Mapping[str, Any]]:
    import lancedb  # noqa: PLC0415 - two seconds, which only its stack should pay

    table = lancedb.connect(settings.data / "index").open_table(NAME)
    yield from table.search().select([*COLUMNS, "rejected"]).limit(None).to_list()


def _weaviate(settings: Settings) -> Iterator[Mapping[str, Any]]:
    names = [SEGMENT_ID if name == "id" else name for name in (*COLUMNS, "rejected", "complete")]
    with connect(settings.weaviate, settings.weaviate_grpc, settings.weaviate_key) as client:
        for found in client.collections.use(ALIAS).iterator(return_properties=names):
            row = dict(found.properties)
            row["id"] = row.pop(SEGMENT_ID) or ""
            yield row | {name: bytes.fromhex(row[name][1:]).decode() for name in HEXADECIMAL if name in row}


def _row(row: Mapping[str, Any]) -> Row:
    return Row(
        key=row["key"],
        is_record=bool(row["is_record"]),
        etag=row["etag"] or "",
        version_id=row["version_id"] or "",
        id=row["id"] or "",
        ordinal=row["ordinal"] if row["ordinal"] is not None else -1,
        modality=row["modality"] or "",
        text=row["text"] or "",
        segments=row["segments"] or 0,
        rejected=row["rejected"] or "",
    )
