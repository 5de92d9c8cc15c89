"""`omnibus status`: what runs, how far it is behind, and where other programs can join in."""

import json as json_module
from collections.abc import Mapping
from typing import Any

import typer

from omnibus.cli import options
from omnibus.cli.failures import FAILED, one_line


def status(data: options.Data = None, json: options.Json = False) -> None:
    """Show the stack's state; exit status 0 when it is ready."""
    with one_line():
        from omnibus.settings import load
        from omnibus.status import report

        found = report(load(data=data))
        if json:
            typer.echo(json_module.dumps(found))
        else:
            _show(found)
        if not found["ready"]:
            raise typer.Exit(FAILED)


def _show(found: Mapping[str, Any]) -> None:
    typer.echo(f"{'ready' if found['ready'] else 'not ready'} (stack {found['stack']}, profile {found['profile']})")
    for problem in found["problems"]:
        typer.echo(f"  {problem}")
    for part in found["parts"]:
        restarts = f", started again {part['restarts']} times" if part["restarts"] else ""
        waits = f", waits for {part['waits_for']}" if part["waits_for"] else ""
        typer.echo(f"  {part['name']:20} {part['phase']}{waits}{restarts}")
    if found["lag"] or found["parts"]:
        endpoints = found["endpoints"]
        typer.echo(f"  Kafka {endpoints['kafka']}, S3 {endpoints['s3']}, bucket {endpoints['bucket']}")
        typer.echo(f"  waiting: {_counts(found['lag'])}; in flight: {found['in_flight']}")
        typer.echo(f"  dead letters: {_counts(found['dead_letters'])}")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
