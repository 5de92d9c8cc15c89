"""`omnibus reconcile`: what bucket and index do not agree on; `--fix` has it mended."""

import json as json_module
from collections import Counter
from typing import Annotated

import typer

from omnibus.cli import options
from omnibus.cli.failures import one_line


def reconcile(
    prefix: Annotated[str, typer.Option("--prefix", help="Only objects whose key starts with this.")] = "",
    fix: Annotated[bool, typer.Option("--fix", help="Publish an event for each difference.")] = False,
    data: options.Data = None,
    profile: options.Profile = None,
    json: options.Json = False,
) -> None:
    """Compare the bucket with the index."""
    with one_line():
        from omnibus.composition import bucket_of, projection_of
        from omnibus.settings import load
        from producers.kafka import Publisher
        from schemas.topics import MEDIA_EVENTS
        from workers.domain.media import DEFAULT_TENANT
        from workers.ingest.reconcile import Finding, differences

        settings = load(data=data, profile=profile)
        counts: Counter[Finding] = Counter()
        with Publisher(settings.kafka, source="/omnibus/reconcile") as publisher:
            for difference in differences(
                bucket_of(settings), projection_of(settings), tenant=DEFAULT_TENANT, name=settings.bucket, prefix=prefix
            ):
                counts[difference.finding] += 1
                if fix:
                    publisher.publish_raw(
                        MEDIA_EVENTS.name,
                        key=difference.ref.name.encode(),
                        value=difference.notification().to_json(),
                    )
                if not json:
                    typer.echo(f"{difference.finding.value:9} {difference.ref.key}")
        found = {finding.value: counts[finding] for finding in Finding}
        typer.echo(json_module.dumps(found) if json else ", ".join(f"{n} {name}" for name, n in found.items()))
