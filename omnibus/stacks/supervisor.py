"""Starts the parts of a stack in order, keeps them alive, and stops them all. One thread, one loop.

Nothing outlives the supervisor: each part is tethered to it (`tether`), and a guard kills the process groups of the
parts, with whatever children they have, when the supervisor is gone (`guard`).
"""

import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from omnibus.stacks.child import Child
from omnibus.stacks.errors import StackFailed
from omnibus.stacks.guard import Guard
from omnibus.stacks.logs import rotate
from omnibus.stacks.part import Part
from omnibus.stacks.restarts import RestartPolicy
from omnibus.stacks.state import Phase, StackState, own_start, write_state

STOP_LIMIT_S = 9.0
"""All parts together; what still runs then is killed."""
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
BUSY_TICK_S, IDLE_TICK_S = 0.05, 0.5
"""How often to look while something starts or stops, and otherwise. A child's death wakes the loop at once."""

OnChange = Callable[[StackState], None]


def _nobody_listens(_: StackState) -> None:
    """For whoever reads the state file only."""


class Supervisor:
    """Runs `parts`, which are listed so that each comes after those that it needs.

    Its state is in `run_dir/state.json`, written anew at every change, and given to `on_change`. `keep_open` are
    descriptors, such as a lock's, that stay open until the last process is killed, whatever becomes of the supervisor.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        run_dir: Path,
        on_change: OnChange = _nobody_listens,
        *,
        endpoints: Mapping[str, str] | None = None,
        policy: RestartPolicy | None = None,
        keep_open: tuple[int, ...] = (),
    ) -> None:
        self._state_file = run_dir / "state.json"
        self._on_change = on_change
        self._endpoints = endpoints or {}
        self._guard = Guard(keep_open)
        self._children = {part.name: Child(part, self._guard, policy or RestartPolicy()) for part in parts}
        self._told: StackState | None = None
        self._problem = ""
        self._stop_requests = 0
        for part in parts:
            rotate(part.log)

    def run(self) -> None:
        """Run until a stop signal. Raises `StackFailed` when a part fails again and again. Always stops all parts."""
        with _wakeups(self._request_stop) as sleep, self:
            try:
                while not self._stop_requests:
                    self.step()
                    sleep(IDLE_TICK_S if self.ready else BUSY_TICK_S)
            except StackFailed as failure:
                self._problem = str(failure)
                raise

    def step(self) -> None:
        """Look at every part once, and do what is due."""
        for child in self._children.values():
            self._look_at(child)
        self._tell()

    def stop(self) -> None:
        """Stop all parts, those first that no other part needs. Takes at most `STOP_LIMIT_S`, less when asked twice."""
        try:
            self._stop_in_order(time.monotonic() + STOP_LIMIT_S)
        finally:
            self._guard.close()

    @property
    def ready(self) -> bool:
        """Whether every part is."""
        return all(child.phase is Phase.READY for child in self._children.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _look_at(self, child: Child) -> None:
        complaint = child.complaint()
        if complaint:
            child.fail(complaint)
            self._restart_followers(child.part.name)
        elif child.phase is Phase.STARTING:
            child.probe()
        elif child.phase is Phase.WAITING:
            missing = [name for name in child.part.needs if self._children[name].phase is not Phase.READY]
            if missing:
                child.waits_for = " and ".join(missing)
            else:
                child.start_when_due()

    def _restart_followers(self, name: str) -> None:
        for child in self._children.values():
            if name in child.part.restarts_with and child.pid is not None:
                child.again(f"restarts with {name}")
                self._restart_followers(child.part.name)

    def _not_needed(self, left: Mapping[str, Child]) -> list[Child]:
        needed = {name for child in left.values() for name in child.part.needs}
        return [child for name, child in left.items() if name not in needed]

    def _stop_in_order(self, deadline: float) -> None:
        patience = max(self._stop_requests, 1)
        left = dict(self._children)
        while left and time.monotonic() < deadline and self._stop_requests <= patience:
            for child in self._not_needed(left):
                if child.phase is not Phase.STOPPING:
                    child.request_stop()
                if child.gone():
                    del left[child.part.name]
            self._tell(stopping=True)
            time.sleep(BUSY_TICK_S if left else 0)
        for child in left.values():
            child.end()
            child.phase = Phase.STOPPED
        self._tell(stopping=True)

    def _request_stop(self) -> None:
        self._stop_requests += 1

    def _tell(self, *, stopping: bool = False) -> None:
        state = StackState(
            pid=os.getpid(),
            started=own_start(),
            ready=self.ready and not stopping,
            stopping=stopping,
            problem=self._problem,
            endpoints=self._endpoints,
            parts=tuple(child.state() for child in self._children.values()),
        )
        if state != self._told:
            self._told = state
            write_state(self._state_file, state)
            self._on_change(state)


@contextmanager
def _wakeups(request_stop: Callable[[], None]) -> Iterator[Callable[[float], None]]:
    """A sleep (seconds) that signals and the death of children cut short; stop signals call `request_stop`."""
    reading, writing = os.pipe()
    for end in (reading, writing):
        os.set_blocking(end, False)

    def note(number: int, _: FrameType | None) -> None:
        if number in STOP_SIGNALS:
            request_stop()

    def sleep(seconds: float) -> None:
        if select.select([reading], [], [], seconds)[0]:
            os.read(reading, 4096)

    before_fd = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    before = {number: signal.signal(number, note) for number in (*STOP_SIGNALS, signal.SIGCHLD)}
    try:
        yield sleep
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before_fd)
        os.close(reading)
        os.close(writing)
