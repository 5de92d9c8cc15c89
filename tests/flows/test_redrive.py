"""Dead letters as an operator meets them: listed, shown, sent back, and worked on again."""

import json
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from running import Stack, omnibus, up

WaitUntil = Callable[..., Any]
TORN = b"\x89PNG\r\n\x1a\n torn"


def letters(stack: Stack, prefix: str, *arguments: str) -> list[dict[str, Any]]:
    """The letters that `omnibus dlq ls` tells of."""
    return stack.run("dlq", "ls", "--prefix", prefix, "--json", *arguments).lines


def the_letter(stack: Stack, prefix: str, redrives: int = 0) -> dict[str, Any] | None:
    """The open letter that was redriven so often, once it is there."""
    return next((letter for letter in letters(stack, prefix) if letter["redrives"] == redrives), None)


def announced(stack: Stack, key: str, what: str, **fields: Any) -> dict[str, Any]:
    """The first event on `rag.index-events` that says this of the object."""

    def wanted(record: Any) -> bool:
        about = json.loads(record.value)
        is_kind = dict(record.headers)["ce_type"] == f"io.omnibus.media.{what}.v1".encode()
        return is_kind and about["key"] == key and fields.items() <= about.items()

    event: dict[str, Any] = json.loads(stack.first("rag.index-events", wanted).value)
    return event


def redrive(stack: Stack, *arguments: str) -> list[dict[str, Any]]:
    done = stack.run("dlq", "redrive", *arguments, "--json")
    assert done.status == 0, done.err
    return done.lines


def test_a_refused_object_has_a_letter_that_can_be_listed_and_shown(stack: Stack, tmp_path: Path) -> None:
    stack.upload(tmp_path, {"letters/torn.png": TORN})
    (letter,) = letters(stack, "letters/")
    assert (letter["key"], letter["stage"], letter["kind"]) == ("letters/torn.png", "decode", "damaged_media")
    assert letter["first_at"] == letter["last_at"]
    table = stack.run("dlq", "ls", "--kind", "damaged_media", "--prefix", "letters/").out.splitlines()
    assert table[0].split()[0] == "id"
    assert table[1].startswith(letter["id"][:8])
    assert table[-1] == "1 open, 0 redriven"

    page = stack.run("dlq", "show", letter["id"][:12]).out
    assert letter["reason"] in page
    assert '"Records"' in page
    raw = stack.run("dlq", "show", letter["id"], "--raw").out
    dead = stack.first("media.events.dlt", lambda r: b"letters/torn.png" in (r.key or b""))
    assert raw.encode() == dead.value


def test_a_dry_run_says_what_would_be_redriven_and_sends_nothing(stack: Stack, tmp_path: Path) -> None:
    stack.upload(tmp_path, {"dry/torn.png": TORN})
    (letter,) = letters(stack, "dry/")
    done = stack.run("dlq", "redrive", "--prefix", "dry/", "--dry-run")
    assert done.out.splitlines()[-1] == "1 would be redriven"
    assert [each["id"] for each in letters(stack, "dry/", "--redriven")] == [letter["id"]]


def test_an_object_that_is_still_damaged_is_refused_again_and_keeps_its_history(
    stack: Stack, tmp_path: Path, wait_until: WaitUntil
) -> None:
    stack.upload(tmp_path, {"history/torn.png": TORN})
    (first,) = letters(stack, "history/")
    for number in (1, 2):
        (result,) = redrive(stack, "--prefix", "history/")
        assert result["redriven"]
        wait_until(lambda number=number: the_letter(stack, "history/", number), timeout_s=60)
    (latest,) = letters(stack, "history/")
    assert [failure["kind"] for failure in latest["history"]] == ["damaged_media", "damaged_media"]
    assert latest["first_at"] == first["first_at"] < latest["last_at"]
    assert len(letters(stack, "history/", "--redriven")) == 3


def test_an_object_that_was_overwritten_meanwhile_needs_no_more_work(stack: Stack, tmp_path: Path) -> None:
    stack.upload(tmp_path, {"overwritten/a.txt": b""})
    (letter,) = letters(stack, "overwritten/")
    stack.upload(tmp_path, {"overwritten/a.txt": b"The ferryman counts his passengers twice."})
    dead = stack.run("status", "--json").json["dead_letters"]["media.events.dlt"]
    redrive(stack, letter["id"])
    assert stack.run("status", "--json").json["dead_letters"]["media.events.dlt"] == dead - 1
    assert announced(stack, "overwritten/a.txt", "indexed", unchanged=True)["segments"] == 1
    assert letters(stack, "overwritten/") == []
    again = stack.run("dlq", "redrive", letter["id"])
    assert again.status == 1
    assert "redriven already" in again.err


def test_a_question_is_asked_anew_under_an_id_that_the_command_prints(stack: Stack, wait_until: WaitUntil) -> None:
    first = f"asked-{uuid.uuid4()}"
    _, refused = stack.question({"txt": "misspelt"}, ce_id=first)
    assert refused["code"] == "bad_question"
    wait_until(lambda: the_letter(stack, first))
    (result,) = redrive(stack, "--topic", "rag.queries", "--prefix", first)
    new = result["request_id"]
    reply = stack.first("rag.replies", lambda r: dict(r.headers).get("ce_requestid") == new.encode())
    assert json.loads(reply.value)["code"] == "bad_question"
    letter = wait_until(lambda: the_letter(stack, new, redrives=1))
    assert [failure["kind"] for failure in letter["history"]] == ["bad_question"]
    assert len(stack.replies(first, timeout_s=1)) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ((), 2, "which ones?"),
        (("--topic", "rag.replies"), 2, "has no dead letters"),
        (("birds/a.png",), 2, "is no id"),
        (("00000000-0000",), 1, "there is no dead letter"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_line(
    stack: Stack, arguments: tuple[str, ...], status: int, says: str
) -> None:
    done = stack.run("dlq", "redrive", *arguments)
    assert done.status == status
    assert says in done.err
    assert len(done.err.splitlines()) == 1


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory of a stack of the test's own, which is stopped at the end."""
    with TemporaryDirectory(prefix="omnibus-letters-") as name:
        monkeypatch.chdir(name)
        try:
            yield Path(name)
        finally:
            omnibus("down", "--data", f"{name}/data")


def test_what_was_refused_is_indexed_by_a_redrive_once_its_cause_is_mended(
    kind: str, folder: Path, tmp_path: Path, wait_until: WaitUntil
) -> None:
    settings = folder / "omnibus.toml"
    settings.write_text("max_object_bytes = 20\n")
    stack = up(kind, folder / "data")
    (outcome,) = stack.upload(tmp_path, {"large.txt": b"The night watchman keeps bees on the roof."})
    assert outcome["status"] == "rejected"
    assert [letter["kind"] for letter in letters(stack, "")] == ["media_too_large"]

    settings.write_text("max_object_bytes = 2000\n")
    before = _ingest_worker(stack)
    os.kill(before["pid"], signal.SIGKILL)
    wait_until(lambda: (now := _ingest_worker(stack))["phase"] == "ready" and now["pid"] != before["pid"], timeout_s=60)
    (result,) = redrive(stack, "--kind", "media_too_large")
    assert result["redriven"]
    assert announced(stack, "large.txt", "indexed")["segments"] == 1
    assert letters(stack, "") == []


def _ingest_worker(stack: Stack) -> dict[str, Any]:
    parts: list[dict[str, Any]] = stack.run("status", "--json").json["parts"]
    return next(part for part in parts if part["name"] == "ingest-light")
