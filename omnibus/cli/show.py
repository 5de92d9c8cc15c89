"""`omnibus show`: what a citation leads to, written to a file."""

from typing import Annotated

import typer

from omnibus.cli import options
from omnibus.cli.failures import one_line
from omnibus.cli.printable import json_line, shown


def show(
    citation: Annotated[str, typer.Argument(metavar="CITATION", help="As `ask` and `search` print it.")],
    out: Annotated[
        str | None,
        typer.Option("--out", help="File, or folder (`shown/` is made), to write to (default: the working directory)."),
    ] = None,
    data: options.Data = None,
    json: options.Json = False,
) -> None:
    """Write what a citation leads to into a file.

    'guide.pdf#page=3' or 'fax.tif#page=3': the page as a picture. 'guide.pdf#page=3&xywh=percent:10,20,30,5' or
    'sign.jpg#xywh=percent:10,20,30,5': that part of it with a margin. 'talk.mp3#t=12.5,18': these seconds (WAV, video,
    of an animation the frame). 'notes.md#char=120,360': these characters, with some before and after. 'sign.jpg': the
    file itself.
    """
    with one_line():
        from omnibus.cli.questions import place
        from omnibus.settings import load
        from omnibus.show import save
        from omnibus.show import show as find

        found = find(load(data=data), citation)
        path = save(found, out)
        if json:
            line = {"file": str(path), "key": found.key, "locator": found.place.model_dump(exclude_none=True)}
            typer.echo(json_line({**line, "quote": found.quote}))
        else:
            where = place(found.place)
            typer.echo(f"{path}: {shown(found.key)}{', ' if where else ''}{where}")
