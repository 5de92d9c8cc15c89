"""What `ask` and `search` share: from arguments to a question, from the terminal reply to what is printed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from omnibus.citation import typed
from omnibus.cli.failures import CommandFailed
from omnibus.cli.printable import json_line, shown, shown_lines
from omnibus.settings import Settings
from schemas.answers import AnswerCompleted, AnswerFailed, Citation, Locator
from schemas.questions import INLINE_LIMIT, MediaRef, QueryRequested

SNIPPET = 160


def narrowed(
    modality: Sequence[str], prefix: str, taken_after: str | None, taken_before: str | None, near: str | None
) -> dict[str, Any]:
    """The filters that the options make. Raises `ValueError` with one line."""
    filters: dict[str, Any] = {"modality": list(modality), "prefix": prefix}
    for name, given in (("taken_after", taken_after), ("taken_before", taken_before)):
        if given is not None:
            filters[name] = _moment(name, given)
    if near is not None:
        filters["near"] = _near(near)
    return filters


def _moment(name: str, given: str) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        option = name.replace("_", "-")
        raise ValueError(f"--{option} {given}: write it as 2024-05-01 or 2024-05-01T18:30+02:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _near(given: str) -> dict[str, float]:
    try:
        latitude, longitude, km = map(float, given.split(","))
    except ValueError:
        raise ValueError(f"--near {given}: write degrees north and east, and kilometres: 59.33,18.07,5") from None
    return {"latitude": latitude, "longitude": longitude, "km": km}


def question(text: str | None, image: MediaRef | None, filters: Mapping[str, Any], **more: Any) -> QueryRequested:
    """The question that the arguments make; `filters` as `narrowed` makes them. Raises `ValueError` with one line."""
    try:
        return QueryRequested.model_validate({"text": text or None, "image": image, "filters": filters, **more})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{place}: {first['msg']}" if place else first["msg"].removeprefix("Value error, ")) from error


@contextmanager
def picture(settings: Settings, path: Path | None) -> Iterator[MediaRef | None]:
    """The picture as part of a question: inline where it is small, in the bucket for questions while it is asked."""
    if path is None:
        yield None
        return
    if not path.is_file():
        raise CommandFailed(f"{path} is no file")
    if path.stat().st_size <= INLINE_LIMIT:
        yield MediaRef.inline(path.read_bytes())
        return
    from producers.attachment import attached

    with attached(settings.s3, settings.access_key, settings.secret_key, settings.question_bucket, path) as ref:
        yield ref


def pose(
    settings: Settings, query: QueryRequested, *, timeout_s: float, stream: Console | None = None
) -> AnswerCompleted:
    """Ask and wait, with a sign of life on standard error. Raises `CommandFailed` for an AnswerFailed."""
    from producers.ask import ask
    from producers.kafka import Publisher

    def show(text: str) -> None:
        assert stream is not None
        stream.print(Text(shown_lines(text.replace("\r", ""))), end="", soft_wrap=True)

    with Console(stderr=True).status("asking ..."), Publisher(settings.kafka, source="/omnibus/cli") as publisher:
        try:
            reply = ask(publisher, settings.kafka, query, timeout_s=timeout_s, on_delta=show if stream else None)
        except KeyboardInterrupt:
            raise KeyboardInterrupt("the question was cancelled") from None
    if isinstance(reply, AnswerFailed):
        again = " (asking again later may help)" if reply.retryable else ""
        raise CommandFailed(f"{shown(reply.message)} [{reply.code.value}]{again}")
    return reply


def print_json(reply: AnswerCompleted) -> None:
    """The reply as one line of JSON on standard output."""
    print(json_line(reply.model_dump(mode="json")))  # noqa: T201 - this is the output


def print_answer(out: Console, reply: AnswerCompleted) -> None:
    """The answer and where it comes from, or why there is none."""
    if reply.refused:
        out.print(Text(f"No answer: {shown(reply.refused.reason)}."), soft_wrap=True)
    elif reply.answer is not None:
        out.print(Text(shown_lines(reply.answer)), soft_wrap=True)
    for citation in reply.citations:
        out.print(Text(f"  [{citation.marker}] {_cited(citation)}"), soft_wrap=True)
        out.print(Text(f"      omnibus show {typed(citation.key, citation.locator)}"), style="dim", soft_wrap=True)
    print_degraded(out, reply)


def print_hits(out: Console, reply: AnswerCompleted) -> None:
    """The hits, best first: where each is, what it says, and how to see it."""
    if not reply.hits:
        out.print("Nothing found.")
    for hit in reply.hits:
        where = ", ".join(part for part in (shown(hit.key), place(hit.locator)) if part)
        out.print(Text(f"{hit.score:.4f}  {where}  ({hit.modality})"), soft_wrap=True)
        if hit.text:
            out.print(Text(f"        {_snippet(hit.text)}"), style="dim", soft_wrap=True)
        out.print(Text(f"        omnibus show {typed(hit.key, hit.locator)}"), style="dim", soft_wrap=True)
    print_degraded(out, reply)


def print_degraded(out: Console, reply: AnswerCompleted) -> None:
    """Which parts were missing."""
    for entry in reply.degraded:
        out.print(Text(f"  without {entry.part}: {shown(entry.reason)}"), style="yellow", soft_wrap=True)


def place(locator: Locator) -> str:
    """A locator in words; empty for a whole object."""
    words = []
    if locator.page is not None:
        words.append(f"page {locator.page}")
    if locator.box is not None:
        left, top, right, bottom = (round(100 * edge) for edge in locator.box)
        words.append(f"{left}-{right}% across, {top}-{bottom}% down")
    if locator.start_s is not None:
        words.append(f"{_clock(locator.start_s)}-{_clock(locator.end_s or locator.start_s)}")
    if locator.chars is not None:
        words.append(f"characters {locator.chars[0]}-{locator.chars[1]}")
    return ", ".join(words)


def _clock(seconds: float) -> str:
    """Seconds as players show them: 1:05, or 1:01:05."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _cited(citation: Citation) -> str:
    where = ", ".join(part for part in (shown(citation.key), place(citation.locator)) if part)
    return f'{where}: "{_snippet(citation.quote)}"' if citation.quote else f"{where} ({citation.modality})"


def _snippet(text: str) -> str:
    line = shown(" ".join(text.split()))
    return line if len(line) <= SNIPPET else line[: SNIPPET - 3] + "..."
