"""Our own processes as parts of a stack: two dispatchers and two workers."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from omnibus.stacks.embedded import BRIDGE, MoreParts
from omnibus.stacks.endpoints import Endpoints
from omnibus.stacks.layout import Layout
from omnibus.stacks.part import Heartbeat, Part
from omnibus.stacks.servers import SEAWEEDFS, TANSU, VALKEY

WORKER_GRACE_S = 4.0
"""How long a worker may take to finish its task; what it does not finish is done again after the next start."""


def own_processes(profile: str, *, warm: bool = False) -> MoreParts:
    """The dispatchers and workers of one machine, with the models of `profile`, loaded at the start if `warm`."""

    def parts(layout: Layout, endpoints: Endpoints) -> Sequence[Part]:
        # Events that were sent while one of these was away are gone: the dispatcher looks for what was missed.
        # This stack's own addresses win over any that the user's environment or omnibus.toml may name.
        own = {f"OMNIBUS_{name.upper()}": value for name, value in endpoints.as_settings().items()}
        environment = {**os.environ, **own, "OMNIBUS_PROFILE": profile}
        more = ("--warm",) if warm else ()
        forgetful = (TANSU, SEAWEEDFS, BRIDGE)
        return [
            _part(layout, environment, "dispatch-media", ("dispatch", "media", "--catch-up"), restarts_with=forgetful),
            _part(layout, environment, "dispatch-questions", ("dispatch", "questions"), restarts_with=(TANSU,)),
            _part(
                layout, environment, "ingest-light", ("work", "--queues", "ingest.light", *more), grace_s=WORKER_GRACE_S
            ),
            _part(layout, environment, "answer", ("work", "--queues", "answer", *more), grace_s=WORKER_GRACE_S),
        ]

    return parts


def _part(
    layout: Layout,
    environment: Mapping[str, str],
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
        needs=(TANSU, SEAWEEDFS, VALKEY, BRIDGE),
        restarts_with=restarts_with,
        stop_grace_s=grace_s,
    )
