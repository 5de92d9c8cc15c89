"""`omnibus dlq`: the dead letters, what each of them is, and sending them back to where they came from."""

import json as json_module
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from omnibus.cli import options
from omnibus.cli.failures import FAILED, CommandFailed, one_line
from omnibus.cli.printable import shown

if TYPE_CHECKING:
    from omnibus.settings import Settings
    from producers.dead_letters.box import Box
    from producers.dead_letters.letter import Letter
    from producers.dead_letters.redrive import Result

HELP = "Dead letters: what could not be processed, kept as it came."
app = typer.Typer(help=HELP, no_args_is_help=True)

OfTopic = Annotated[str, typer.Option("--topic", help="Only those of this topic: media.events or rag.queries.")]
OfKind = Annotated[str, typer.Option("--kind", help="Only this kind of error, such as damaged_media.")]
OfStage = Annotated[str, typer.Option("--stage", help="Only those that this step gave up, such as decode.")]
OfPrefix = Annotated[str, typer.Option("--prefix", help="Only objects, or request ids, that begin with this.")]


@app.callback()
def dlq() -> None:
    """Dead letters: what could not be processed, kept as it came."""


@app.command("ls")
def ls(
    topic: OfTopic = "",
    kind: OfKind = "",
    stage: OfStage = "",
    prefix: OfPrefix = "",
    redriven: Annotated[bool, typer.Option("--redriven", help="Also those that were redriven.")] = False,
    data: options.Data = None,
    json: options.Json = False,
) -> None:
    """List the dead letters, oldest first."""
    with one_line():
        from omnibus.cli.letters import LINE, as_json, line
        from omnibus.settings import load
        from producers.dead_letters.box import Selection

        counts: Counter[bool] = Counter()
        with _boxes(load(data=data), topic) as boxes:
            for box in boxes:
                for letter, is_open in box.letters(Selection(kind=kind, stage=stage, prefix=prefix)):
                    if not json and not counts:
                        typer.echo(LINE)
                    counts[is_open] += 1
                    if is_open or redriven:
                        found = as_json(letter, box.redriven_at(letter))
                        typer.echo(json_module.dumps(found) if json else line(letter, is_open=is_open))
        typer.echo(f"{counts[True]} open, {counts[False]} redriven", err=json)


@app.command("show")
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="The letter, or the beginning of its id.")],
    raw: Annotated[bool, typer.Option("--raw", help="Only the original bytes, as they are.")] = False,
    data: options.Data = None,
    json: options.Json = False,
) -> None:
    """Show everything that is known of one dead letter."""
    with one_line():
        from omnibus.cli.letters import in_full, page
        from omnibus.settings import load

        settings = load(data=data)
        with _boxes(settings, "") as boxes:
            (wanted,) = _named(boxes, [letter_id])
            copies = [(box, copy) for box in boxes for copy in box.copies(wanted)]
            if not copies:
                raise CommandFailed(f"dead letter {wanted} is no longer on its topic")
            box, letter = copies[-1]
            redriven_at = box.redriven_at(letter)
        if raw:
            _write_raw(settings, letter)
            return
        others = [copy for _, copy in copies[:-1]]
        typer.echo(
            json_module.dumps(in_full(letter, redriven_at, others)) if json else page(letter, redriven_at, others)
        )


def _write_raw(settings: "Settings", letter: "Letter") -> None:
    from producers.dead_letters.redrive import CannotRedrive, Originals

    try:
        letter = Originals(settings.kafka).whole(letter)
    except CannotRedrive as error:
        typer.echo(f"omnibus: warning: {shown(str(error))}", err=True)
    sys.stdout.buffer.write(letter.value or b"")


@app.command("redrive")
def redrive(
    letter_ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="The letters, or the beginnings of their ids.")
    ] = None,
    topic: OfTopic = "",
    kind: OfKind = "",
    stage: OfStage = "",
    prefix: OfPrefix = "",
    all_: Annotated[bool, typer.Option("--all", help="All that are open (and that the other options allow).")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be redriven, and send nothing.")] = False,
    data: options.Data = None,
    json: options.Json = False,
) -> None:
    """Send dead letters back to their topics, to be worked on again."""
    with one_line():
        from omnibus.cli.letters import Redriving
        from omnibus.settings import load
        from producers.dead_letters.box import Selection

        if not (letter_ids or topic or kind or stage or prefix or all_):
            raise ValueError("which ones? Name ids, or --kind, --stage, --prefix, --topic, or --all (omnibus dlq ls)")
        settings = load(data=data)
        with _boxes(settings, topic) as boxes, Redriving(boxes, dry_run=dry_run, json=json) as shown:
            selection = Selection(_named(boxes, letter_ids or []), kind, stage, prefix)
            shown.say_what_is_redriven_already(selection)
            for result in _redriven(settings, shown.read(selection), dry_run=dry_run):
                shown.tell(result)
        if shown.troubles:
            raise typer.Exit(FAILED)


def _redriven(settings: "Settings", letters: "Iterator[Letter]", *, dry_run: bool) -> "Iterator[Result]":
    from datetime import UTC, datetime

    from producers.dead_letters.redrive import Originals, judge, redrive
    from producers.kafka import Publisher

    originals = Originals(settings.kafka)
    if dry_run:
        yield from (judge(letter, originals) for letter in letters)
        return
    with Publisher(settings.kafka, source="/omnibus/dlq") as publisher:
        yield from redrive(letters, publisher, originals, at=datetime.now(UTC))


def _named(boxes: "Sequence[Box]", beginnings: Sequence[str]) -> frozenset[str]:
    from producers.dead_letters.box import whole_ids

    try:
        return whole_ids(boxes, beginnings)
    except LookupError as error:
        raise CommandFailed(str(error)) from error


@contextmanager
def _boxes(settings: "Settings", topic: str) -> "Iterator[Sequence[Box]]":
    """The dead letters of `topic`, or of all topics. Raises `ValueError` for one that has none."""
    from producers.dead_letters.box import open_box
    from producers.log import TopicLog
    from schemas.topics import DEAD_LETTER_SUFFIX, READ_BY_DISPATCHERS

    names = [each.name for each in READ_BY_DISPATCHERS]
    wanted = topic.removesuffix(DEAD_LETTER_SUFFIX)
    if topic and wanted not in names:
        raise ValueError(f"topic {topic!r} has no dead letters; {' and '.join(names)} have")
    with TopicLog(settings.kafka) as log:
        yield [open_box(log, name + DEAD_LETTER_SUFFIX) for name in ([wanted] if topic else names)]
