"""Hypothesis strategies for every message."""

import base64
from datetime import timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from schemas.answers import AnswerCompleted, AnswerDelta, AnswerFailed, AnswerHit, Citation, Locator
from schemas.envelope import Message
from schemas.index_events import MediaIndexed, MediaProgressed, MediaRejected, MediaRemoved
from schemas.questions import MediaRef, Near, QueryCancelled, QueryFilters, QueryRequested

MESSAGES: tuple[type[Message], ...] = (
    QueryRequested,
    QueryCancelled,
    AnswerDelta,
    AnswerCompleted,
    AnswerFailed,
    MediaIndexed,
    MediaRemoved,
    MediaRejected,
    MediaProgressed,
)
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
DEGREES = st.floats(-90, 90)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def locators() -> st.SearchStrategy[Locator]:
    return st.builds(
        Locator,
        page=st.none() | st.integers(1, 10_000),
        box=st.none() | st.tuples(FINITE, FINITE, FINITE, FINITE),
        chars=st.none() | st.tuples(st.integers(0), st.integers(0)),
        start_s=st.none() | FINITE,
        frame_s=st.none() | FINITE,
        end_s=st.none() | FINITE,
    )


def media_refs() -> st.SearchStrategy[MediaRef]:
    referred = st.builds(MediaRef, bucket=st.text(min_size=1), key=st.text(min_size=1))
    inline = st.builds(
        MediaRef,
        data=st.binary(max_size=64).map(lambda data: base64.b64encode(data).decode()),
        media_type=st.none() | st.text(),
    )
    return referred | inline


def questions() -> st.SearchStrategy[QueryRequested]:
    return st.builds(
        QueryRequested,
        text=st.text(max_size=100).filter(str.strip),
        image=st.none() | media_refs(),
        audio=st.none() | media_refs(),
        filters=st.builds(
            QueryFilters,
            modality=st.lists(st.sampled_from(["text", "image", "audio", "video"])),
            prefix=st.text(),
            taken_after=st.none() | st.datetimes(timezones=ZONES),
            taken_before=st.none() | st.datetimes(timezones=ZONES),
            near=st.none() | st.builds(Near, latitude=DEGREES, longitude=DEGREES, km=st.floats(0.1, 20_100)),
        ),
        top_k=st.integers(1, 100),
        generate=st.booleans(),
        stream=st.booleans(),
        deadline=st.none() | st.datetimes(timezones=ZONES),
        tenant=st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
        reply_topic=st.none() | st.text(max_size=249),
    )


def completed() -> st.SearchStrategy[AnswerCompleted]:
    hits = st.builds(AnswerHit, locator=locators(), score=FINITE, scores=st.dictionaries(st.text(), FINITE))
    return st.builds(
        AnswerCompleted,
        citations=st.lists(st.builds(Citation, locator=locators()), max_size=3),
        hits=st.lists(hits, max_size=3),
        attribution=st.none() | st.dictionaries(st.text(), JSON, max_size=3),
        timings_ms=st.dictionaries(st.text(), FINITE, max_size=3),
        lineage=st.dictionaries(st.text(), JSON, max_size=3),
    )


def about_objects(kind: type[Message]) -> st.SearchStrategy[Any]:
    return st.builds(kind, seconds=FINITE)


def messages_of(kind: type[Message]) -> st.SearchStrategy[Any]:
    """Any message of this kind."""
    if kind is QueryRequested:
        return questions()
    if kind is AnswerCompleted:
        return completed()
    if kind is MediaProgressed:
        return st.builds(kind, seconds=FINITE, fraction=st.none() | st.floats(0, 1))
    return about_objects(kind) if kind in (MediaIndexed, MediaRemoved, MediaRejected) else st.builds(kind)


def messages() -> st.SearchStrategy[Message]:
    """Any message of any kind."""
    return st.one_of([messages_of(kind) for kind in MESSAGES])
