"""The table of an index directory: made when there is none, checked against the models, kept fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from os import cpu_count, environ
from pathlib import Path
from typing import Any

from workers.adapters.index.lance_rows import schema_of, spaces_of
from workers.adapters.index.locks import exclusive
from workers.adapters.index.spaces import check_spaces, vector_column
from workers.domain.segment import Space

NAME = "segments"
WORDS_INDEX = "text_idx"
"""LanceDB's own name for the index of column `text`."""
KEYS = ("object_id", "id")
"""Columns that rows are looked up by: four times as fast with an index, at 110,000 rows."""

FRAGMENTS = 32
"""Small fragments that make compaction due. Every commit adds one, and each costs a search about 0.1 ms. Those in
different parts of a vector index cannot be joined, and are not counted."""
UNINDEXED_ROWS = 2_000
"""Rows outside the word index that make compaction due. They are searched too, but each costs 10 to 20 us."""
FLAT_ROWS = 8_000
"""Vectors of a space up to which all of them are compared, exactly: 14 ms for 384 dimensions on two cores."""
DELTAS = 16
"""Parts of a vector index that make its rebuilding due. Every compaction adds one; each costs a search 0.3 ms."""
KEPT = timedelta(seconds=10)
"""How long files of superseded versions stay for searches that still read them. A search takes milliseconds; a
compaction, which comes every `FRAGMENTS` commits, leaves the size of the whole table behind."""
CACHE_BYTES = 256 * 2**20
"""Room for vector and word indexes in memory, enough for 100,000 segments; LanceDB's own default is 6 GB."""

VENDOR_SETTINGS = {
    # With its default on two cores, one thread, whatever else this process asks for waits until a graph is built: a
    # write then took 15 s, with four threads 1 s.
    "LANCE_CPU_THREADS": str(max(4, cpu_count() or 1)),
    # What a later release does by default; until then it warns on standard error.
    "LANCE_INCLUDE_VECTOR_CENTROIDS": "false",
}
"""LanceDB takes these from the environment only, when it is first used. What is set there already has precedence."""


@dataclass(frozen=True, slots=True)
class OpenTable:
    """The directory's table, whose every read sees the newest commit of any process.

    `queried` is the same table by LanceDB's asynchronous interface, which answers a query of 5 ms in 3: the other
    looks up the schema, and makes a plan to look at, every time.
    """

    table: Any
    queried: Any


def run(query: Any) -> list[dict[str, Any]]:
    """The rows that a query of `OpenTable.queried` finds."""
    from lancedb.background_loop import LOOP  # noqa: PLC0415 - two seconds, which only users of the index should pay

    rows: list[dict[str, Any]] = LOOP.run(query.to_list())
    return rows


def open_table(directory: Path, spaces: Sequence[Space], lock: Path) -> OpenTable:
    """The directory's table. Raises `IndexMismatch`."""
    for name, value in VENDOR_SETTINGS.items():
        environ.setdefault(name, value)
    import lancedb  # noqa: PLC0415 - two seconds, which only users of the index should pay
    from lancedb.background_loop import LOOP  # noqa: PLC0415 - as above

    session = lancedb.Session(index_cache_size_bytes=CACHE_BYTES, metadata_cache_size_bytes=CACHE_BYTES // 16)
    database = lancedb.connect(directory, read_consistency_interval=timedelta(0), session=session)
    with exclusive(lock):
        if NAME not in database.list_tables().tables:
            database.create_table(NAME, schema=schema_of(spaces))
        table = database.open_table(NAME)
        check_spaces(spaces_of(table.schema), spaces, f"the index in {directory}", "remove that directory")
        _add_columns(table, schema_of(spaces))
        _index_words_and_keys(table)
    return OpenTable(table, LOOP.run(_opened_for_queries(directory, session)))


def _add_columns(table: Any, schema: Any) -> None:
    """Give a table of an earlier version the columns that it has not, empty (a commit; no row is written)."""
    added = [field for field in schema if field.name not in table.schema.names]
    if added:
        table.add_columns(added)


async def _opened_for_queries(directory: Path, session: Any) -> Any:
    import lancedb  # noqa: PLC0415 - two seconds, which only users of the index should pay

    database = await lancedb.connect_async(directory, read_consistency_interval=timedelta(0), session=session)
    return await database.open_table(NAME)


def spaces_held(directory: Path) -> Sequence[Space]:
    """The spaces of the directory's table, which is not made here; none when there is no table."""
    import lancedb  # noqa: PLC0415 - two seconds, which only users of the index should pay

    database = lancedb.connect(directory)
    if NAME not in database.list_tables().tables:
        return []
    return list(spaces_of(database.open_table(NAME).schema))


def is_compaction_due(table: Any) -> bool:
    """Whether searches have become slower than they need be (1 ms)."""
    indexes = {index.name: index for index in table.list_indices()}
    parts = max(index.num_segments for index in indexes.values())
    fragments = table.stats()["fragment_stats"]["num_small_fragments"]
    return fragments > FRAGMENTS + parts or indexes[WORDS_INDEX].num_unindexed_rows > UNINDEXED_ROWS


def compact(table: Any) -> None:
    """Join small fragments, bring the indexes up to date, remove superseded files. Not beside any other writer."""
    table.optimize(cleanup_older_than=KEPT)


def index_vectors(table: Any, spaces: Sequence[Space], *, flat_rows: int) -> None:
    """Index spaces of more than `flat_rows` vectors, anew where that is due. Others may write, but not compact."""
    from lancedb.index import HnswSq  # noqa: PLC0415 - two seconds, which only users of the index should pay

    for column in (vector_column(space.id) for space in spaces):
        if _is_vector_index_due(table, column, flat_rows):
            # Measured at 100,000 vectors: recall 1.0 in 5 ms. One partition: the graph alone is faster than IVF here.
            config = HnswSq(distance_type="cosine", num_partitions=1, m=20, ef_construction=200)
            table.create_index(column, config=config)


def _is_vector_index_due(table: Any, column: str, flat_rows: int) -> bool:
    built = next((index for index in table.list_indices() if index.columns == [column]), None)
    if built is not None:
        return built.num_segments > DELTAS
    return table.count_rows(f"{column} IS NOT NULL") > flat_rows


def _index_words_and_keys(table: Any) -> None:
    # Asked on every opening, not only after making the table: a process may have been killed between the two.
    # Rows that are not in an index yet are searched too, with the same scores: a write need not wait for it.
    from lancedb.index import FTS, BTree  # noqa: PLC0415 - two seconds, which only users of the index should pay

    words = FTS(language="English", stem=True, remove_stop_words=True, ascii_folding=True)
    built = {tuple(index.columns) for index in table.list_indices()}
    for column, config in [("text", words), *((key, BTree()) for key in KEYS)]:
        if (column,) not in built:
            table.create_index(column, config=config)
