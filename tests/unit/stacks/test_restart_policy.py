"""When a part is started again, and when that is given up."""

from omnibus.stacks.restarts import RestartPolicy

POLICY = RestartPolicy(limit=3, window_s=60, first_delay_s=1, longest_delay_s=3)


def test_each_restart_waits_twice_as_long_as_the_one_before_up_to_a_limit() -> None:
    delays = [POLICY.delay_s([0.0] * failures, now=0.0) for failures in (1, 2, 3)]
    assert delays == [1, 2, 3]


def test_too_many_failures_in_the_window_are_given_up() -> None:
    assert POLICY.delay_s([0.0, 1.0, 2.0, 3.0], now=3.0) is None


def test_old_failures_are_forgotten() -> None:
    assert POLICY.delay_s([0.0, 1.0, 2.0, 100.0], now=100.0) == 1
