"""The envelope: every message survives the way over Kafka."""

import json
import math
from datetime import UTC, datetime, timedelta

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import MESSAGES, messages, messages_of

from schemas.answers import AnswerCompleted, AnswerDelta, AnswerHit
from schemas.envelope import Message, attributes_of, to_record
from schemas.index_events import _AboutObject
from schemas.questions import QueryRequested

DELTA = AnswerDelta(request_id="1", sequence=0, text="Blue")


@given(messages(), st.text(min_size=1), st.text(min_size=1))
def test_every_message_comes_back_from_the_headers_and_the_value_of_its_record(
    message: Message, event_id: str, subject: str
) -> None:
    record = to_record(message, event_id=event_id, source="/test", subject=subject, extensions={"requestid": "Größe"})
    attributes = attributes_of(record.headers)
    assert type(message).model_validate_json(record.value) == message
    assert attributes["type"] == message.event_type
    assert (attributes["id"], attributes["subject"], attributes["requestid"]) == (event_id, subject, "Größe")


def test_a_record_is_a_cloudevent_in_binary_content_mode() -> None:
    at = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    record = to_record(DELTA, event_id="e", source="/test", extensions={"sequence": "0"}, time=at)
    assert dict(record.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"e",
        "ce_type": b"io.omnibus.answer.delta.v1",
        "ce_source": b"/test",
        "ce_time": b"2031-05-06T07:08:09Z",
        "ce_sequence": b"0",
        "content-type": b"application/json",
    }
    assert json.loads(record.value) == {"request_id": "1", "sequence": 0, "text": "Blue"}


def test_another_library_reads_the_record() -> None:
    record = to_record(DELTA, event_id="e", source="/test")
    event = from_binary(KafkaMessage(dict(record.headers), None, record.value), JSONFormat())
    assert (event.get_type(), event.get_data()) == (DELTA.event_type, DELTA.model_dump())


def test_the_time_of_a_record_is_now_unless_given() -> None:
    time = datetime.fromisoformat(attributes_of(to_record(DELTA, event_id="e", source="/t").headers)["time"])
    assert timedelta(0) <= datetime.now(UTC) - time < timedelta(minutes=1)


def test_an_attribute_that_the_specification_forbids_is_refused() -> None:
    with pytest.raises(CloudEventValidationError, match="Not_Allowed"):
        to_record(DELTA, event_id="e", source="/test", extensions={"Not_Allowed": "x"})


@given(st.lists(st.tuples(st.text() | st.just("ce_id"), st.none() | st.binary())))
def test_reading_hostile_headers_never_fails(headers: list[tuple[str, bytes | None]]) -> None:
    attributes = attributes_of(headers)
    assert all(isinstance(name, str) and isinstance(value, str) for name, value in attributes.items())
    assert len(attributes) <= len(headers)


def test_a_record_without_headers_has_no_attributes() -> None:
    assert attributes_of(None) == {}
    assert attributes_of([("traceparent", b"00"), ("ce_type", None)]) == {}


def test_the_last_of_several_headers_of_one_name_counts() -> None:
    assert attributes_of([("ce_id", b"first"), ("ce_id", b"last")]) == {"id": "last"}


LENIENT = [kind for kind in MESSAGES if kind is not QueryRequested]


@pytest.mark.parametrize("kind", LENIENT, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=10)
def test_a_reader_passes_over_fields_of_a_later_version(kind: type[Message], data: st.DataObject) -> None:
    message = data.draw(messages_of(kind))
    extended = {**json.loads(message.model_dump_json()), "added_in_a_later_version": 1}
    assert kind.model_validate_json(json.dumps(extended)) == message


def test_every_message_has_an_event_type_of_its_own() -> None:
    types = [kind.event_type for kind in MESSAGES]
    assert len(set(types)) == len(types)
    assert all(name.startswith("io.omnibus.") and name.endswith(".v1") for name in types)
    assert set(MESSAGES) == set(Message.__subclasses__()) - {_AboutObject} | set(_AboutObject.__subclasses__())


def test_a_number_that_json_does_not_know_travels_as_a_word() -> None:
    hit = AnswerHit(key="a", modality="text", score=math.nan, scores={"text": -math.inf})
    record = to_record(AnswerCompleted(request_id="1", hits=[hit]), event_id="e", source="/test")
    strict = json.loads(record.value, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert strict["hits"][0]["scores"] == {"text": "-Infinity"}
    assert math.isnan(AnswerCompleted.model_validate_json(record.value).hits[0].score)
