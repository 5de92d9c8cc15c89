"""The announcement of what became of an object."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes.publisher import RecordingPublisher

from schemas.index_events import SKIPPED_TOLD, ErasureReceipt, MediaIndexed, MediaRejected, MediaRemoved, ObjectVersion
from workers.domain.change import Change
from workers.domain.media import ObjectRef, Version
from workers.errors import ServiceUnavailable
from workers.ingest.announce import Announcer
from workers.ingest.erase import Erased

CHANGE = Change(
    ObjectRef("media", "a b", "them"), "e", "0F", removed=False, at=datetime.now(UTC) - timedelta(seconds=2)
)
VERSION = Version("e", "0F", "v")


@pytest.fixture
def publisher() -> RecordingPublisher:
    return RecordingPublisher()


@pytest.fixture
def announcer(publisher: RecordingPublisher) -> Announcer:
    return Announcer(publisher)  # type: ignore[arg-type] - the same methods


def test_an_indexed_object_is_announced_under_its_name(announcer: Announcer, publisher: RecordingPublisher) -> None:
    changed = replace(CHANGE, at=datetime.now(UTC) - timedelta(seconds=2))
    announcer.indexed(changed, VERSION, "text/plain", 3)
    (sent,) = publisher.on("rag.index-events")
    event = MediaIndexed.model_validate_json(sent.value or b"")
    assert sent.key == b"media/a b"
    assert (sent.attributes["type"], sent.attributes["tenant"]) == (MediaIndexed.event_type, "them")
    assert (event.bucket, event.key, event.tenant, event.media_type, event.segments, event.unchanged) == (
        "media",
        "a b",
        "them",
        "text/plain",
        3,
        False,
    )
    assert event.version == ObjectVersion(etag="e", version_id="v", sequencer="0F")
    assert 2 <= event.seconds < 60


def test_the_pages_that_were_lost_are_named_as_far_as_a_message_holds_them(
    announcer: Announcer, publisher: RecordingPublisher
) -> None:
    lost = [(number, f"reason {number}") for number in range(1, 1001)]
    announcer.indexed(CHANGE, VERSION, "application/pdf", 3, skipped=lost)
    event = MediaIndexed.model_validate_json(publisher.sent[0].value or b"")
    assert [(page.page, page.reason) for page in event.skipped] == lost[:SKIPPED_TOLD]


def test_a_removed_object_is_announced(announcer: Announcer, publisher: RecordingPublisher) -> None:
    announcer.removed(CHANGE, VERSION, Erased(segments=3, embeddings=2, answers=1))
    assert publisher.sent[0].attributes["type"] == MediaRemoved.event_type
    receipt = MediaRemoved.model_validate_json(publisher.sent[0].value or b"")
    assert receipt.erased == ErasureReceipt(segments=3, embeddings=2, answers=1)


def test_a_rejected_object_is_announced_with_its_reason(announcer: Announcer, publisher: RecordingPublisher) -> None:
    announcer.rejected(CHANGE, VERSION, "damaged_media", "it is torn")
    event = MediaRejected.model_validate_json(publisher.sent[0].value or b"")
    assert (event.kind, event.reason) == ("damaged_media", "it is torn")


def test_a_change_from_the_future_took_no_time(announcer: Announcer, publisher: RecordingPublisher) -> None:
    ahead = Change(CHANGE.ref, "e", "0F", removed=False, at=datetime.now(UTC) + timedelta(hours=1))
    announcer.removed(ahead, VERSION, Erased())
    assert MediaRemoved.model_validate_json(publisher.sent[0].value or b"").seconds == 0


def test_what_cannot_be_announced_is_tried_again(announcer: Announcer, publisher: RecordingPublisher) -> None:
    publisher.away = True
    with pytest.raises(ServiceUnavailable, match="Kafka"):
        announcer.removed(CHANGE, VERSION, Erased())
