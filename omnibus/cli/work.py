"""`omnibus work`: one worker process, for production; `omnibus up` starts them on a laptop."""

from typing import Annotated

import typer

from omnibus.cli import options
from omnibus.cli.failures import one_line


def work(
    queues: Annotated[
        str,
        typer.Option("--queues", help="Queues to work on, separated by commas: ingest.light, ingest.heavy, answer."),
    ],
    data: options.Data = None,
    profile: options.Profile = None,
    heartbeat: options.Beat = None,
    warm: options.Warm = False,
) -> None:
    """Run one worker process until it is stopped."""
    with one_line():
        from omnibus.settings import load
        from omnibus.work import work as run

        names = [queue.strip() for queue in queues.split(",") if queue.strip()]
        run(load(data=data, profile=profile), names, heartbeat, warm=warm)
