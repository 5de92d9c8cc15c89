"""Asynchronous questions: every question gets exactly one terminal reply, with its sources or with a reason."""

import io
import json
import signal
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from minio import Minio
from PIL import Image
from running import Stack, is_terminal

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def handbook(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A few texts to ask about; the prefix that they are under."""
    folder = tmp_path_factory.mktemp("handbook")
    files = {
        "handbook/ferry.txt": b"The ferry to Gull Island leaves at 9:40 every morning from the north pier.",
        "handbook/tickets.md": b"# Tickets\n\nA day ticket costs 14 euros. Children under six are free.\n",
        "handbook/otters.txt": b"The otters are called Mabel and Finn. They are fed at noon, mostly with trout.",
    }
    assert {o["status"] for o in stack.upload(folder, files)} == {"indexed"}
    return "handbook/"


def test_an_answer_cites_the_text_that_it_comes_from(stack: Stack, handbook: str) -> None:
    done = stack.run("ask", "At what time does the ferry to Gull Island leave?", "--prefix", handbook, "--json")
    assert done.status == 0, done.err
    reply = done.json
    assert reply["refused"] is None
    assert "9:40" in reply["answer"]
    assert reply["citations"][0]["key"] == "handbook/ferry.txt"
    assert "9:40" in reply["citations"][0]["quote"]
    start, end = reply["citations"][0]["locator"]["chars"]
    assert (start, end) == (0, 74)
    assert set(reply["timings_ms"]) >= {
        "encode",
        "retrieve_text",
        "retrieve_image",
        "retrieve_sound",
        "retrieve_keywords",
        "fuse",
        "generate",
    }


def test_a_question_without_evidence_is_refused(stack: Stack, handbook: str) -> None:
    reply = stack.run("ask", "Who won the 1974 chess olympiad?", "--prefix", handbook, "--json").json
    assert reply["answer"] is None
    assert reply["refused"]["reason"]
    assert reply["citations"] == []


def test_without_generation_there_are_hits_and_no_answer(stack: Stack, handbook: str) -> None:
    _, reply = stack.question({"text": "otter food", "generate": False, "filters": {"prefix": handbook}})
    assert reply["hits"][0]["key"] == "handbook/otters.txt"
    assert set(reply["hits"][0]["scores"]) >= {"text"}
    assert reply["answer"] is None
    assert reply["refused"] is None


def test_a_question_by_photo_finds_what_looks_like_it(stack: Stack, tmp_path: Path) -> None:
    photos = sorted((EXAMPLES / "media" / "photos").iterdir())
    stack.upload(tmp_path, {f"album/{p.name}": p.read_bytes() for p in photos})
    same = stack.run("search", "--image", str(photos[0]), "--prefix", "album/", "--json").json
    assert same["hits"][0]["key"] == f"album/{photos[0].name}"


def test_a_large_question_picture_travels_through_the_bucket(stack: Stack, tmp_path: Path) -> None:
    noise = Image.effect_noise((1400, 1400), 90).convert("RGB")
    path = tmp_path / "large.png"
    noise.save(path)
    assert path.stat().st_size > 512 * 1024
    assert stack.run("search", "--image", str(path), "--json").status == 0
    assert list(stack.s3().list_objects(stack.endpoints["question_bucket"])) == []


def test_deltas_come_in_order_before_the_terminal_reply(stack: Stack, handbook: str) -> None:
    request_id = str(uuid.uuid4())
    payload = {"text": "What are the otters called?", "stream": True, "filters": {"prefix": handbook}}
    _, reply = stack.question(payload, ce_id=request_id)
    wanted = request_id.encode()
    deltas = [
        r
        for r in stack.records("rag.replies", lambda r: dict(r.headers).get("ce_requestid") == wanted, timeout_s=3)
        if dict(r.headers)["ce_type"] == b"io.omnibus.answer.delta.v1"
    ]
    assert [json.loads(d.value)["sequence"] for d in deltas] == list(range(len(deltas)))
    assert "".join(json.loads(d.value)["text"] for d in deltas).split()[0] in reply["answer"]


BAD = {
    "nothing asked": ({}, "bad_question"),
    "no JSON": (b"what is this?", "bad_question"),
    "misspelt field": ({"text": "x", "topk": 3}, "bad_question"),
    "unknown reply topic": ({"text": "x", "reply_topic": "somewhere.else"}, "reply_topic_not_allowed"),
    "allowed reply topic that is not there": (
        {"text": "x", "reply_topic": "rag.replies.nobody"},
        "reply_topic_not_allowed",
    ),
    "deadline that has passed": ({"text": "x", "deadline": "2020-01-01T00:00:00Z"}, "deadline_exceeded"),
    "image that is no picture": ({"image": {"data": "aGVsbG8="}}, "bad_question"),
    "damaged image": ({"image": {"data": "iVBORw0KGgoAAAANSUhEUgAA"}}, "damaged_media"),
    "image in a foreign bucket": ({"image": {"bucket": "secrets", "key": "a.png"}}, "bad_question"),
    "image that is not in the bucket": ({"image": {"bucket": "questions", "key": "none.png"}}, "object_gone"),
    "sound": ({"audio": {"data": "aGVsbG8="}}, "bad_question"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_question_gets_one_clear_failure(stack: Stack, case: str) -> None:
    payload, code = BAD[case]
    headers, reply = stack.question(payload)  # type: ignore[arg-type] - bytes stand for what is no JSON
    assert headers["ce_type"] == "io.omnibus.answer.failed.v1"
    assert (reply["code"], reply["retryable"]) == (code, False)
    assert reply["message"]


def test_what_cannot_be_asked_is_kept_with_its_reason(stack: Stack) -> None:
    stack.question(b"kept bytes \xff")
    dead = stack.first("rag.queries.dlt", lambda r: r.value == b"kept bytes \xff")
    assert dict(dead.headers)["dlt_kind"] == b"bad_question"


def test_a_step_that_fails_gives_exactly_one_terminal_reply(stack: Stack) -> None:
    request_id = str(uuid.uuid4())
    stack.question({"image": {"bucket": "questions", "key": "none.png"}}, ce_id=request_id)
    assert len(stack.replies(request_id, timeout_s=3)) == 1


def test_who_asks_again_with_the_same_id_gets_the_same_reply_again(stack: Stack, handbook: str) -> None:
    request_id = str(uuid.uuid4())
    payload = {"text": "otters", "generate": False, "filters": {"prefix": handbook}}
    stack.question(payload, ce_id=request_id)
    stack.send("rag.queries", json.dumps(payload).encode(), headers=[("ce_id", request_id.encode())])
    first, again = islice(stack.records("rag.replies", lambda r: is_terminal(r, request_id)), 2)
    assert (first.value, dict(first.headers)["ce_id"]) == (again.value, dict(again.headers)["ce_id"])


def stream(stack: Stack, handbook: str, request_id: str) -> None:
    """Ask something that takes a while to answer, and wait for the first words."""
    body = {"text": "Tell me all about the otters and the ferry.", "stream": True, "filters": {"prefix": handbook}}
    wanted = request_id.encode()
    stack.send("rag.queries", json.dumps(body).encode(), key=wanted, headers=[("ce_id", wanted)])
    stack.first("rag.replies", lambda r: dict(r.headers).get("ce_requestid") == wanted)


def cancel(stack: Stack, request_id: str) -> None:
    headers = [("ce_type", b"io.omnibus.query.cancelled.v1"), ("ce_id", str(uuid.uuid4()).encode())]
    body = json.dumps({"request_id": request_id}).encode()
    stack.send("rag.queries", body, key=request_id.encode(), headers=headers)


def test_an_answer_that_is_cancelled_while_it_is_written_ends_with_a_failure(stack: Stack, handbook: str) -> None:
    request_id = str(uuid.uuid4())
    stream(stack, handbook, request_id)
    cancel(stack, request_id)
    (reply,) = stack.replies(request_id, timeout_s=5)
    assert json.loads(reply.value)["code"] == "cancelled"
    # The generator is free for the next one.
    done = stack.run("ask", "At what time does the ferry to Gull Island leave?", "--prefix", handbook, "--json")
    assert "9:40" in done.json["answer"]


def test_a_cancellation_of_what_nobody_asked_or_was_answered_changes_nothing(stack: Stack, handbook: str) -> None:
    request_id = str(uuid.uuid4())
    cancel(stack, request_id)
    stack.question({"text": "otters", "generate": False, "filters": {"prefix": handbook}}, ce_id=request_id)
    cancel(stack, request_id)
    (reply,) = stack.replies(request_id, timeout_s=3)
    assert json.loads(reply.value)["hits"]


def test_whoever_interrupts_ask_cancels_the_question(stack: Stack, handbook: str) -> None:
    text = f"Tell me all about the otters and the ferry, number {uuid.uuid4()}."
    command = [sys.executable, "-m", "omnibus", "ask", text, "--prefix", handbook, "--data", str(stack.data)]
    # Nobody answers before it is cancelled.
    with stack.standing_still("answer"):
        asking = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        asked = stack.first("rag.queries", lambda r: text.encode() in (r.value or b""))
        asking.send_signal(signal.SIGINT)
        _, errors = asking.communicate(timeout=60)
    assert asking.returncode == 130
    assert errors.splitlines()[-1].endswith("omnibus: the question was cancelled")
    (reply,) = stack.replies(dict(asked.headers)["ce_id"].decode(), timeout_s=5)
    assert json.loads(reply.value)["code"] == "cancelled"


def test_the_patience_of_ask_is_the_question_s_deadline(stack: Stack, handbook: str) -> None:
    done = stack.run("ask", "Tell me all about the otters.", "--prefix", handbook, "--timeout", "0.3")
    assert done.status == 1
    assert "[deadline_exceeded]" in done.err


def test_a_deadline_ends_a_question(stack: Stack, handbook: str) -> None:
    soon = (datetime.now(UTC) + timedelta(milliseconds=50)).isoformat()
    _, reply = stack.question({"text": "What do the otters eat?", "deadline": soon, "filters": {"prefix": handbook}})
    assert reply["code"] == "deadline_exceeded"


def test_a_program_that_knows_only_kafka_and_s3_can_join_in(stack: Stack) -> None:
    s3: Minio = stack.s3()
    text = b"The observatory opens its dome on the first Friday of the month."
    s3.put_object(stack.endpoints["bucket"], "foreign/observatory.txt", io.BytesIO(text), len(text))
    indexed = stack.first("rag.index-events", lambda r: r.key == b"media/foreign/observatory.txt")
    assert json.loads(indexed.value)["segments"] == 1
    # Nothing but a payload: the request id is then made of the record's place.
    sent = stack.send("rag.queries", b'{"text": "when does the observatory open its dome?", "generate": false}')
    reply = stack.first(
        "rag.replies", lambda r: b"foreign/observatory.txt" in r.value and r.timestamp >= sent.timestamp
    )
    assert json.loads(reply.value)["hits"][0]["key"] == "foreign/observatory.txt"
