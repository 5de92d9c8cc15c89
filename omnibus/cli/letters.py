"""How dead letters look on the terminal and in JSON. What a sender wrote is shown without its control characters."""

import base64
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from time import monotonic
from typing import Any, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from omnibus.cli.printable import shown, shown_lines
from producers.dead_letters.box import Box, Selection
from producers.dead_letters.letter import Letter
from producers.dead_letters.redrive import Result
from schemas.dead_letters import moment

SHORT_ID = 8
REASON = 80
SHOWN = 4000
"""Characters of a payload that are shown."""
DUMPED = 512
"""Bytes of a payload that is no text that are shown."""
BAR_AFTER_S = 1.0
_ROW = "{:8}  {:20}  {:12}  {:8}  {:20}  {:>5}  {:30}  {}"
LINE = _ROW.format("id", "last failed", "topic", "stage", "kind", "tries", "key", "reason")


def line(letter: Letter, *, is_open: bool) -> str:
    """A letter in a line of the table."""
    note = "" if is_open else "(redriven) "
    return _ROW.format(
        letter.id[:SHORT_ID],
        _second(letter.last_at),
        letter.topic,
        shown(letter.stage),
        shown(letter.kind),
        letter.tries,
        shorten(shown(letter.subject), 30),
        note + shorten(shown(letter.reason), REASON),
    )


def as_json(letter: Letter, redriven_at: datetime | None) -> dict[str, Any]:
    """A letter as JSON types, without the original's headers and bytes."""
    return {
        "id": letter.id,
        "topic": letter.topic,
        "key": letter.subject,
        "stage": letter.stage,
        "kind": letter.kind,
        "reason": letter.reason,
        "tries": letter.tries,
        "first_at": moment(letter.first_at),
        "last_at": moment(letter.last_at),
        "redrives": letter.redrives,
        "history": [failure.model_dump(mode="json") for failure in letter.history],
        "redriven_at": redriven_at and moment(redriven_at),
    }


def in_full(letter: Letter, redriven_at: datetime | None, others: Sequence[Letter]) -> dict[str, Any]:
    """All of a letter as JSON types; `others`: letters of the same record that it was kept by before."""
    origin = letter.origin
    return {
        **as_json(letter, redriven_at),
        "partition": origin and origin.partition,
        "offset": origin and origin.offset,
        "whole_bytes": letter.whole_bytes,
        "record_key": _bytes_json(letter.key),
        "headers": [{"name": name, **(_bytes_json(value) or {})} for name, value in letter.headers],
        "value": _bytes_json(letter.value),
        "others": [other.failure.model_dump(mode="json") for other in others],
    }


def page(letter: Letter, redriven_at: datetime | None, others: Sequence[Letter]) -> str:
    """All of a letter for reading."""
    origin = letter.origin
    where = f", partition {origin.partition}, offset {origin.offset}" if origin else ", but never on that topic"
    facts = [
        ("redriven", _second(redriven_at) if redriven_at else "no"),
        ("topic", letter.topic + where),
        ("key", shown((letter.key or b"").decode(errors="replace")) if letter.key is not None else "none"),
        ("stage", shown(letter.stage)),
        ("kind", shown(letter.kind)),
        ("reason", shown(letter.reason)),
        ("tries", str(letter.tries)),
        ("first failed", _second(letter.first_at)),
        ("last failed", _second(letter.last_at)),
        *(("before that", _told(failure)) for failure in reversed(letter.history)),
        *(("also", _told(other.failure)) for other in others),
        *((("asked as", shown(letter.request_id)),) if letter.is_question else ()),
        *(("header", f"{shown(name)}: {shown(value.decode(errors='replace'))}") for name, value in letter.headers),
    ]
    lines = [f"dead letter {letter.id}", *(f"  {name:14}{text}" for name, text in facts)]
    return "\n".join([*lines, _payload(letter)])


def shorten(text: str, limit: int) -> str:
    """The beginning of `text`, in so many characters at most."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


class Redriving:
    """Says what becomes of each letter, and at the end of all; with a bar when it takes longer than a second."""

    def __init__(self, boxes: Sequence[Box], *, dry_run: bool, json: bool) -> None:
        self._boxes = boxes
        self._dry_run = dry_run
        self._json = json
        self._sent = 0
        self.troubles = 0
        self._begun = monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        # Redirected, what is printed would end on standard error, where the bar is.
        self._bar = Progress(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty())
        self._task = self._bar.add_task("redriving", total=sum(sum(box.ends.values()) for box in boxes))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._bar.live.is_started:
            # One that is stopped without having been started leaves an empty line.
            self._bar.stop()
        if kind is None:
            cannot = f", {self.troubles} cannot be" if self.troubles else ""
            verb = "would be redriven" if self._dry_run else "redriven"
            typer.echo(f"{self._sent} {verb}{cannot}", err=self._json)

    def say_what_is_redriven_already(self, selection: Selection) -> None:
        """Letters that were named, and are not open any more."""
        still_open = {name for box in self._boxes for name in box.open_ids(selection.ids)}
        for letter_id in sorted(selection.ids - still_open):
            self.troubles += 1
            self._cannot(letter_id, "it was redriven already; if it failed again, that is a letter of its own")

    def read(self, selection: Selection) -> Iterator[Letter]:
        """The open letters that are meant."""
        before = 0
        for box in self._boxes:
            for letter, is_open in box.letters(selection):
                self._advance(before + letter.place.offset)
                if is_open:
                    yield letter
            before += sum(box.ends.values())

    def tell(self, result: Result) -> None:
        """One letter is done."""
        letter = result.letter
        if result.trouble:
            self.troubles += 1
            self._cannot(letter.id, result.trouble)
            return
        self._sent += 1
        new_id = letter.next_request_id if letter.is_question else None
        if self._json:
            typer.echo(json.dumps({"id": letter.id, "redriven": not self._dry_run, "request_id": new_id}))
            return
        verb = "would redrive" if self._dry_run else "redriven"
        asked = f"  as question {shown(new_id)}" if new_id else ""
        typer.echo(f"{verb}  {letter.id[:SHORT_ID]}  {letter.topic}  {shown(letter.subject)}{asked}")

    def _cannot(self, letter_id: str, why: str) -> None:
        if self._json:
            typer.echo(json.dumps({"id": letter_id, "redriven": False, "reason": why}))
        else:
            typer.echo(f"omnibus: {letter_id[:SHORT_ID]} cannot be redriven: {shown(why)}", err=True)

    def _advance(self, done: int) -> None:
        if monotonic() - self._begun > BAR_AFTER_S:
            self._bar.start()
            self._bar.update(self._task, completed=done)


def _second(at: datetime) -> str:
    return moment(at)[:19] + "Z"


def _told(failure: Any) -> str:
    tries = "1 try" if failure.tries == 1 else f"{failure.tries} tries"
    return f"{_second(failure.at)}  {shown(failure.stage)}  {shown(failure.kind)} ({tries}): {shown(failure.reason)}"


def _bytes_json(value: bytes | None) -> dict[str, str] | None:
    if value is None:
        return None
    try:
        return {"text": value.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}


def _payload(letter: Letter) -> str:
    value = letter.value or b""
    kind, text, rest = _readable(value)
    kept = f" of {letter.whole_bytes}; only the beginning was kept" if letter.whole_bytes is not None else ""
    more = "\n... (all of it: --raw)" if rest else ""
    return f"payload ({len(value)} bytes{kept}; {kind})\n{text}{more}"


def _readable(value: bytes) -> tuple[str, str, bool]:
    """What it is, what of it is shown, and whether there is more."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return "no text", _dump(value[:DUMPED]), len(value) > DUMPED
    try:
        kind, text = "JSON", json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        kind = "text"
    return kind, shown_lines(text[:SHOWN]), len(text) > SHOWN


def _dump(value: bytes) -> str:
    rows = (value[begin : begin + 16] for begin in range(0, len(value), 16))
    return "\n".join(
        f"{16 * number:06x}  {row.hex(' '):47}  {''.join(chr(b) if 32 <= b < 127 else '.' for b in row)}"
        for number, row in enumerate(rows)
    )
