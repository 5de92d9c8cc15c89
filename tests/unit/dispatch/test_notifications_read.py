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
from workers.errors import BadEvent

SAMPLE = told(put("a"), delete("b")).value or b""


def test_a_put_tells_where_to_look() -> None:
    at = datetime(2031, 1, 2, tzinfo=UTC)
    told_of = change("put", bucket="media", key="a b+c%", sequencer="0F", etag="e", time=at)
    assert changes_in(told(told_of), "media") == [
        Change(ObjectRef("media", "a b+c%"), etag="e", sequencer="0F", removed=False, at=at)
    ]


def test_every_record_of_a_notification_is_a_change() -> None:
    changes = changes_in(told(put("a"), delete("b")), "media")
    assert [(entry.ref.key, entry.removed) for entry in changes] == [("a", False), ("b", True)]


def test_what_changes_no_content_is_no_change() -> None:
    body = json.loads(SAMPLE)
    body["Records"][0]["eventName"] = "s3:ObjectCreated:PutTagging"
    assert [entry.ref.key for entry in changes_in(record(json.dumps(body).encode()), "media")] == ["b"]


@pytest.mark.parametrize(
    "value", [None, b"", b"no JSON", b"{}", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000]
)
def test_what_is_no_notification_is_a_bad_event(value: bytes | None) -> None:
    with pytest.raises(BadEvent, match="not a bucket notification: "):
        changes_in(record(value), "media")


def test_an_event_of_another_bucket_is_a_bad_event() -> None:
    with pytest.raises(BadEvent, match="'other'; only 'media' is indexed"):
        changes_in(told(put("a"), put("b", bucket="other")), "media")


def test_a_key_with_a_nul_is_a_bad_event() -> None:
    with pytest.raises(BadEvent, match="NUL"):
        changes_in(told(put("a\0b")), "media")


def test_the_reason_names_the_place_and_fits_on_a_line() -> None:
    body: dict[str, Any] = json.loads(SAMPLE)
    del body["Records"][1]["s3"]["object"]["key"]
    with pytest.raises(BadEvent) as bad:
        changes_in(record(json.dumps(body).encode()), "media")
    assert bad.value.message == "not a bucket notification: Records.1.s3.object.key: Field required"


def read(value: bytes | None) -> list[Change] | str:
    """The changes, or the message of the one error that may be raised."""
    try:
        return changes_in(record(value), "media")
    except BadEvent as error:
        return error.message


@given(hostile(SAMPLE))
@settings(max_examples=100)
def test_a_hostile_record_gives_changes_or_a_bad_event_and_nothing_else(values: list[bytes | None]) -> None:
    for value in values:
        found = read(value)
        if isinstance(found, str):
            assert "\n" not in found
        else:
            assert all(entry.ref.bucket == "media" and entry.at.tzinfo for entry in found)
            # They have to go through a queue as JSON.
            assert [Change.from_dict(json.loads(json.dumps(entry.to_dict()))) for entry in found] == found


@given(st.binary(max_size=50))
def test_a_key_of_any_escaped_bytes_can_be_read(raw: bytes) -> None:
    body = json.loads(SAMPLE)
    body["Records"][0]["s3"]["object"]["key"] = "k" + "".join(f"%{byte:02X}" for byte in raw)
    if b"\0" not in raw:
        assert changes_in(record(json.dumps(body).encode()), "media")[0].ref.key.startswith("k")
