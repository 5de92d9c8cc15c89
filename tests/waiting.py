"""Waiting for a condition, in place of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


def wait_until(condition: Callable[[], T], timeout_s: float = 30.0, every_s: float = 0.02) -> T:
    """What `condition` gives once it is true; fails the test when that takes longer than `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout_s:.0f} s: {condition}")
        time.sleep(every_s)
    return value
