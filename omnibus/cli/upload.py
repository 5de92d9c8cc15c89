"""`omnibus upload`: files into the bucket, with a progress bar; `--wait` says what became of each."""

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnibus.cli import options
from omnibus.cli.failures import FAILED, one_line

if TYPE_CHECKING:
    from omnibus.settings import Settings
    from producers.upload import UploadOutcome


def upload(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders.", metavar="PATH...")],
    prefix: Annotated[str, typer.Option("--prefix", help="Put this before every key.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Return when all are indexed or rejected.")] = False,
    timeout: options.Timeout = 600,
    data: options.Data = None,
    json: options.Json = False,
) -> None:
    """Upload files; they are indexed by themselves moments later."""
    with one_line():
        from omnibus.settings import load

        results = upload_files(load(data=data), paths, prefix, wait=wait, timeout_s=timeout)
        for result in results:
            if json:
                typer.echo(json_module.dumps(_line(result), ensure_ascii=False))
            else:
                if result.reason:
                    typer.echo(f"{result.key}: {result.status}: {result.reason}", err=True)
                for lost in result.skipped:
                    typer.echo(f"{result.key}: page {lost.page}: {lost.reason}", err=True)
        good = sum(result.status in {"indexed", "uploaded"} for result in results)
        if not json:
            typer.echo(f"{good} of {len(results)} {'indexed' if wait else 'uploaded'}")
        if good < len(results):
            raise typer.Exit(FAILED)


def _line(result: "UploadOutcome") -> dict[str, object]:
    line: dict[str, object] = {"key": result.key, "status": result.status, "reason": result.reason}
    line["seconds"] = round(result.seconds, 3)
    if result.skipped:
        line["skipped"] = [lost.model_dump() for lost in result.skipped]
    return line


def upload_files(
    settings: "Settings", paths: list[Path], prefix: str, *, wait: bool, timeout_s: float
) -> "list[UploadOutcome]":
    """Upload, and with `wait` wait for what becomes of each; an outcome per file."""
    from contextlib import ExitStack

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    from producers.s3 import s3_client
    from producers.tail import Tail
    from producers.upload import UploadOutcome, outcomes, plan, put
    from schemas.index_events import MediaProgressed
    from schemas.topics import INDEX_EVENTS

    items = plan(paths, prefix)
    client = s3_client(settings.s3, settings.access_key, settings.secret_key)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with ExitStack() as stack:
        tail = stack.enter_context(Tail(settings.kafka, INDEX_EVENTS.name)) if wait else None
        progress = stack.enter_context(Progress(*columns, console=Console(stderr=True)))
        sending = progress.add_task("uploading", total=len(items))
        uploaded = []
        for item in items:
            uploaded.append(put(client, settings.bucket, item))
            progress.advance(sending)
        if tail is None:
            return [UploadOutcome(item.key, "uploaded", None, 0.0) for item in uploaded]
        indexing = progress.add_task("indexing", total=len(items))
        results = []
        heavy: dict[str, TaskID] = {}

        def progressed(event: MediaProgressed) -> None:
            if event.key not in heavy:
                heavy[event.key] = progress.add_task(event.key, total=None)
            if event.fraction is not None:
                progress.update(heavy[event.key], total=100, completed=round(100 * event.fraction))

        for result in outcomes(tail, settings.bucket, uploaded, timeout_s=timeout_s, progressed=progressed):
            results.append(result)
            progress.advance(indexing)
            if result.key in heavy:
                progress.remove_task(heavy.pop(result.key))
        return results
