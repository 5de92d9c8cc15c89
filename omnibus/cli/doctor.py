"""`omnibus doctor`: every dependency, with what was found and what to do."""

import json as json_module
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from omnibus.cli import options
from omnibus.cli.failures import FAILED, one_line
from omnibus.cli.printable import shown

if TYPE_CHECKING:
    from omnibus.doctor.finding import Finding


def doctor(data: options.Data = None, profile: options.Profile = None, json: options.Json = False) -> None:
    """Check every dependency, and say what to do.

    Servers, their set-up, models, disk, clock and workers; exit status 1 when something does not work.
    """
    with one_line():
        from dataclasses import asdict

        from omnibus.doctor.checks import examine
        from omnibus.doctor.finding import healthy
        from omnibus.settings import load

        findings = examine(load(data=data, profile=profile))
        if json:
            checks = [asdict(each) for each in findings]
            typer.echo(json_module.dumps({"healthy": healthy(findings), "checks": checks}))
        else:
            _show(findings)
        if not healthy(findings):
            raise typer.Exit(FAILED)


def _show(findings: "Sequence[Finding]") -> None:
    from omnibus.doctor.finding import Severity

    for each in findings:
        typer.echo(f"{each.severity.value:8} {each.name:14} {shown(each.line)}")
    counts = {level: sum(each.severity is level for each in findings) for level in (Severity.ERROR, Severity.WARNING)}
    told = [f"{count} {level.value}{'s' if count > 1 else ''}" for level, count in counts.items() if count]
    typer.echo(", ".join(told) or "all is well")
