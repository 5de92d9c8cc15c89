"""What is said of one object, from what bucket, index, bus and dead letters know of it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from omnibus.ledger import UNREAD, Waiting
from omnibus.whereabouts import State, Whereabouts, the_telling
from producers.dead_letters.letter import Letter, Place
from workers.dispatch.progress import Stage
from workers.domain.media import ObjectInfo, ObjectRef, Version
from workers.domain.record import Position
from workers.domain.segment import ObjectRecord

REF = ObjectRef("media", "a.jpg")
AT = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)
INFO = ObjectInfo(REF, "etag", 3, AT)
HELD = ObjectRecord(REF, Version("etag", "0F"), segments=2)
OLDER = ObjectRecord(REF, Version("old etag", "0E"), segments=2)
REFUSED = replace(HELD, segments=0, rejected="damaged_media: it is torn")
EVENT = Waiting("media.events", Position(1, 7), "a.jpg", AT, UNREAD)
LETTER = Letter(
    id="48d30a57-bb46-55f4-8668-5777b83d27c8",
    place=Place("media.events.dlt", 0, 1),
    origin=None,
    key=b"media/a.jpg",
    value=b"{}",
    headers=(),
    stage="write",
    kind="object_changed",
    reason="it changed",
    tries=5,
    first_at=AT,
    last_at=AT,
)


def found(
    info: ObjectInfo | None = None,
    held: ObjectRecord | None = None,
    event: Waiting | None = None,
    letter: Letter | None = None,
) -> Whereabouts:
    return Whereabouts(REF, info, held, event, letter)


@pytest.mark.parametrize(
    ("seen", "state", "why"),
    [
        (found(INFO, HELD), State.INDEXED, "2 segments can be found"),
        (found(INFO, HELD, letter=LETTER), State.INDEXED, "2 segments"),
        (found(INFO, REFUSED), State.REJECTED, "damaged_media: it is torn"),
        (found(INFO, REFUSED, letter=LETTER), State.REJECTED, "omnibus dlq redrive 48d30a57"),
        (found(INFO, event=EVENT), State.ON_THE_WAY, "unread since 2031-01-02 03:04:05 UTC"),
        (found(INFO, OLDER, EVENT), State.ON_THE_WAY, "unread"),
        (found(None, HELD, EVENT), State.ON_THE_WAY, "unread"),
        (found(INFO, HELD, EVENT), State.INDEXED, "2 segments"),
        (found(INFO, REFUSED, EVENT), State.REJECTED, "torn; another event of it is unread since 2031"),
        (found(event=EVENT), State.UNKNOWN, "no such object"),
        (
            found(INFO, event=replace(EVENT, stage=Stage.RETRYING.value, tries=3, reason="write: nobody answers")),
            State.ON_THE_WAY,
            "retrying since 2031-01-02 03:04:05 UTC, 3 tries; write: nobody answers",
        ),
        (found(INFO, letter=LETTER), State.DEAD, "write: it changed; when that is mended: omnibus dlq redrive"),
        (found(INFO, OLDER, letter=LETTER), State.DEAD, "it changed"),
        (found(INFO), State.MISSED, "no event tells of it: omnibus reconcile --fix"),
        (found(INFO, OLDER), State.MISSED, "no event tells of it"),
        (found(None, HELD), State.MISSED, "removed from the bucket and still in the index"),
        (found(), State.UNKNOWN, "there is no such object in bucket media"),
    ],
)
def test_it_says_where_the_object_is_and_what_to_do(seen: Whereabouts, state: State, why: str) -> None:
    assert seen.state is state
    assert why in seen.why


def test_what_is_known_is_given_to_programs_too() -> None:
    told = found(INFO, REFUSED, EVENT, LETTER).to_dict()
    assert (told["key"], told["state"]) == ("a.jpg", "rejected")
    assert told["bucket"] == {"etag": "etag", "size": 3, "last_modified": AT.isoformat()}
    assert told["index"] == {"etag": "etag", "segments": 0, "rejected": "damaged_media: it is torn"}
    assert told["event"]["position"] == {"partition": 1, "offset": 7}
    assert told["dead_letter"]["kind"] == "object_changed"
    assert found().to_dict()["event"] is None


def test_an_event_in_hand_says_more_than_one_that_waits_behind_it() -> None:
    """MinIO tells every change twice, the second time up to 3 s later."""
    working, waiting = replace(EVENT, stage=Stage.WORKING), replace(EVENT, stage=Stage.WAITING)
    assert the_telling(working, waiting) == working
    assert the_telling(None, waiting) == waiting


def test_of_two_events_that_wait_the_newer_one_counts() -> None:
    older, newer = replace(EVENT, stage=Stage.WAITING), replace(EVENT, position=Position(1, 8))
    assert the_telling(older, newer) == newer
