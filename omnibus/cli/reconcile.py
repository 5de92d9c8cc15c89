"""`omnibus reconcile`: what bucket and index do not agree on; `--fix` has it mended, `--watch` goes on doing so."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnibus.cli import options
from omnibus.cli.failures import one_line
from omnibus.cli.printable import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from omnibus.settings import Settings
    from workers.ingest.reconcile import Difference


def reconcile(
    prefix: Annotated[str, typer.Option("--prefix", help="Only objects whose key starts with this.")] = "",
    fix: Annotated[bool, typer.Option("--fix", help="Publish an event for each difference that has none.")] = False,
    leave_dead: Annotated[
        bool, typer.Option("--leave-dead", help="Without those that became dead letters; --watch leaves them, too.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Run again and again, until stopped.")] = False,
    every: Annotated[
        float | None, typer.Option("--every", min=1, help="Seconds between two runs of --watch (default: 600).")
    ] = None,
    heartbeat: options.Beat = None,
    data: options.Data = None,
    profile: options.Profile = None,
    json: options.Json = False,
) -> None:
    """Compare the bucket with the index."""
    with one_line():
        from omnibus.settings import load

        if prefix and watch:
            raise ValueError("--watch compares the whole bucket: leave out --prefix")
        if not watch and (every or heartbeat):
            raise ValueError("--every and --heartbeat are for runs on a schedule: add --watch")
        settings = load(data=data, profile=profile)
        if watch:
            _watch(settings, heartbeat, fix=fix, every_s=every, json=json)
        else:
            _once(settings, prefix, fix=fix, leave_dead=leave_dead, json=json)


def _once(settings: "Settings", prefix: str, *, fix: bool, leave_dead: bool, json: bool) -> None:
    from rich.console import Console

    from omnibus.reconcile import run

    # Drawn on a terminal only.
    with Console(stderr=True).status("comparing ...") as status:

        def tell(difference: "Difference", published: int) -> None:
            if published:
                status.update(f"{published} events published ...")
            if not json:
                event = " (on the way)" if difference.on_the_way else " (dead letter)" if difference.given_up else ""
                typer.echo(f"{difference.finding.value:9} {shown(difference.ref.key)}{event}")

        report = run(settings, prefix=prefix, fix=fix, tell=tell, leave_dead=leave_dead)
    typer.echo(report.model_dump_json() if json else report.line)


def _watch(settings: "Settings", beat_file: "Path | None", *, fix: bool, every_s: float | None, json: bool) -> None:
    from omnibus.reconcile_report import Report
    from omnibus.watch import watch_bucket, watch_until_stopped

    def done(out: str) -> None:
        typer.echo(out if json else Report.model_validate_json(out).line)

    def say(line: str) -> None:
        typer.echo(f"omnibus: {shown(line)}", err=True)

    due = _restarts(settings, say) if settings.stack == "services" else lambda: False
    watch_until_stopped(watch_bucket(settings, fix=fix, every_s=every_s, done=done, say=say, due=due), beat_file)


def _restarts(settings: "Settings", say: "Callable[[str], None]") -> "Callable[[], bool]":
    # The embedded stack's own supervisor sees to it: the media dispatcher starts again with the bucket, and compares.
    from omnibus.bucket_restarts import BucketRestarts
    from workers.adapters.bucket.uptime import MinioUptime

    return BucketRestarts(MinioUptime(settings.s3, settings.access_key, settings.secret_key).seconds, say)
