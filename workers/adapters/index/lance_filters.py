"""Conditions on rows as expression trees: a value is a literal node and never becomes part of a query language."""

from typing import TYPE_CHECKING

from workers.domain.hit import Filters

if TYPE_CHECKING:
    from lancedb.expr import Expr

LAST = 0x10FFFF
"""The last code point of Unicode."""


def segments_within(filters: Filters) -> "Expr":
    """Segment rows that a search with these filters may find."""
    from lancedb.expr import col  # noqa: PLC0415 - two seconds, which only users of the index should pay

    condition = ~col("is_record") & equal("tenant", filters.tenant) & key_starts_with(filters.prefix)
    return condition & among("modality", filters.modalities) if filters.modalities else condition


def records_within(tenant: str, bucket: str, prefix: str) -> "Expr":
    """Record rows of the objects whose key starts with `prefix`."""
    from lancedb.expr import col  # noqa: PLC0415 - two seconds, which only users of the index should pay

    return col("is_record") & equal("tenant", tenant) & equal("bucket", bucket) & key_starts_with(prefix)


def equal(column: str, value: str) -> "Expr":
    """Rows with this text in `column`."""
    return among(column, [value])


def among(column: str, values: "tuple[str, ...] | list[str]") -> "Expr":
    """Rows with one of these texts in `column`."""
    from lancedb.expr import col, lit  # noqa: PLC0415 - two seconds, which only users of the index should pay

    known = [value for value in values if _is_storable(value)]
    return col(column).isin(known) if known else lit(value=False)


def key_starts_with(prefix: str) -> "Expr":
    """Rows whose key starts with `prefix`, as a half-open range: no character of it is special, as in a LIKE pattern.

    UTF-8 sorts by code points, so the range ends at the prefix with its last code point counted up.
    """
    from lancedb.expr import col, lit  # noqa: PLC0415 - two seconds, which only users of the index should pay

    if not _is_storable(prefix):
        return lit(value=False)
    start, end = col("key") >= lit(prefix), _end_of_range(prefix)
    return start & (col("key") < lit(end)) if end else start


def _end_of_range(prefix: str) -> str:
    """The first text after all those that start with `prefix`; empty when there is none."""
    shortened = prefix.rstrip(chr(LAST))
    if not shortened:
        return ""
    following = ord(shortened[-1]) + 1
    if 0xD800 <= following <= 0xDFFF:
        following = 0xE000  # UTF-8 has no surrogates
    return shortened[:-1] + chr(following)


def _is_storable(text: str) -> bool:
    """Whether UTF-8 can hold it (it cannot hold lone surrogates), so that some row could have it at all."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
