"""Bucket notifications, as they are on the wire."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.notification import Notification, change

FIXTURES = Path(__file__).parent
KEYS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=1024)


@pytest.fixture
def single() -> Notification:
    return Notification.model_validate_json((FIXTURES / "minio_put.json").read_bytes())


@pytest.fixture
def several() -> Notification:
    return Notification.model_validate_json((FIXTURES / "several_records.json").read_bytes())


def test_a_notification_of_minio_is_read_as_it_is_written(single: Notification) -> None:
    (record,) = single.records
    assert single.key == "media/holiday photos/50% off+more 🎉.jpg"
    assert record.s3.bucket.name == "media"
    assert record.s3.object.unescaped_key == "holiday photos/50% off+more 🎉.jpg"
    assert record.s3.object.e_tag == "0d1c1ba4c9b9a0d4c5e1c4a1a1c1f0aa"
    assert (record.s3.object.size, record.s3.object.content_type) == (184_223, "image/jpeg")
    assert record.s3.object.sequencer == "1855A1F2D3C4B5A6"
    assert record.event_time == datetime(2026, 2, 12, 9, 30, 15, 123_000, tzinfo=UTC)
    assert (record.changes_content, record.removed) == (True, False)


def test_one_message_may_hold_several_records(several: Notification) -> None:
    assert [(r.event_name, r.s3.object.unescaped_key) for r in several.records] == [
        ("s3:ObjectCreated:CompleteMultipartUpload", "video/a b.mp4"),
        ("s3:ObjectRemoved:Delete", "notes/old.md"),
        ("s3:ObjectRemoved:DeleteMarkerCreated", "notes/old, too.md"),
        ("s3:ObjectCreated:PutTagging", "notes/tagged.md"),
    ]
    assert [record.removed for record in several.records] == [False, True, True, False]
    assert [record.changes_content for record in several.records] == [True, True, True, False]


def test_an_expiry_of_all_versions_of_an_object_removes_it(several: Notification) -> None:
    (record, *_) = several.records
    expired = record.model_copy(update={"event_name": "s3:ObjectRemoved:DeleteAllVersions"})
    assert (expired.changes_content, expired.removed) == (True, True)


def test_a_versioned_object_names_its_version(several: Notification) -> None:
    assert several.records[0].s3.object.version_id == "3f0c7c7e-6d3f-4f0e-9d5c-3a9b9a1d2e77"


def test_a_time_without_a_zone_is_in_utc(several: Notification) -> None:
    assert several.records[1].event_time == datetime(2026, 2, 12, 9, 30, 16, tzinfo=UTC)


@given(KEYS)
def test_any_key_survives_the_way_over_the_wire(key: str) -> None:
    wire = change("put", bucket="media", key=key, sequencer="0").to_json()
    notification = Notification.model_validate_json(wire)
    assert notification.key == f"media/{key}"
    assert notification.records[0].s3.object.unescaped_key == key


@given(KEYS)
def test_a_key_on_the_wire_is_escaped_as_minio_escapes_it(key: str) -> None:
    escaped = change("put", bucket="media", key=key, sequencer="0").records[0].s3.object.key
    assert escaped.isascii()
    assert " " not in escaped
    assert escaped.count("/") == key.count("/")


def test_a_change_is_written_with_the_field_names_of_minio() -> None:
    at = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)
    made = change(
        "put", bucket="media", key="a b", sequencer="0A", size=3, etag="e", version_id="v", content_type="c", time=at
    )
    assert json.loads(made.to_json()) == {
        "EventName": "s3:ObjectCreated:Put",
        "Key": "media/a b",
        "Records": [
            {
                "eventVersion": "2.0",
                "eventSource": "minio:s3",
                "eventTime": "2031-01-02T03:04:05Z",
                "eventName": "s3:ObjectCreated:Put",
                "s3": {
                    "bucket": {"name": "media"},
                    "object": {
                        "key": "a+b",
                        "size": 3,
                        "eTag": "e",
                        "contentType": "c",
                        "versionId": "v",
                        "sequencer": "0A",
                    },
                },
            }
        ],
    }


def test_a_removal_is_one() -> None:
    assert change("delete", bucket="media", key="a", sequencer="0").records[0].removed


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="no records"),
        pytest.param({"Records": []}, id="an empty list of records"),
        pytest.param({"Records": [{"eventName": "s3:ObjectCreated:Put"}]}, id="no object"),
        pytest.param(
            {"Records": [{"eventName": "x", "s3": {"bucket": {"name": ""}, "object": {"key": "a"}}}]},
            id="an empty bucket name",
        ),
        pytest.param(
            {"Records": [{"eventName": "x", "s3": {"bucket": {"name": "b"}, "object": {"key": ""}}}]}, id="an empty key"
        ),
    ],
)
def test_what_names_no_object_is_no_notification(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Notification.model_validate(body)
