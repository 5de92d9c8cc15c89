"""`omnibus status`: what runs, how far it is behind, where other programs can join in; and where one object is."""

import json as json_module
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omnibus.cli import options
from omnibus.cli.failures import FAILED, one_line
from omnibus.cli.printable import shown

if TYPE_CHECKING:
    from omnibus.settings import Settings


def status(
    key: Annotated[str, typer.Argument(metavar="[KEY]", help="An object: where it is, since when, and why.")] = "",
    data: options.Data = None,
    json: options.Json = False,
) -> None:
    """Show the stack's state (exit status 0 when it is ready), or where one object is (0 when it is indexed)."""
    with one_line():
        from omnibus.settings import load

        settings = load(data=data)
        well = _object(settings, key, json=json) if key else _stack(settings, json=json)
        if not well:
            raise typer.Exit(FAILED)


def _stack(settings: "Settings", *, json: bool) -> bool:
    from omnibus.status import report

    found = report(settings)
    if json:
        typer.echo(json_module.dumps(found))
    else:
        _show(found)
    return bool(found["ready"])


def _object(settings: "Settings", key: str, *, json: bool) -> bool:
    from omnibus.whereabouts import State, find

    found = find(settings, key)
    if json:
        typer.echo(json_module.dumps(found.to_dict()))
    else:
        typer.echo(shown(f"{key}: {found.state}: {found.why}"))
    return found.state is State.INDEXED


def _show(found: Mapping[str, Any]) -> None:
    typer.echo(f"{'ready' if found['ready'] else 'not ready'} (stack {found['stack']}, profile {found['profile']})")
    for problem in found["problems"]:
        typer.echo(f"  {shown(problem)}")
    for part in found["parts"]:
        restarts = f", started again {part['restarts']} times" if part["restarts"] else ""
        waits = f", waits for {shown(part['waits_for'])}" if part["waits_for"] else ""
        typer.echo(f"  {part['name']:20} {part['phase']}{waits}{restarts}")
    if found["lag"] or found["parts"]:
        endpoints = found["endpoints"]
        typer.echo(f"  Kafka {endpoints['kafka']}, S3 {endpoints['s3']}, bucket {endpoints['bucket']}")
        for topic, lag in found["lag"].items():
            typer.echo(f"  {_topic(topic, lag, [each for each in found['partitions'] if each['topic'] == topic])}")
        if found["oldest"]:
            typer.echo(f"  oldest: {shown(_oldest(found['oldest']))}")
        if found["queues"]:
            queues = (f"{name} {depth['waiting']} + {depth['taken']}" for name, depth in found["queues"].items())
            typer.echo(f"  tasks waiting + taken: {', '.join(queues)}")
        typer.echo(f"  dead letters: {_counts(found['dead_letters'])}")


def _topic(topic: str, lag: int, partitions: Sequence[Mapping[str, Any]]) -> str:
    counts = {name: sum(each[name] for each in partitions) for name in ("in_work", "waiting", "retrying")}
    known = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)
    idle = [str(each["partition"]) for each in partitions if not each["dispatcher"]]
    nobody = f"; no dispatcher has {'any of it' if len(idle) == len(partitions) else 'partition ' + ', '.join(idle)}"
    return f"{topic}: {lag} not done{f' ({known})' if known else ''}{nobody if idle else ''}"


def _oldest(event: Mapping[str, Any]) -> str:
    reason = f", {event['tries']} tries; {event['reason']}" if event["reason"] else ""
    return f"{event['name'] or event['topic']}, for {event['seconds']:.0f} s, {event['stage']}{reason}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
