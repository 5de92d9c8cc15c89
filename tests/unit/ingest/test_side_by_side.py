"""Two sorted streams as one."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from workers.ingest.reconcile import side_by_side

KEYS = st.dictionaries(st.text("ab/-\U0001f600\uffee", max_size=3), st.integers(1))


@given(KEYS, KEYS)
def test_each_key_comes_once_in_order_with_what_either_has(left: dict[str, int], right: dict[str, int]) -> None:
    merged = list(side_by_side(sorted(left.items()), sorted(right.items())))
    assert merged == [(key, left.get(key), right.get(key)) for key in sorted(left | right)]


def test_no_more_is_read_than_the_next_key_needs() -> None:
    read: list[str] = []

    def stream(name: str) -> Iterator[tuple[str, int]]:
        for key in ("a", "b", "c"):
            read.append(name + key)
            yield key, 1

    merged = side_by_side(stream("left "), stream("right "))
    next(merged)
    assert read == ["left a", "right a"]
