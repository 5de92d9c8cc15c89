"""The retry policy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.dispatch.retry import RetryBudget, RetryPolicy


@pytest.mark.parametrize(("tries", "ceiling"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (7, 30.0), (60, 30.0)])
def test_the_longest_wait_doubles_up_to_the_cap(tries: int, ceiling: float) -> None:
    assert RetryPolicy(base_s=0.5, cap_s=30.0).delay_s(tries, 1.0) == ceiling


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_the_wait_is_anywhere_between_nothing_and_the_longest(tries: int, random: float) -> None:
    policy = RetryPolicy()
    assert 0 <= policy.delay_s(tries, random) <= policy.delay_s(tries, 1.0) <= policy.cap_s


def test_there_are_as_many_tries_as_allowed() -> None:
    policy = RetryPolicy(tries=3)
    assert [policy.exhausted(tries, 0) for tries in (1, 2, 3, 4)] == [False, False, True, True]


def test_patience_ends_whatever_the_tries() -> None:
    policy = RetryPolicy(patience_s=60)
    assert [policy.exhausted(0, seconds) for seconds in (0, 59, 60, 61)] == [False, False, True, True]


def test_no_more_is_sent_again_in_an_hour_than_the_budget() -> None:
    budget = RetryBudget(per_hour=60)
    assert budget.left(0) == 60
    budget.use(60)
    assert budget.left(0) == 0


def test_the_budget_fills_evenly() -> None:
    budget = RetryBudget(per_hour=60)
    budget.use(60)
    assert [budget.left(now) for now in (59, 60, 61, 120, 180)] == [0, 1, 1, 2, 3]


def test_the_budget_holds_no_more_than_an_hour_s_worth() -> None:
    budget = RetryBudget(per_hour=2)
    assert budget.left(100_000) == 2
