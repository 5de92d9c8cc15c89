"""Sorting listings that are larger than memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers import spool
from workers.errors import ServiceUnavailable
from workers.spool import by_first

KEYS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.tuples(KEYS, st.integers(0, 3), st.none() | st.text("ab"))))
def test_rows_come_back_as_they_were_in_the_order_of_code_points(rows: list[tuple[str, int, str | None]]) -> None:
    assert sorted(by_first(rows, 3), key=repr) == sorted(rows, key=repr)
    assert [row[0] for row in by_first(rows, 3)] == sorted(row[0] for row in rows)


def test_a_nul_and_what_looks_like_a_number_are_text_like_any_other() -> None:
    keys = ["10", "9", "a", "a\0b", "a\0", ""]
    assert [key for (key,) in by_first([(key,) for key in keys], 1)] == sorted(keys)


def test_more_rows_than_fit_into_its_memory_are_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "CACHE_KIB", 64)
    keys = [f"{number * 7919 % 20_011:06} {'x' * 80}" for number in range(20_011)]
    assert [key for (key,) in by_first(((key,) for key in keys), 1)] == sorted(keys)


def test_what_fails_while_rows_are_made_is_not_hidden() -> None:
    def rows() -> Iterator[tuple[str]]:
        yield ("a",)
        raise ServiceUnavailable("the store is away")

    with pytest.raises(ServiceUnavailable, match="the store is away"):
        list(by_first(rows(), 1))


def test_nothing_is_left_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    assert next(iter(by_first([("b",), ("a",)], 1))) == ("a",)
    assert list(tmp_path.iterdir()) == []
