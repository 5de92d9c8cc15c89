"""`omnibus search`: the same as `ask` without an answer, hits only."""

from typing import Annotated

import typer

from omnibus.cli import options
from omnibus.cli.failures import one_line


def search(
    text: Annotated[str | None, typer.Argument(help="What to look for; may be left out with --image.")] = None,
    image: options.Image = None,
    modality: options.Modality = None,
    prefix: options.Prefix = "",
    taken_after: options.TakenAfter = None,
    taken_before: options.TakenBefore = None,
    near: options.Near = None,
    top_k: options.TopK = 10,
    timeout: options.Patience = 60,
    data: options.Data = None,
    json: options.Json = False,
) -> None:
    """Find what is close to some words, a picture, or both."""
    with one_line():
        from rich.console import Console

        from omnibus.cli.questions import narrowed, picture, pose, print_hits, print_json, question
        from omnibus.settings import load

        settings = load(data=data)
        filters = narrowed(modality or [], prefix, taken_after, taken_before, near)
        with picture(settings, image) as ref:
            query = question(text, ref, filters, top_k=top_k, generate=False)
            reply = pose(settings, query, timeout_s=timeout)
        if json:
            print_json(reply)
        else:
            print_hits(Console(), reply)
