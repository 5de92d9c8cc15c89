"""`omnibus dispatch`: one dispatcher process, for production; `omnibus up` starts both on a laptop."""

from typing import Annotated

import typer

from omnibus.cli import options
from omnibus.cli.failures import one_line
from omnibus.cli.printable import shown


def dispatch(
    kind: Annotated[str, typer.Argument(help="media or questions.")],
    data: options.Data = None,
    heartbeat: options.Beat = None,
    catch_up: Annotated[
        bool,
        typer.Option("--catch-up", help="Beside it, look for lost events now and then, first at the start (media)."),
    ] = False,
) -> None:
    """Run one dispatcher process until it is stopped."""
    with one_line():
        from omnibus.dispatch import dispatch as run
        from omnibus.settings import load

        settings = load(data=data)
        run(settings, kind, heartbeat, lambda line: typer.echo(shown(line), err=True), catch_up=catch_up)
