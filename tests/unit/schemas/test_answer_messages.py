"""Replies: their exact shape, which programs in other languages depend on."""

import json

from schemas.answers import (
    TERMINAL,
    AnswerCompleted,
    AnswerDelta,
    AnswerFailed,
    AnswerHit,
    Citation,
    Degradation,
    FailureCode,
    Locator,
    Refusal,
)
from schemas.envelope import Message, to_record
from workers.errors import OmnibusError, Permanent, Transient


def on_the_wire(message: Message) -> dict[str, object]:
    return json.loads(to_record(message, event_id="e", source="/test").value)


def test_a_completed_answer_has_exactly_these_fields() -> None:
    message = AnswerCompleted(
        request_id="7",
        answer="Blue [1].",
        citations=[Citation(marker=1, key="a.md", modality="text", locator=Locator(chars=(3, 9)), quote="It is blue.")],
        hits=[
            AnswerHit(
                key="b.pdf",
                modality="image",
                locator=Locator(page=2, box=(0.0, 0.25, 0.5, 1.0)),
                score=0.5,
                scores={"image": 0.25},
                text="Photo of: frog",
            )
        ],
        attribution={"sources": [{"key": "a.md", "share": 1.0}], "modalities": {"text": 1.0}},
        degraded=[Degradation(part="retrieve_keywords", reason="the index does not answer")],
        timings_ms={"encode": 12.5},
        lineage={"models": {"text": "minilm"}},
    )
    assert on_the_wire(message) == {
        "request_id": "7",
        "answer": "Blue [1].",
        "citations": [
            {"marker": 1, "key": "a.md", "modality": "text", "locator": {"chars": [3, 9]}, "quote": "It is blue."}
        ],
        "hits": [
            {
                "key": "b.pdf",
                "modality": "image",
                "locator": {"page": 2, "box": [0.0, 0.25, 0.5, 1.0]},
                "score": 0.5,
                "scores": {"image": 0.25},
                "text": "Photo of: frog",
            }
        ],
        "attribution": {"sources": [{"key": "a.md", "share": 1.0}], "modalities": {"text": 1.0}},
        "refused": None,
        "degraded": [{"part": "retrieve_keywords", "reason": "the index does not answer"}],
        "timings_ms": {"encode": 12.5},
        "lineage": {"models": {"text": "minilm"}},
    }


def test_a_refusal_has_no_answer_and_a_reason() -> None:
    wire = on_the_wire(AnswerCompleted(request_id="7", refused=Refusal(reason="nobody knows")))
    assert wire["answer"] is None
    assert wire["refused"] == {"reason": "nobody knows"}


def test_a_locator_of_a_whole_object_is_empty() -> None:
    wire = on_the_wire(AnswerCompleted(request_id="7", hits=[AnswerHit(key="a", modality="image", score=1.0)]))
    assert wire["hits"] == [
        {"key": "a", "modality": "image", "locator": {}, "score": 1.0, "scores": {}, "text": None},
    ]


def test_seconds_in_a_locator_travel_by_their_names() -> None:
    hit = AnswerHit(key="a.mp3", modality="audio", locator=Locator(start_s=1.5, end_s=3.0), score=1.0)
    wire = on_the_wire(AnswerCompleted(request_id="7", hits=[hit]))
    assert wire["hits"][0]["locator"] == {"start_s": 1.5, "end_s": 3.0}  # type: ignore[index] - it is a list


def test_a_failure_has_exactly_these_fields() -> None:
    message = AnswerFailed(request_id="7", code=FailureCode.WORK_LOST, message="gone", retryable=True)
    assert on_the_wire(message) == {"request_id": "7", "code": "work_lost", "message": "gone", "retryable": True}


def test_a_delta_has_exactly_these_fields() -> None:
    assert on_the_wire(AnswerDelta(request_id="7", sequence=3, text=" is")) == {
        "request_id": "7",
        "sequence": 3,
        "text": " is",
    }


def test_nothing_follows_a_completed_or_a_failed_answer() -> None:
    assert set(TERMINAL.values()) == {AnswerCompleted, AnswerFailed}
    assert all(kind.event_type == event_type for event_type, kind in TERMINAL.items())


def test_every_error_that_a_question_can_meet_has_a_code_of_its_own() -> None:
    about_records = {"bad_event", "object_changed"}
    kinds = {kind.kind for base in (Permanent, Transient) for kind in base.__subclasses__()}
    assert {OmnibusError.kind, *kinds} - about_records == {code.value for code in FailureCode}
