"""Our own processes as parts of a stack: two dispatchers, three workers, and a reconciler where one is due."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from omnibus.settings import PREFIX
from omnibus.stacks.endpoints import as_environment
from omnibus.stacks.layout import Layout
from omnibus.stacks.part import Heartbeat, Part
from omnibus.stacks.run import OwnProcesses, Servers

WORKER_GRACE_S = 4.0
"""How long a worker may take to finish its task; what it does not finish is done again after the next start."""


def own_processes(profile: str, *, warm: bool = False) -> OwnProcesses:
    """The dispatchers and workers of one machine, with the models of `profile`, loaded at the start if `warm`."""

    def parts(layout: Layout, servers: Servers) -> Sequence[Part]:
        more = ("--warm",) if warm else ()
        own = {f"{PREFIX}PROFILE": profile, "TMPDIR": str(layout.temporary)}
        environment = {**as_environment(servers.endpoints), **own}
        make = partial(_part, layout, environment, servers.names)
        return [
            *_finding_what_was_missed(make, servers),
            make("dispatch-questions", ("dispatch", "questions"), restarts_with=servers.forgets_topics),
            make("ingest-light", ("work", "--queues", "ingest.light", *more), grace_s=WORKER_GRACE_S),
            make("ingest-heavy", ("work", "--queues", "ingest.heavy", *more), grace_s=WORKER_GRACE_S),
            make("answer", ("work", "--queues", "answer", *more), grace_s=WORKER_GRACE_S),
        ]

    return parts


def _finding_what_was_missed(make: Callable[..., Part], servers: Servers) -> Sequence[Part]:
    """The media dispatcher, and whoever looks for events that are gone: what was sent while a server was away."""
    if servers.endpoints.stack == "embedded":
        # The broker forgets its offsets with everything else, so the dispatcher begins anew, too. A process that only
        # looks at the clock would take 30 MB of a laptop.
        return [make("dispatch-media", ("dispatch", "media", "--catch-up"), restarts_with=servers.forgets_events)]
    return [
        make("dispatch-media", ("dispatch", "media"), restarts_with=servers.forgets_topics),
        make("reconciler", ("reconcile", "--fix", "--watch"), restarts_with=servers.forgets_events),
    ]


def _part(
    layout: Layout,
    environment: Mapping[str, str],
    needs: tuple[str, ...],
    name: str,
    command: Sequence[str],
    *,
    restarts_with: tuple[str, ...] = (),
    grace_s: float = 3.0,
) -> Part:
    heartbeat = Heartbeat(layout.run / f"{name}.heartbeat", max_age_s=30.0)
    arguments = [*command, "--data", str(layout.data), "--heartbeat", str(heartbeat.file)]
    return Part(
        name=name,
        argv=[sys.executable, "-m", "omnibus", *arguments],
        env=environment,
        # Where the user is: there may be an omnibus.toml.
        cwd=Path.cwd(),
        log=layout.logs / f"{name}.log",
        ready=heartbeat.ready,
        heartbeat=heartbeat,
        needs=needs,
        restarts_with=restarts_with,
        stop_grace_s=grace_s,
    )
