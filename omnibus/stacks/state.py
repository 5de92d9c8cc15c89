"""What a running stack says of itself, in a file that other commands read and follow."""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from omnibus.stacks.layout import Layout, write_private


class Phase(StrEnum):
    """Where a part is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class PartState:
    """One part now. `waits_for` is empty when it waits for nothing; `pid` is None when it has no process."""

    name: str
    phase: Phase
    pid: int | None
    restarts: int
    waits_for: str
    log: str
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StackState:
    """The whole stack now, as of its supervisor's process `pid`.

    `started` is that process's start time in kernel ticks, which tells it from a later process of the same id.
    `problem` is the line that the stack ended with, if it did not end on request.
    """

    pid: int
    started: int
    ready: bool
    stopping: bool
    problem: str
    endpoints: Mapping[str, str]
    parts: tuple[PartState, ...]

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        parts = tuple(PartState(**{**part, "phase": Phase(part["phase"])}) for part in data.pop("parts"))
        return cls(parts=parts, **data)

    def to_json(self) -> str:
        """As JSON, for the file and for `status --json`."""
        return json.dumps(asdict(self))


def write_state(file: Path, state: StackState) -> None:
    """Replace the file in one step. Only its owner can read it: the endpoints hold credentials."""
    write_private(file, state.to_json())


def read_state(data: Path) -> StackState | None:
    """The state of the stack that runs on this data directory; None when none does."""
    state = last_state(data)
    return state if state and process_started(state.pid) == state.started else None


def last_state(data: Path) -> StackState | None:
    """What the stack said last, also when it does not run any more; None when there never was one."""
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        return StackState.from_json(Layout(data).state.read_text())
    return None


def process_started(pid: int) -> int | None:
    """When the process started, in clock ticks since boot (proc(5), field 22); None when it is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field, the program's name, may hold spaces and parentheses.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def own_start() -> int:
    """`process_started` of this process."""
    started = process_started(os.getpid())
    assert started is not None
    return started
