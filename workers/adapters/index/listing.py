"""The listing of an index, in the order of its keys, whichever order the store gives its rows in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from workers.spool import by_first

Record = Mapping[str, Any]


def by_key(records: Iterable[Record], columns: Sequence[str]) -> Iterator[list[Record]]:
    """The record rows of one key after another (code points), with these columns; in constant memory.

    All of `records` are taken before the first is given. Raises `ServiceUnavailable`.
    """
    names = ("key", *(name for name in columns if name != "key"))
    rows = by_first(map(itemgetter(*names), records), len(names))
    for _, of_key in groupby(rows, key=itemgetter(0)):
        yield [dict(zip(names, row, strict=True)) for row in of_key]
