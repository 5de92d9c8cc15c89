"""Catching up at the start: `omnibus reconcile --fix` in a process beside the dispatcher, until it has succeeded once.

A process of its own, because the index's library takes a hundred megabytes that a dispatcher has no other use for.
"""

import subprocess
import sys
from collections.abc import Callable
from time import monotonic
from typing import Self

from omnibus.settings import Settings

AGAIN_S = 5.0


class Reconciliation:
    """Starts when entered, is looked after in between, and is ended, finished or not, when left."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        arguments = ["reconcile", "--fix", "--data", str(settings.data), "--profile", settings.profile]
        self._argv = [sys.executable, "-m", "omnibus", *arguments]
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0
        self._done = False

    def look_after(self) -> None:
        """Start it, or start it again a while after it failed. What it finds and why it fails is in the log."""
        if self._done or monotonic() < self._not_before:
            return
        if self._process is None:
            self._process = subprocess.Popen(self._argv)
        status = self._process.poll()
        if status is None:
            return
        self._process = None
        self._done = status == 0
        if not self._done:
            self._say(f"the reconciliation ended with status {status}; again in {AGAIN_S:.0f} s")
            self._not_before = monotonic() + AGAIN_S

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
