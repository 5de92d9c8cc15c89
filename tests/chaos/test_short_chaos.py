"""The short chaos run: what `make chaos` does for a quarter of an hour, in a minute."""

import shutil
from pathlib import Path
from tempfile import mkdtemp

import pytest
from native_servers import demand_servers

from chaos.report import in_words
from chaos.run import Order, run

SEED = 7
"""Strikes every role of both stacks."""
STACKS = ("embedded", "services")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_lost_twice_or_stale_though_processes_are_killed_at_random(stack: str) -> None:
    if stack == "services":
        demand_servers()
    folder = Path(mkdtemp(prefix="omnibus-chaos-"))
    order = Order(stack, SEED, kills=8, operations=240, rate=8, gap_s=2, question_lease_s=15)
    outcome = run(order, folder / "data", print)
    assert not outcome.wrong, in_words(outcome, folder)
    shutil.rmtree(folder)
