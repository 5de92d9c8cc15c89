"""`omnibus down`: ends the stack that runs on a folder."""

import typer

from omnibus.cli import options
from omnibus.cli.failures import one_line


def down(data: options.Data = None) -> None:
    """Stop the stack. What was uploaded and indexed stays in its folder."""
    with one_line():
        from omnibus.settings import load
        from omnibus.stacks.control import stop

        folder = load(data=data).data
        typer.echo(f"stopped; {folder} keeps what was uploaded" if stop(folder) else f"no stack runs on {folder}")
