"""`omnibus setup`: what Kafka and MinIO need before the work can begin, made where it is missing."""

import json as json_module

import typer

from omnibus.cli import options
from omnibus.cli.failures import CommandFailed, one_line


def setup(data: options.Data = None, json: options.Json = False) -> None:
    """Make the topics, buckets and notifications that are missing on the servers of the services stack."""
    with one_line():
        from omnibus.doctor.start import NotReady, demand_servers
        from omnibus.settings import load
        from omnibus.setup import set_up

        settings = load(data=data)
        if settings.stack == "embedded":
            raise CommandFailed("the embedded stack sets itself up (omnibus up); for others: OMNIBUS_STACK=services")
        try:
            # What is to be warned of is said below, after the set-up.
            demand_servers(settings, lambda _: None)
        except NotReady as error:
            raise CommandFailed(str(error)) from error
        changed, warnings = set_up(settings)
        if json:
            typer.echo(json_module.dumps({"changed": changed, "warnings": warnings}))
            return
        for line in changed or ["nothing to do: topics, buckets and notifications are there"]:
            typer.echo(line)
        for line in warnings:
            typer.echo(f"omnibus: warning: {line}", err=True)
