"""From a record to the changes that it tells of."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import delete, hostile, put, record, told

from schemas.notification import change
from workers.dispatch.notifications import changes_in
from workers.domain.change import Change
from workers.domain.media import ObjectRef
from workers.domain.record import Incoming, Position

SAMPLE = told(put("a"), delete("b")).value or b""


def read(entry: Incoming) -> list[Change]:
    return list(changes_in(entry, "media").changes)


def problems(entry: Incoming) -> list[str]:
    return [error.message for error in changes_in(entry, "media").bad]


def test_a_put_tells_where_to_look() -> None:
    at = datetime(2031, 1, 2, tzinfo=UTC)
    told_of = change("put", bucket="media", key="a b+c%", sequencer="0F", etag="e", time=at)
    assert read(told(told_of)) == [Change(ObjectRef("media", "a b+c%"), etag="e", sequencer="0F", removed=False, at=at)]


def test_every_record_of_a_notification_is_a_change() -> None:
    changes = read(told(put("a"), delete("b")))
    assert [(entry.ref.key, entry.removed) for entry in changes] == [("a", False), ("b", True)]


def test_what_changes_no_content_is_no_change() -> None:
    body = json.loads(SAMPLE)
    body["Records"][0]["eventName"] = "s3:ObjectCreated:PutTagging"
    assert [entry.ref.key for entry in read(record(json.dumps(body).encode()))] == ["b"]


@pytest.mark.parametrize(
    "value", [None, b"", b"no JSON", b"{}", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000]
)
def test_what_is_no_notification_is_a_bad_event(value: bytes | None) -> None:
    (reason,) = problems(record(value))
    assert reason.startswith("not a bucket notification: ")


def test_an_event_of_another_bucket_is_a_bad_event() -> None:
    (reason,) = problems(told(put("b", bucket="other")))
    assert reason.endswith("'other'; only 'media' is indexed")


def test_a_key_with_a_nul_is_a_bad_event() -> None:
    (reason,) = problems(told(put("a\0b")))
    assert "NUL" in reason


def test_a_bad_entry_does_not_spoil_the_others() -> None:
    body = json.loads(told(put("a"), put("b", bucket="other"), put("c"), put("d"), put("e\0"), put("f")).value or b"")
    body["Records"][2] = "no entry"
    body["Records"][3]["s3"] = None
    entry = record(json.dumps(body).encode())
    assert [change.ref.key for change in read(entry)] == ["a", "f"]
    assert len(problems(entry)) == 4


def test_a_record_that_the_client_cannot_read_is_a_bad_event() -> None:
    entry = Incoming("media.events", Position(0, 7), None, told(put("a")).value, unreadable="the checksum is wrong")
    assert read(entry) == []
    assert problems(entry) == ["the checksum is wrong"]


def test_the_reason_names_the_place_and_fits_on_a_line() -> None:
    body: dict[str, Any] = json.loads(SAMPLE)
    del body["Records"][1]["s3"]["object"]["key"]
    assert problems(record(json.dumps(body).encode())) == [
        "not a bucket notification: Records.1.s3.object.key: Field required"
    ]


@given(hostile(SAMPLE))
@settings(max_examples=100)
def test_a_hostile_record_gives_changes_and_bad_events_and_nothing_else(values: list[bytes | None]) -> None:
    for value in values:
        found = read(record(value))
        assert not any("\n" in reason for reason in problems(record(value)))
        assert all(entry.ref.bucket == "media" and entry.at.tzinfo for entry in found)
        # They have to go through a queue as JSON.
        assert [Change.from_dict(json.loads(json.dumps(entry.to_dict()))) for entry in found] == found


@given(st.binary(max_size=50))
def test_a_key_of_any_escaped_bytes_can_be_read(raw: bytes) -> None:
    body = json.loads(SAMPLE)
    body["Records"][0]["s3"]["object"]["key"] = "k" + "".join(f"%{byte:02X}" for byte in raw)
    if b"\0" not in raw:
        assert read(record(json.dumps(body).encode()))[0].ref.key.startswith("k")
