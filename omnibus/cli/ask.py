"""`omnibus ask`: a question in words, with a picture, or both; the answer with its sources."""

from typing import Annotated

import typer

from omnibus.cli import options
from omnibus.cli.failures import one_line


def ask(
    text: Annotated[str | None, typer.Argument(help="The question; may be left out with --image.")] = None,
    image: options.Image = None,
    modality: options.Modality = None,
    prefix: options.Prefix = "",
    taken_after: options.TakenAfter = None,
    taken_before: options.TakenBefore = None,
    near: options.Near = None,
    top_k: options.TopK = 10,
    stream: Annotated[bool, typer.Option("--stream", help="Show the answer while it is written.")] = False,
    timeout: options.Patience = 120,
    data: options.Data = None,
    json: options.Json = False,
) -> None:
    """Ask a question and print the answer with its sources. Ctrl-C cancels it."""
    with one_line():
        from rich.console import Console

        from omnibus.cli.questions import narrowed, picture, pose, print_answer, print_json, question
        from omnibus.settings import load

        settings = load(data=data)
        out = Console()
        filters = narrowed(modality or [], prefix, taken_after, taken_before, near)
        with picture(settings, image) as ref:
            query = question(text, ref, filters, top_k=top_k, stream=stream)
            reply = pose(settings, query, timeout_s=timeout, stream=out if stream and not json else None)
        if json:
            print_json(reply)
            return
        if stream:
            out.print()
        print_answer(out, reply)
