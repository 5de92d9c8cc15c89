"""The watermark: nothing is committed past what is still open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.dispatch.watermark import Watermarks
from workers.domain.record import Position

OFFSETS = st.dictionaries(
    st.integers(0, 3), st.sets(st.integers(0, 1000), min_size=1, max_size=20).map(sorted), min_size=1
)


@pytest.fixture
def marks() -> Watermarks:
    return Watermarks()


def read(marks: Watermarks, *offsets: int, partition: int = 0) -> None:
    for offset in offsets:
        marks.open(Position(partition, offset))


def complete(marks: Watermarks, *offsets: int, partition: int = 0) -> None:
    for offset in offsets:
        marks.complete(Position(partition, offset))


@given(OFFSETS, st.data())
def test_a_commit_never_passes_an_open_record_and_never_goes_back(
    by_partition: dict[int, list[int]], data: st.DataObject
) -> None:
    marks = Watermarks()
    for partition, offsets in by_partition.items():
        read(marks, *offsets, partition=partition)
    left = {Position(p, offset) for p, offsets in by_partition.items() for offset in offsets}
    committed: dict[int, int] = {}
    for position in data.draw(st.permutations(sorted(left, key=lambda p: (p.partition, p.offset)))):
        complete(marks, position.offset, partition=position.partition)
        left.remove(position)
        pending = marks.pending_commits()
        for partition, offset in pending.items():
            assert all(p.offset >= offset for p in left if p.partition == partition)
            assert offset >= committed.get(partition, 0)
        marks.committed(pending)
        committed |= pending
    assert committed == {partition: offsets[-1] + 1 for partition, offsets in by_partition.items()}
    assert marks.in_flight == 0


@given(st.sets(st.integers(0, 200), min_size=2).map(sorted), st.data())
def test_the_mark_stands_at_the_first_open_record(offsets: list[int], data: st.DataObject) -> None:
    marks = Watermarks()
    read(marks, *offsets)
    still_open = data.draw(st.lists(st.sampled_from(offsets), min_size=1, unique=True))
    complete(marks, *(offset for offset in offsets if offset not in still_open))
    assert marks.pending_commits() == {0: min(still_open)}
    assert marks.in_flight == len(still_open)


def test_what_is_done_after_a_gap_waits_for_the_gap(marks: Watermarks) -> None:
    read(marks, 5, 6, 9)
    complete(marks, 6, 9)
    assert marks.pending_commits() == {0: 5}
    complete(marks, 5)
    assert marks.pending_commits() == {0: 10}


def test_nothing_is_pending_once_it_was_committed(marks: Watermarks) -> None:
    read(marks, 0)
    complete(marks, 0)
    marks.committed(marks.pending_commits())
    assert marks.pending_commits() == {}


def test_a_commit_that_was_not_confirmed_stays_pending(marks: Watermarks) -> None:
    read(marks, 0)
    complete(marks, 0)
    assert marks.pending_commits() == marks.pending_commits() == {0: 1}


def test_a_partition_that_was_taken_away_is_not_committed(marks: Watermarks) -> None:
    read(marks, 0, 1)
    read(marks, 7, partition=1)
    complete(marks, 0)
    marks.drop(0)
    assert marks.pending_commits() == {1: 7}
    assert marks.in_flight == 1


def test_a_late_completion_of_a_dropped_partition_is_passed_over(marks: Watermarks) -> None:
    read(marks, 0)
    marks.drop(0)
    complete(marks, 0)
    assert marks.pending_commits() == {}


def test_a_partition_that_comes_back_is_counted_from_where_it_is_read_again(marks: Watermarks) -> None:
    read(marks, 0, 1, 2)
    complete(marks, 0, 1, 2)
    marks.committed(marks.pending_commits())
    marks.drop(0)
    read(marks, 1, 2)
    complete(marks, 1)
    assert marks.pending_commits() == {0: 2}
