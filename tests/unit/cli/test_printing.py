"""Nothing that an object, its key or a model says can steer the terminal that it is printed on."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from omnibus.cli.app import app
from omnibus.cli.failures import CommandFailed, one_line
from omnibus.cli.printable import json_line, shown, shown_lines
from omnibus.cli.progress import StartUp
from omnibus.cli.questions import print_answer, print_hits
from omnibus.cli.upload import HeavyBars, bars
from omnibus.stacks.state import StackState
from omnibus.whereabouts import Whereabouts
from producers.upload import UploadOutcome
from schemas.answers import AnswerCompleted, AnswerHit, Citation, Degradation, Refusal
from schemas.index_events import MediaProgressed, SkippedPage
from workers.domain.media import ObjectRef

HOSTILE = "[/red][bold]a\x1b[2J\x9b1m\n\u202e:warning:\r\x7fb"
HARMLESS = r"[/red][bold]a\x1b[2J\x9b1m\n\u202e:warning:\r\x7fb"
SOFT = "\u00a0\u202f\u3000 \u0645\u06cc\u200c\u062e \U0001f468\u200d\U0001f33e"


def only_prints(printed: str) -> bool:
    return all(letter.isprintable() or letter == "\n" for letter in printed)


def test_what_a_terminal_would_obey_is_written_as_an_escape() -> None:
    assert shown(HOSTILE) == HARMLESS


def test_what_only_prints_stays_as_it_is() -> None:
    assert shown(SOFT) == SOFT
    assert shown("Gr\u00fc\u00dfe, \u5c71") == "Gr\u00fc\u00dfe, \u5c71"


def test_a_file_name_that_is_no_unicode_can_be_printed() -> None:
    assert shown(b"a\xff".decode(errors="surrogateescape")).encode() == rb"a\udcff"


def test_text_of_several_lines_keeps_them() -> None:
    assert shown_lines("one\ttwo\r\nthree\n\x1b") == "one     two\nthree\n\\x1b"


@pytest.mark.parametrize("text", [HOSTILE, SOFT, "\ud800", "\U000e0001", '"\\'])
def test_json_is_printed_so_and_means_the_same(text: str) -> None:
    line = json_line({text: [text]})
    assert json.loads(line) == {text: [text]}
    assert line.encode()
    assert only_prints(line.replace(SOFT, ""))


def test_what_is_printed_of_a_reply_has_no_control_characters() -> None:
    reply = AnswerCompleted(
        request_id="1",
        answer=f"One.\n{HOSTILE}",
        citations=[Citation(marker=1, key=HOSTILE, modality="text", quote=HOSTILE)],
        hits=[AnswerHit(key=HOSTILE, modality="text", score=1, text=HOSTILE)],
        degraded=[Degradation(part="generate", reason=HOSTILE)],
    )
    refused = AnswerCompleted(request_id="1", refused=Refusal(reason=HOSTILE))
    written = StringIO()
    out = Console(file=written, width=400)
    print_answer(out, reply)
    print_hits(out, reply)
    print_answer(out, refused)
    printed = written.getvalue()
    assert "One.\n" in printed
    assert f"  [1] {HARMLESS}: " in printed
    assert f"No answer: {HARMLESS}." in printed
    assert f"without generate: {HARMLESS}\n" in printed
    assert only_prints(printed)


def test_a_line_of_an_error_has_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), one_line():
        raise CommandFailed("there is no \x1b[2J\u202e in the bucket\nput it there")
    assert capsys.readouterr().err == ("omnibus: there is no \\x1b[2J\\u202e in the bucket\nomnibus: put it there\n")


def test_the_end_of_a_key_is_the_name_of_its_bar_whatever_it_looks_like() -> None:
    written = StringIO()
    with bars(Console(file=written, width=400)) as progress:
        heavy = HeavyBars(progress)
        heavy.progressed(MediaProgressed(bucket="media", key=HOSTILE, tenant="default", stage="listen", fraction=0.5))
        progress.refresh()
    assert f"...{HARMLESS[-37:]}" in written.getvalue()
    assert only_prints(written.getvalue())


def test_upload_says_what_was_refused_without_control_characters(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lost = SkippedPage(page=2, reason=HOSTILE)
    outcome = UploadOutcome(HOSTILE, "rejected", HOSTILE, 0.0, (lost,))
    monkeypatch.setattr("omnibus.cli.upload.upload_files", lambda *_, **__: [outcome])
    done = CliRunner().invoke(app, ["upload", str(tmp_path), "--data", str(tmp_path)])
    assert f"{HARMLESS}: rejected: {HARMLESS}\n{HARMLESS}: page 2: {HARMLESS}\n" in done.output
    assert only_prints(done.output)


def test_status_says_where_an_object_is_without_control_characters(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = Whereabouts(ObjectRef("media", HOSTILE), None, None, None, None)
    monkeypatch.setattr("omnibus.whereabouts.find", lambda *_: found)
    done = CliRunner().invoke(app, ["status", HOSTILE, "--data", str(tmp_path)])
    assert done.output == f"{HARMLESS}: unknown: there is no such object in bucket media\n"


def test_the_folder_of_a_stack_is_no_markup() -> None:
    written = StringIO()
    endpoints = {"kafka": "a:1", "s3": "http://a:2", "bucket": "media"}
    with StartUp(Console(file=written, width=400), Path("[/red]a\x1b")) as start_up:
        start_up.show(StackState(1, 1, True, False, "", endpoints, ()))
    assert "data and logs in [/red]a\\x1b; stop" in written.getvalue()
