"""Dead letters: what cannot be processed is kept as it came, as far as the broker takes it."""

from datetime import UTC, datetime, timedelta

import pytest
from fakes.publisher import RecordingPublisher, Sent

from schemas.dead_letters import HISTORY_LIMIT, Failure, Redrive, history_from, letter_id
from workers.dispatch.dead_letters import TRUNCATED, Cause, DeadLetters
from workers.domain.record import Incoming, Position

CAUSE = Cause("parse", "bad_event", "not a bucket notification", tries=2)
NOW = datetime(2031, 5, 6, 7, 8, 9, 123_000, tzinfo=UTC)


def buried(cause: Cause, *headers: tuple[str, bytes], offset: int = 7) -> Sent:
    """The letter of a record on `media.events` with these headers."""
    publisher = RecordingPublisher()
    record = Incoming("media.events", Position(3, offset), b"media/a", b"{}", headers)
    DeadLetters(publisher, lambda: NOW).bury(record, cause)  # type: ignore[arg-type] - the same methods
    return publisher.sent[0]


def redriven(failures: int) -> tuple[str, bytes]:
    """The header of a record that failed so often before."""
    history = [
        Failure.of("decode", "damaged_media", f"failure {n}", 1, NOW - timedelta(days=failures - n))
        for n in range(failures)
    ]
    redrive = Redrive(number=failures, letter="old", first_at=history[0].at, history=history[-HISTORY_LIMIT:])
    return "redrive", redrive.model_dump_json().encode()


def test_a_dead_letter_has_the_original_bytes_and_says_why_it_is_dead() -> None:
    publisher = RecordingPublisher()
    record = Incoming("media.events", Position(3, 7), b"key", b"\xff value", (("mine", b"\xfe"),))
    DeadLetters(publisher).bury(record, CAUSE)  # type: ignore[arg-type] - the same methods
    (sent,) = publisher.on("media.events.dlt")
    assert (sent.key, sent.value, sent.headers[0]) == (b"key", b"\xff value", ("mine", b"\xfe"))
    assert (sent.text("dlt_stage"), sent.text("dlt_kind"), sent.text("dlt_tries")) == ("parse", "bad_event", "2")
    assert (sent.text("dlt_topic"), sent.text("dlt_partition"), sent.text("dlt_offset")) == ("media.events", "3", "7")


def test_of_what_is_too_large_for_the_broker_the_beginning_is_kept() -> None:
    publisher = RecordingPublisher(largest=TRUNCATED + 1000)
    value = b"x" * (TRUNCATED + 5000)
    DeadLetters(publisher).bury(Incoming("rag.queries", Position(0, 1), None, value), CAUSE)  # type: ignore[arg-type] - as above
    (sent,) = publisher.on("rag.queries.dlt")
    assert sent.value == value[:TRUNCATED]
    assert sent.text("dlt_truncated") == str(len(value))


@pytest.mark.parametrize("key", [None, b"k" * 5000])
def test_headers_and_a_key_that_are_too_large_are_left_out_too(key: bytes | None) -> None:
    publisher = RecordingPublisher(largest=TRUNCATED)
    headers = (("mine", b"\xfe"), ("bomb", b"0" * TRUNCATED), *[("many", b"0" * 900)] * 1000)
    DeadLetters(publisher).bury(Incoming("rag.queries", Position(0, 1), key, b"{}", headers), CAUSE)  # type: ignore[arg-type] - as above
    (sent,) = publisher.on("rag.queries.dlt")
    assert (sent.key, sent.value, sent.headers[0]) == (None, b"{}", ("mine", b"\xfe"))
    assert (sent.text("dlt_truncated"), sent.text("dlt_kind")) == ("2", "bad_event")


def test_a_reason_that_cannot_be_written_as_it_is_does_not_keep_the_record_from_its_dead_letter() -> None:
    assert buried(Cause("decode", "damaged_media", "a tag says \udcff")).text("dlt_reason") == "a tag says ?"


def test_a_dead_letter_says_when_its_record_failed_first_and_last() -> None:
    sent = buried(Cause("write", "service_unavailable", "nobody answers", tries=5, after_s=60.5))
    assert sent.text("dlt_first_at") == "2031-05-06T07:07:08.623Z"
    assert sent.text("dlt_last_at") == "2031-05-06T07:08:09.123Z"


def test_a_record_that_is_buried_twice_has_one_id() -> None:
    ids = [buried(CAUSE, offset=offset).text("dlt_id") for offset in (7, 7, 8)]
    assert ids[0] == ids[1] == letter_id("media.events", 3, 7)
    assert ids[2] != ids[0]


def test_a_record_that_fails_again_after_a_redrive_keeps_its_history() -> None:
    sent = buried(CAUSE, redriven(2))
    history = history_from(sent.text("dlt_history").encode())
    assert [failure.reason for failure in history] == ["failure 0", "failure 1"]
    assert sent.text("dlt_redrives") == "2"
    assert sent.text("dlt_first_at") == "2031-05-04T07:08:09.123Z"
    assert sent.text("dlt_last_at") == "2031-05-06T07:08:09.123Z"


def test_of_a_long_history_the_newest_is_kept() -> None:
    history = history_from(buried(CAUSE, redriven(30)).text("dlt_history").encode())
    assert [failure.reason for failure in history] == [f"failure {n}" for n in range(20, 30)]


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"no JSON",
        b"{}",
        b"[" * 5000,
        b'{"number": 0, "letter": "a", "first_at": "2031-01-01T00:00:00Z"}',
        b'{"number": 1, "letter": "a", "first_at": "0001-01-01T00:00:00+23:59"}',
        b'{"number": 1, "letter": "' + b"a" * 100_000 + b'", "first_at": "2031-01-01T00:00:00Z"}',
    ],
)
def test_a_redrive_header_that_cannot_be_read_counts_as_none(value: bytes) -> None:
    sent = buried(CAUSE, ("redrive", value))
    assert sent.headers[0] == ("redrive", value)
    assert "dlt_history" not in dict(sent.headers)
    assert sent.text("dlt_first_at") == sent.text("dlt_last_at")
