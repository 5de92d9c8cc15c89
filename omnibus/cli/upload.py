"""`omnibus upload`: files into the bucket, with a progress bar; `--wait` says what became of each."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnibus.cli import options
from omnibus.cli.failures import FAILED, one_line
from omnibus.cli.printable import json_line, shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from omnibus.settings import Settings
    from producers.upload import UploadOutcome
    from schemas.index_events import MediaProgressed

BAR_NAME = 40
"""Letters of a key beside its bar, which leaves the bar and its numbers room in a terminal of 80."""


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
                typer.echo(json_line(_line(result)))
            else:
                if result.reason:
                    typer.echo(f"{shown(result.key)}: {result.status}: {shown(result.reason)}", err=True)
                for lost in result.skipped:
                    typer.echo(f"{shown(result.key)}: page {lost.page}: {shown(lost.reason)}", err=True)
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

    from producers.s3 import s3_client
    from producers.tail import Tail
    from producers.upload import UploadOutcome, outcomes, plan, put
    from schemas.topics import INDEX_EVENTS

    items = plan(paths, prefix)
    client = s3_client(settings.s3, settings.access_key, settings.secret_key)
    with ExitStack() as stack:
        tail = stack.enter_context(Tail(settings.kafka, INDEX_EVENTS.name)) if wait else None
        progress = stack.enter_context(bars())
        sending = progress.add_task("uploading", total=len(items))
        uploaded = []
        for item in items:
            uploaded.append(put(client, settings.bucket, item))
            progress.advance(sending)
        if tail is None:
            return [UploadOutcome(item.key, "uploaded", None, 0.0) for item in uploaded]
        indexing = progress.add_task("indexing", total=len(items))
        results = []
        heavy = HeavyBars(progress)
        for result in outcomes(tail, settings.bucket, uploaded, timeout_s=timeout_s, progressed=heavy.progressed):
            results.append(result)
            progress.advance(indexing)
            heavy.ended(result.key)
        return results


def bars(console: "Console | None" = None) -> "Progress":
    """Bars on standard error, of objects whose keys are no markup."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console or Console(stderr=True))


def _end(key: str) -> str:
    """The last of a key, which tells it from others of its folder, so that there is room for its bar."""
    return key if len(key) <= BAR_NAME else f"...{key[3 - BAR_NAME :]}"


class HeavyBars:
    """A bar for every object that takes long, from its first sign until what became of it is known."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def progressed(self, event: "MediaProgressed") -> None:
        """How far one of them is."""
        if event.key not in self._tasks:
            self._tasks[event.key] = self._progress.add_task(_end(shown(event.key)), total=None)
        if event.fraction is not None:
            self._progress.update(self._tasks[event.key], total=100, completed=round(100 * event.fraction))

    def ended(self, key: str) -> None:
        """Nothing follows for this one, if it was one of them."""
        if key in self._tasks:
            self._progress.remove_task(self._tasks.pop(key))
