"""The process of one part, as the supervisor sees it: start, look after, end."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import replace

from omnibus.stacks.errors import StackFailed
from omnibus.stacks.guard import Guard
from omnibus.stacks.logs import last_lines
from omnibus.stacks.part import Part
from omnibus.stacks.restarts import RestartPolicy
from omnibus.stacks.state import PartState, Phase
from omnibus.stacks.tether import tethered

STEP_RESTARTS = 2
"""How often a step is tried again: it waits for its servers by itself, so what it complains of seldom passes."""


class Child:
    """One part and its process. All times are monotonic seconds."""

    def __init__(self, part: Part, guard: Guard, policy: RestartPolicy) -> None:
        self.part = part
        self.phase = Phase.WAITING
        self.waits_for = ""
        self.restarts = 0
        self._guard = guard
        self._policy = replace(policy, limit=min(policy.limit, STEP_RESTARTS)) if part.once else policy
        self._process: subprocess.Popen[bytes] | None = None
        self._failures: list[float] = []
        self._started = 0.0
        self._not_before = 0.0
        self._kill_at = 0.0

    def start_when_due(self) -> None:
        """Start the process, unless its last failure was a moment ago. Its group has the process's own id."""
        if time.monotonic() < self._not_before:
            return
        part = self.part
        if part.heartbeat:
            part.heartbeat.file.unlink(missing_ok=True)
        with part.log.open("ab") as log:
            # A session of its own: a signal to the group of the terminal must not reach it past the supervisor.
            self._process = subprocess.Popen(
                tethered(part.argv),
                env=dict(part.env),
                cwd=part.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._guard.watch(self._process.pid)
        self._started = time.monotonic()
        self.phase = Phase.STARTING

    def complaint(self) -> str | None:
        """Why it has to be started again; None when all is well."""
        if self._process is None:
            return None
        status = self._process.poll()
        if status is not None and not self._has_done_its_step(status):
            return f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with exit status {status}"
        if self.phase is Phase.STARTING and time.monotonic() - self._started > self.part.start_limit_s:
            return f"was not ready after {self.part.start_limit_s:.0f} s"
        if self.phase is Phase.READY and self.part.heartbeat and self.part.heartbeat.stale:
            return f"gave no sign of life for {self.part.heartbeat.max_age_s:.0f} s"
        return None

    def probe(self) -> None:
        """Ask the part whether it is ready by now."""
        if self._process and self._has_done_its_step(self._process.poll()):
            self.end()
            self.waits_for = ""
        else:
            self.waits_for = self.part.ready() or ""
        if not self.waits_for:
            self.phase = Phase.READY

    def fail(self, complaint: str) -> None:
        """Kill what is left of it and let it be started again after a delay.

        Raises `StackFailed` when it failed too often.
        """
        self.again(complaint)
        now = time.monotonic()
        self._failures.append(now)
        delay = self._policy.delay_s(self._failures, now)
        if delay is None:
            raise StackFailed(self._epitaph(complaint))
        self._not_before = now + delay

    def _epitaph(self, complaint: str) -> str:
        """Why it is given up, in one line. A step of ours says itself what is wrong, the same at every try."""
        part = self.part
        if part.once and (said := last_lines(part.log, width=1000)):
            lines = dict.fromkeys(line.removeprefix("omnibus: ") for line in said)
            return f"{part.name} failed: {' | '.join(lines)} (its log: {part.log})"
        tail = " | ".join(last_lines(part.log)) or "(empty)"
        return f"{part.name} {complaint}, and so again and again; its log {part.log} ends: {tail}"

    def again(self, reason: str) -> None:
        """Kill it and have it started again, without counting that as its failure."""
        self.end()
        self.restarts += 1
        self.phase = Phase.WAITING
        self.waits_for = f"its restart: it {reason}"

    def request_stop(self) -> None:
        """Ask the process to end; `gone` kills it when it takes longer than its grace."""
        self.phase = Phase.STOPPING
        self.waits_for = "its end"
        self._kill_at = time.monotonic() + self.part.stop_grace_s
        if self._process and self.part.stop_grace_s > 0:
            with contextlib.suppress(ProcessLookupError):
                # Only the leader: it knows what its own children have to do first.
                os.kill(self._process.pid, self.part.stop_signal)

    def gone(self) -> bool:
        """Whether the process ended after `request_stop`; kills its group when the grace is over."""
        if self._process and self._process.poll() is None and time.monotonic() < self._kill_at:
            return False
        self.end()
        self.phase = Phase.STOPPED
        self.waits_for = ""
        return True

    def end(self) -> None:
        """Kill the process and its group, now."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._guard.forget(self._process.pid)
        self._process = None

    def _has_done_its_step(self, status: int | None) -> bool:
        return self.part.once and status == 0

    @property
    def pid(self) -> int | None:
        """The process's id; None when it has no process."""
        return self._process.pid if self._process else None

    def state(self) -> PartState:
        """For the state file."""
        part = self.part
        return PartState(part.name, self.phase, self.pid, self.restarts, self.waits_for, str(part.log), part.notes)
