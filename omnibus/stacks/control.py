"""Ending a stack from another process."""

import os
import signal
import time
from pathlib import Path

from omnibus.stacks.state import StackState, process_started, read_state

STOP_TIMEOUT_S = 15.0


def stop(data: Path, timeout_s: float = STOP_TIMEOUT_S) -> bool:
    """Stop the stack that runs on this data directory, and wait for its end; False when none runs.

    A supervisor that has not ended after `timeout_s` seconds is killed, and its guard kills the rest.
    """
    state = read_state(data)
    if state is None:
        return False
    os.kill(state.pid, signal.SIGTERM)
    if not _ended(state, timeout_s):
        os.kill(state.pid, signal.SIGKILL)
        _ended(state, timeout_s)
    return True


def _ended(state: StackState, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while process_started(state.pid) == state.started:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
