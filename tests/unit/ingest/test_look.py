"""The look at the object: which version it is that was seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes.bucket import DictBucket
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.change import Change
from workers.domain.media import ObjectInfo, ObjectRef, Version, sequencer_from
from workers.domain.segment import ObjectRecord
from workers.ingest.look import ObjectChanged, Sight, look_again, version_of

REF = ObjectRef("media", "a")
SECOND = datetime(2031, 1, 1, 12, 0, 0, tzinfo=UTC)
AT = SECOND.replace(microsecond=250_000)
CHANGE = Change(REF, etag="one", sequencer=sequencer_from(AT), removed=False, at=AT)
INFO = ObjectInfo(REF, etag="one", size=3, last_modified=SECOND, version_id="v1")
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=36_500)).map(lambda age: SECOND - timedelta(days=9_000) + age)


def held(version: Version) -> ObjectRecord:
    return ObjectRecord(REF, version, segments=1)


def test_the_event_of_the_version_that_is_there_knows_its_instant() -> None:
    assert version_of(INFO, CHANGE) == Version("one", CHANGE.sequencer, "v1")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(replace(CHANGE, etag="other"), id="an event of another version"),
        pytest.param(replace(CHANGE, sequencer=""), id="an event without a sequencer"),
        pytest.param(replace(CHANGE, removed=True), id="an event of a removal"),
    ],
)
def test_any_other_event_leaves_the_end_of_the_second(change: Change) -> None:
    end = SECOND + timedelta(microseconds=999_999)
    assert version_of(INFO, change).sequencer == sequencer_from(end)


@given(MOMENTS)
def test_a_version_never_seems_older_than_it_is(moment: datetime) -> None:
    info = replace(INFO, last_modified=moment.replace(microsecond=0))
    seen = version_of(info, replace(CHANGE, etag="other"))
    assert not seen.precedes(Version("one", sequencer_from(moment)))


@given(MOMENTS, MOMENTS)
def test_sequencers_are_in_the_order_of_time(one: datetime, other: datetime) -> None:
    assert Version("", sequencer_from(one)).precedes(Version("", sequencer_from(other))) == (one < other)


@pytest.mark.parametrize(
    ("older", "newer"), [("", "1"), ("0F", "10"), ("1", "2000"), ("0055AED6DCD90281E5", "0055AED6DCD90281E6")]
)
def test_shorter_sequencers_are_padded_on_the_right(older: str, newer: str) -> None:
    assert Version("", older).precedes(Version("", newer))
    assert not Version("", newer).precedes(Version("", older))


def test_versions_of_one_instant_do_not_precede_each_other() -> None:
    one, other = Version("a", "10"), Version("b", "1000")
    assert not one.precedes(other)
    assert not other.precedes(one)


def test_an_object_that_is_gone_has_the_version_of_its_event() -> None:
    sight = Sight(CHANGE, info=None, held=None)
    assert sight.version == Version("one", CHANGE.sequencer)
    assert not sight.unchanged


def test_an_object_is_unchanged_when_the_index_holds_the_same_bytes_of_the_same_version() -> None:
    assert Sight(CHANGE, INFO, held(Version("one", "whenever", "v1"))).unchanged
    assert not Sight(CHANGE, INFO, held(Version("two", CHANGE.sequencer, "v1"))).unchanged
    assert not Sight(CHANGE, INFO, held(Version("one", CHANGE.sequencer, "v2"))).unchanged
    assert not Sight(CHANGE, INFO, None).unchanged


def test_an_object_that_was_refused_is_unchanged_unless_its_event_was_redriven() -> None:
    refused = replace(held(Version("one", CHANGE.sequencer, "v1")), segments=0, rejected="damaged_media: torn")
    indexed = held(Version("one", CHANGE.sequencer, "v1"))
    redriven = replace(CHANGE, redriven=True)
    assert Sight(CHANGE, INFO, refused).unchanged
    assert not Sight(redriven, INFO, refused).unchanged
    assert Sight(redriven, INFO, indexed).unchanged


def test_what_is_there_is_no_older_than_what_was_indexed_before() -> None:
    """Three versions within a second; the second was seen by the event of the first."""
    first = replace(CHANGE, etag="first")
    second = Sight(first, replace(INFO, etag="second"), held=None).version
    third_event = replace(CHANGE, etag="third", sequencer=sequencer_from(AT + timedelta(milliseconds=1)))
    third = Sight(third_event, replace(INFO, etag="third"), held(second)).version
    assert third.etag == "third"
    assert not third.precedes(second)


def test_a_second_look_finds_the_object_as_it_was() -> None:
    bucket = DictBucket()
    bucket.put(REF, b"one")
    look_again(bucket, Sight(CHANGE, bucket.stat(REF), None))


@pytest.mark.parametrize("then", [None, b"two"])
def test_a_second_look_notices_that_the_object_changed(then: bytes | None) -> None:
    bucket = DictBucket()
    bucket.put(REF, b"one")
    sight = Sight(CHANGE, bucket.stat(REF), None)
    if then is None:
        del bucket.objects[REF]
    else:
        bucket.put(REF, then)
    with pytest.raises(ObjectChanged, match="media/a changed"):
        look_again(bucket, sight)
