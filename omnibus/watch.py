"""Reconciliation again and again: at the start, on a schedule, after a failure, and when something says that it is due.

Each run is a process of its own: the index's library takes a hundred megabytes that nobody needs in between, and
whoever watches goes on beating while a listing takes minutes. Two watchers of one bucket do no harm: the second finds
the events of the first on the way, and publishes none of its own for them.
"""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event
from time import monotonic
from typing import IO, Self

from omnibus.beat import heartbeat
from omnibus.settings import Settings
from omnibus.stacks.tether import tethered

AGAIN_S, LONGEST_AGAIN_S = 5.0, 60.0
"""After a run that failed, and at most after several: each waits twice as long as the one before."""
TURN_S = 1.0


class Watch:
    """Runs `argv` when it is due. The run that is under way is ended when this is left.

    `done` gets what a run printed, `say` one line for a failure, unless the run before failed for the same reason.
    `due` is asked at every look: True has a run start as soon as none is under way.
    """

    def __init__(
        self,
        argv: list[str],
        *,
        every_s: float,
        done: Callable[[str], None],
        say: Callable[[str], None],
        due: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._argv = argv
        self._every_s = every_s
        self._done = done
        self._say = say
        self._due = due
        self._clock = clock
        self._run: _Run | None = None
        self._at_once = False
        self._next = clock()
        self._again_s = AGAIN_S
        self._trouble = ""

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._run is not None

    def look_after(self) -> None:
        """Start a run that is due, take up one that has ended. Call it about once a second."""
        self._at_once = self._due() or self._at_once
        if self._run is None:
            if self._at_once or self._clock() >= self._next:
                self._at_once = False
                self._run = _Run(self._argv)
            return
        status = self._run.status()
        if status is None:
            return
        printed, complaint = self._run.end()
        self._run = None
        if status == 0:
            self._again_s, self._trouble = AGAIN_S, ""
            self._next = self._clock() + self._every_s
            self._done(printed)
            return
        self._next = self._clock() + self._again_s
        self._again_s = min(2 * self._again_s, LONGEST_AGAIN_S)
        trouble = complaint or f"it ended with status {status}"
        if trouble != self._trouble:
            self._trouble = trouble
            self._say(f"the reconciliation failed, and is tried again until it succeeds: {trouble}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._run is not None:
            self._run.end()
            self._run = None


class _Run:
    """One process, which dies with this one; what it writes goes to files that nobody else sees."""

    def __init__(self, argv: list[str]) -> None:
        self._out, self._err = TemporaryFile(), TemporaryFile()  # noqa: SIM115 - open as long as the process runs
        self._process = subprocess.Popen(tethered(argv), stdout=self._out, stderr=self._err)

    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll()

    def end(self) -> tuple[str, str]:
        """Kill it if it still runs; what it wrote, and the last line of its errors."""
        self._process.kill()
        self._process.wait()
        with self._out, self._err:
            errors = _text(self._err).splitlines() or [""]
            return _text(self._out), errors[-1].removeprefix("omnibus: ")


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace").strip()


def watch_bucket(
    settings: Settings,
    *,
    fix: bool,
    every_s: float | None = None,
    done: Callable[[str], None],
    say: Callable[[str], None],
    due: Callable[[], bool] = lambda: False,
) -> Watch:
    """`omnibus reconcile --json` with these settings; `done` gets its line of JSON.

    What became a dead letter is left alone: it would become one again, every time, and take a worker with it perhaps.
    """
    options = [
        "--json",
        "--leave-dead",
        *(["--fix"] if fix else []),
        "--data",
        str(settings.data),
        "--profile",
        settings.profile,
    ]
    argv = [sys.executable, "-m", "omnibus", "reconcile", *options]
    return Watch(argv, every_s=every_s or settings.reconcile_every_s, done=done, say=say, due=due)


def watch_until_stopped(watch: Watch, beat_file: Path | None) -> None:
    """Go on until SIGTERM or SIGINT."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    beat = heartbeat(beat_file)
    with watch:
        while True:
            beat()
            watch.look_after()
            if stop.wait(TURN_S):
                return
