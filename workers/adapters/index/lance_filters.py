"""Conditions on rows as expression trees: a value is a literal node and never becomes part of a query language."""

from collections.abc import Iterator, Sequence
from functools import reduce
from math import ceil
from operator import or_
from typing import TYPE_CHECKING, Any

from workers.adapters.index.rows import is_storable
from workers.domain.hit import Filters
from workers.domain.taken import Span

if TYPE_CHECKING:
    from lancedb.expr import Expr

LAST = 0x10FFFF
"""The last code point of Unicode."""


def segments_within(filters: Filters) -> "Expr":
    """Segment rows that a search with these filters may find."""
    condition = ~_column("is_record") & _among("tenant", [filters.tenant]) & _key_starts_with(filters.prefix)
    for more in _taken(filters):
        condition &= more
    return condition & _among("modality", filters.modalities) if filters.modalities else condition


def _taken(filters: Filters) -> Iterator["Expr"]:
    # A row without a time or a place is compared with nothing: the comparison is null, which is not true.
    if filters.taken_from is not None:
        yield _column("taken_at") >= _value(ceil(filters.taken_from.timestamp()))
    if filters.taken_until is not None:
        yield _column("taken_at") < _value(ceil(filters.taken_until.timestamp()))
    if filters.near is not None:
        yield _within("latitude", filters.near.latitudes)
        yield reduce(or_, (_within("longitude", span) for span in filters.near.longitudes))


def _within(column: str, span: Span) -> "Expr":
    return (_column(column) >= _value(span[0])) & (_column(column) <= _value(span[1]))


def records_within(tenant: str, bucket: str, prefix: str) -> "Expr":
    """Record rows of the objects whose key starts with `prefix`."""
    return _column("is_record") & _among("tenant", [tenant]) & _among("bucket", [bucket]) & _key_starts_with(prefix)


def records_of(object_ids: Sequence[str]) -> "Expr":
    """Record rows of these objects."""
    return _column("is_record") & _among("object_id", object_ids)


def rows_of_object(object_id: str) -> "Expr":
    """Every row of an object."""
    return _among("object_id", [object_id])


def rows_before(generation: int, object_ids: Sequence[str]) -> "Expr":
    """Every row of these objects that is of an earlier generation."""
    return _among("object_id", object_ids) & (_column("generation") < _value(generation))


def segments_of(ids: Sequence[str]) -> "Expr":
    """Segment rows with these ids."""
    return ~_column("is_record") & _among("id", ids)


def segments_at(object_id: str, places: Sequence[int]) -> "Expr":
    """Segment rows of an object with these ordinals."""
    condition = ~_column("is_record") & rows_of_object(object_id)
    return condition & (_column("ordinal").isin(list(places)) if places else _value(False))


def _key_starts_with(prefix: str) -> "Expr":
    """Rows whose key starts with `prefix`, as a half-open range: no character of it is special, as in a LIKE pattern.

    UTF-8 sorts by code points, so the range ends at the prefix with its last code point counted up.
    """
    if not is_storable(prefix):
        return _value(False)
    start, end = _column("key") >= _value(prefix), _end_of_range(prefix)
    return start & (_column("key") < _value(end)) if end else start


def _among(column: str, values: Sequence[str]) -> "Expr":
    known = [value for value in values if is_storable(value)]
    return _column(column).isin(known) if known else _value(False)


def _end_of_range(prefix: str) -> str:
    """The first text after all those that start with `prefix`; empty when there is none."""
    shortened = prefix.rstrip(chr(LAST))
    if not shortened:
        return ""
    following = ord(shortened[-1]) + 1
    if 0xD800 <= following <= 0xDFFF:
        following = 0xE000  # UTF-8 has no surrogates
    return shortened[:-1] + chr(following)


def _column(name: str) -> "Expr":
    from lancedb.expr import col  # noqa: PLC0415 - two seconds, which only users of the index should pay

    return col(name)


def _value(value: Any) -> "Expr":
    from lancedb.expr import lit  # noqa: PLC0415 - two seconds, which only users of the index should pay

    return lit(value)
