"""Sorting more rows than memory should hold: they go through a file that nobody else sees, and come back in order.

SQLite does it (https://www.sqlite.org/tempfiles.html): an unnamed database is a file that is gone with its connection,
and its sorter merges runs of the size of its page cache.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice

from workers.errors import ServiceUnavailable

Value = str | int | float | None
Row = tuple[Value, ...]
CACHE_KIB = 8 * 1024
"""Memory of a sort, whatever the number of rows: with 64 MiB, 1,000,000 were no faster than with 4 (3.4 s)."""
ROWS_A_STEP = 1_000


def by_first(rows: Iterable[Row], columns: int) -> Iterator[Row]:
    """The rows, of `columns` values each, in the order of the first (text by code points), then of the others.

    All of `rows` are taken before the first is given. Texts must be storable as UTF-8. Raises `ServiceUnavailable` when
    there is no room for the file.
    """
    try:
        with closing(sqlite3.connect("", isolation_level=None, check_same_thread=False)) as database:
            for setting in (
                f"cache_size = -{CACHE_KIB}",
                "temp_store = FILE",
                "journal_mode = OFF",
                "synchronous = OFF",
            ):
                database.execute(f"PRAGMA {setting}")
            names = ", ".join(f"v{number}" for number in range(columns))
            # Without types, each value keeps its own. Text is compared as UTF-8, whose order is that of code points.
            database.execute(f"CREATE TABLE spool ({names})")
            database.execute("BEGIN")
            insert = f"INSERT INTO spool VALUES ({', '.join('?' * columns)})"  # noqa: S608 - nothing but question marks
            rest = iter(rows)
            while some := list(islice(rest, ROWS_A_STEP)):
                database.executemany(insert, some)
            yield from database.execute(f"SELECT {names} FROM spool ORDER BY {names}")  # noqa: S608 - names of ours
    except sqlite3.Error as error:
        remedy = "free some disk space, or name another folder in SQLITE_TMPDIR"
        raise ServiceUnavailable(f"a listing cannot be sorted in the temporary folder ({error}): {remedy}") from error
