"""How a dead letter looks: everything that is known, and nothing that a terminal would obey."""

import base64
import json
from datetime import UTC, datetime

import pytest

from omnibus.cli.letters import as_json, in_full, line, page
from producers.dead_letters.letter import Letter, Place
from schemas.dead_letters import Failure

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


def letter(
    value: bytes | None = b"{}", *, reason: str = "the picture is cut off", key: bytes = b"media/a.png"
) -> Letter:
    return Letter(
        id="3f2a81c0-0000-5000-8000-000000000000",
        place=Place("media.events.dlt", 0, 1),
        origin=Place("media.events", 3, 7),
        key=key,
        value=value,
        headers=(("mine", b"\xfe\x1b[2J"),),
        stage="decode",
        kind="damaged_media",
        reason=reason,
        tries=2,
        first_at=NOW,
        last_at=NOW,
        redrives=1,
        history=(Failure.of("embed", "service_unavailable", "nobody answers", 5, NOW),),
    )


def test_a_line_has_what_it_takes_to_recognise_a_letter() -> None:
    words = line(letter(), is_open=True).split()
    assert words[:7] == ["3f2a81c0", "2031-05-06T07:08:09Z", "media.events", "decode", "damaged_media", "2", "a.png"]


def test_a_long_reason_is_shortened_in_a_line_and_whole_on_the_page() -> None:
    long = letter(reason="long " * 100)
    assert len(line(long, is_open=True)) < 220
    assert "long " * 100 in page(long, None, [])


def test_a_page_has_the_history_the_headers_and_the_payload() -> None:
    text = page(letter(b'{"Records": []}'), None, [])
    for part in ("partition 3, offset 7", "embed", "nobody answers", "(5 tries)", "mine:", '"Records": []', "JSON"):
        assert part in text


@pytest.mark.parametrize("text", [b"\x1b[2J\x07 bell", "\u202e backwards \x9b1m".encode()])
def test_what_a_sender_wrote_cannot_steer_the_terminal(text: bytes) -> None:
    hostile = letter(text, reason=text.decode(), key=b"media/" + text)
    for shown in (line(hostile, is_open=True), page(hostile, None, [])):
        assert all(c.isprintable() or c == "\n" for c in shown)


def test_a_payload_that_is_no_text_is_shown_in_hexadecimal() -> None:
    assert "000000  ff d8 ff 41" in page(letter(b"\xff\xd8\xffA" * 100_000), None, [])


@pytest.mark.parametrize("value", [None, b"", b"[" * 100_000, b"1" * 10_000, b"no JSON"])
def test_any_payload_can_be_shown(value: bytes | None) -> None:
    assert len(page(letter(value), None, [])) < 6000


def test_in_json_bytes_that_are_no_text_are_base64() -> None:
    found = json.loads(json.dumps(in_full(letter(b"\xff"), NOW, [letter()])))
    assert base64.b64decode(found["value"]["base64"]) == b"\xff"
    assert found["record_key"] == {"text": "media/a.png"}
    assert found["redriven_at"] == "2031-05-06T07:08:09.000Z"
    assert found["others"][0]["kind"] == "damaged_media"


def test_a_listing_in_json_leaves_the_payload_out() -> None:
    assert "value" not in as_json(letter(), None)
