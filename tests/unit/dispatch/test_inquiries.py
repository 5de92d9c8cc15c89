"""From a record to a question, or to the reason why it is none and whom to tell."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.cache import DictCache
from fakes.publisher import RecordingPublisher
from hypothesis import given, settings
from hypothesis import strategies as st
from records import hostile, record

from schemas.answers import AnswerFailed
from schemas.questions import QueryRequested
from workers.answer.asked import Asked, Questions
from workers.answer.reply import Replies
from workers.dispatch.inquiries import LONGEST, InquiryRules, Refused, inquiry
from workers.domain.record import Incoming
from workers.errors import BadQuestion, DeadlineExceeded, ReplyTopicNotAllowed

NOW = datetime(2031, 1, 1, tzinfo=UTC)
RULES = InquiryRules(
    reply_topics=["rag.replies", "team.*"], deadline_s=60, topic_exists=lambda topic: topic != "team.none"
)
SAMPLE = QueryRequested(text="what?", deadline=NOW + timedelta(minutes=1), reply_topic="team.a").model_dump_json()


def question(body: dict[str, Any] | bytes, offset: int = 0, **attributes: str) -> Incoming:
    value = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = tuple((f"ce_{name}", text.encode()) for name, text in attributes.items())
    return record(value, topic="rag.queries", offset=offset, headers=headers)


def asked(body: dict[str, Any], **attributes: str) -> Asked:
    found = inquiry(question(body, **attributes), RULES, NOW)
    assert isinstance(found, Asked)
    return found


def refused(body: dict[str, Any] | bytes, **attributes: str) -> Refused:
    found = inquiry(question(body, **attributes), RULES, NOW)
    assert isinstance(found, Refused)
    return found


def test_a_payload_alone_is_a_question() -> None:
    found = asked({"text": "what?"})
    assert found.query == QueryRequested(text="what?")
    assert found.deadline == NOW + timedelta(seconds=60)
    assert (found.reply_to.topic, found.reply_to.tenant) == ("rag.replies", "default")


def test_a_question_without_an_id_gets_one_from_its_place_on_the_topic() -> None:
    first, again, next_one = (inquiry(question({"text": "?"}, offset=o), RULES, NOW).reply_to for o in (7, 7, 8))
    assert first.request_id == again.request_id != next_one.request_id


def test_the_id_of_the_event_is_the_id_of_the_question() -> None:
    assert asked({"text": "what?"}, id="my id").request_id == "my id"


def test_an_id_that_is_too_long_is_replaced() -> None:
    assert len(asked({"text": "what?"}, id="x" * 201).request_id) == 36


@pytest.mark.parametrize(("body", "attributes"), [({"reply_topic": "team.a"}, {}), ({}, {"replytopic": "team.a"})])
def test_replies_go_where_the_question_says(body: dict[str, str], attributes: dict[str, str]) -> None:
    assert asked({"text": "what?", **body}, **attributes).reply_to.topic == "team.a"


@pytest.mark.parametrize(
    ("topic", "reason"),
    [("media.events", "allowed are rag.replies, team.*"), ("team.none", "does not exist; create it first")],
)
def test_a_reply_topic_that_cannot_be_used_is_refused_on_the_common_one(topic: str, reason: str) -> None:
    found = refused({"text": "what?", "reply_topic": topic}, id="1")
    assert isinstance(found.error, ReplyTopicNotAllowed)
    assert reason in found.error.message
    assert found.reply_to.topic == "rag.replies"


def test_the_common_reply_topic_may_always_be_named() -> None:
    rules = InquiryRules(reply_topics=[], deadline_s=60, topic_exists=lambda _: False)
    assert isinstance(inquiry(question({"text": "what?", "reply_topic": "rag.replies"}), rules, NOW), Asked)


@pytest.mark.parametrize("body", [b"", b"no JSON", b"{}", b"[]", b'{"text": 1}', b'{"txt": "?"}', b"[" * 100_000])
def test_what_is_no_question_is_refused_in_one_line(body: bytes) -> None:
    error = refused(body).error
    assert isinstance(error, BadQuestion)
    assert error.message.startswith("the question cannot be read: ")
    assert "\n" not in error.message


def test_the_reply_to_a_bad_question_goes_where_it_asked_for() -> None:
    found = refused({"txt": "?", "reply_topic": "team.a", "tenant": "them"}, id="1", traceparent="00-ab-cd-01")
    assert (found.reply_to.topic, found.reply_to.tenant) == ("team.a", "them")
    assert (found.reply_to.request_id, found.reply_to.traceparent) == ("1", "00-ab-cd-01")


def test_every_problem_of_a_question_is_named() -> None:
    message = refused({"text": "what?", "top_k": 0, "tenant": "no good"}).error.message
    assert "top_k: " in message
    assert "tenant: " in message


def test_an_event_of_another_type_is_refused() -> None:
    assert "io.omnibus.other.v1" in refused({"text": "what?"}, type="io.omnibus.other.v1").error.message


@pytest.mark.parametrize("deadline", ["2030-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_a_deadline_that_has_passed_is_refused(deadline: str) -> None:
    assert isinstance(refused({"text": "?", "deadline": deadline}).error, DeadlineExceeded)


def test_the_deadline_may_come_in_a_header() -> None:
    assert asked({"text": "?"}, deadline="2031-01-01T01:00:30+01:00").deadline == NOW + timedelta(seconds=30)


def test_the_deadline_of_the_payload_counts_more_than_that_of_the_header() -> None:
    body = {"text": "?", "deadline": "2031-01-01T00:00:10Z"}
    assert asked(body, deadline="2031-01-01T00:00:30Z").deadline == NOW + timedelta(seconds=10)


@pytest.mark.parametrize("deadline", ["soon", "2031-01-01T00:00:30", "30"])
def test_a_header_that_is_no_deadline_is_refused(deadline: str) -> None:
    assert "ce_deadline" in refused({"text": "?"}, deadline=deadline).error.message


@pytest.mark.parametrize("deadline", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:00", "2031-06-01T00:00:00+14:00"])
def test_a_deadline_beyond_all_measure_counts_as_the_longest(deadline: str) -> None:
    found = asked({"text": "?", "deadline": deadline})
    assert found.deadline == NOW + LONGEST
    assert found.deadline.tzinfo == UTC


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["ce_id", "ce_type", "ce_replytopic", "ce_traceparent", "ce_deadline", "ce_tenant", "x"]),
        st.binary(max_size=300)
        | st.sampled_from([b"team.a", b"team.none", b"2031-01-01T00:00:05Z", b"0001-01-01T00:00Z"]),
    ),
    max_size=4,
)


@given(hostile(SAMPLE.encode()), HEADERS)
@settings(max_examples=100)
def test_a_hostile_record_is_a_question_or_a_refusal_that_can_be_sent(
    values: list[bytes | None], headers: list[tuple[str, bytes]]
) -> None:
    for offset, value in enumerate(values):
        found = inquiry(record(value, topic="rag.queries", offset=offset, headers=tuple(headers)), RULES, NOW)
        cache = DictCache()
        error = found.error if isinstance(found, Refused) else BadQuestion("for the test")
        assert Replies(RecordingPublisher(), cache).fail(found.reply_to, error)
        if isinstance(found, Asked):
            Questions(cache).put(found)
            assert Questions(cache).get(found.request_id) == found


@pytest.mark.parametrize(
    ("body", "attributes"),
    [
        pytest.param({"text": "?", "reply_topic": "x" * 2_000_000}, {}, id="topic"),
        pytest.param({"text": "?", "tenant": "x" * 2_000_000}, {}, id="tenant"),
        pytest.param({"text": "?", "x" * 2_000_000: 1}, {}, id="field name"),
        pytest.param({"text": "?"}, {"type": "x" * 2_000_000}, id="event type"),
        pytest.param({"text": "?"}, {"deadline": "x" * 2_000_000}, id="deadline"),
        pytest.param({"txt": "?"}, {"traceparent": "x" * 2_000_000}, id="trace"),
        pytest.param({"txt": "?"}, {"id": "x" * 2_000_000}, id="id"),
    ],
)
def test_a_refusal_is_small_whatever_it_refuses(body: dict[str, Any], attributes: dict[str, str]) -> None:
    publisher = RecordingPublisher()
    found = refused(body, **attributes)
    Replies(publisher, DictCache()).fail(found.reply_to, found.error)
    (sent,) = publisher.on("rag.replies")
    assert len(sent.value or b"") + sum(len(value) for _, value in sent.headers) < 10_000
    assert AnswerFailed.model_validate_json(sent.value or b"").retryable is False
