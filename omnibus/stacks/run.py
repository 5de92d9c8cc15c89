"""Running a stack on its data directory: its servers, then our own processes, under one supervisor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from omnibus.settings import write_endpoints
from omnibus.stacks.endpoints import Endpoints
from omnibus.stacks.layout import Layout
from omnibus.stacks.lock import DataLock
from omnibus.stacks.part import Part
from omnibus.stacks.state import StackState
from omnibus.stacks.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers of a stack: how they are run, and what our own processes must know of them.

    `parts` is empty when somebody else runs them. `forgets_events` are those after whose restart events may be lost,
    so that the bucket has to be looked through; `forgets_topics` those after whose restart the topics are new.
    """

    parts: tuple[Part, ...]
    endpoints: Endpoints
    forgets_events: tuple[str, ...] = ()
    forgets_topics: tuple[str, ...] = ()
    clean_up: Callable[[], None] = lambda: None
    """Removes what servers leave outside the data directory when they are killed."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of all its parts, for whoever needs them ready."""
        return tuple(part.name for part in self.parts)


OwnProcesses = Callable[[Layout, Servers], Sequence[Part]]


def none_of_our_own(_layout: Layout, _servers: Servers) -> Sequence[Part]:
    """No parts beyond the servers."""
    return ()


def run_stack(
    data: Path,
    servers: Callable[[Layout], Servers],
    *,
    own_processes: OwnProcesses = none_of_our_own,
    on_change: Callable[[StackState], None] = lambda _: None,
    profile: str | None = None,
) -> None:
    """Run a stack in the foreground until a stop signal.

    `profile` is noted beside the addresses, so that other commands on the directory use the same models.
    Raises `StackFailed` when another stack uses the directory, a server is not installed, or a part fails for good.
    """
    layout = Layout(data.resolve())
    layout.make()
    with DataLock(layout.lock) as lock:
        made = servers(layout)
        write_endpoints(layout.data, made.endpoints.as_settings() | ({"profile": profile} if profile else {}))
        # What a stack left behind that was killed, supervisor and all.
        made.clean_up()
        layout.empty_temporary()
        parts = [*made.parts, *own_processes(layout, made)]
        try:
            Supervisor(
                parts, layout.run, on_change, endpoints=made.endpoints.as_settings(), keep_open=(lock.fileno(),)
            ).run()
        finally:
            made.clean_up()
