"""Questions: what is refused, and in which words."""

import base64
import json
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.questions import INLINE_LIMIT, MediaRef, QueryRequested

PICTURE = {"data": base64.b64encode(b"picture").decode()}


def problems(question: dict[str, Any]) -> str:
    """What is wrong with it, as one line per problem."""
    with pytest.raises(ValidationError) as refused:
        QueryRequested.model_validate_json(json.dumps(question))
    return "\n".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in refused.value.errors())


@pytest.mark.parametrize("question", [{"text": "what?"}, {"image": PICTURE}, {"audio": {"bucket": "b", "key": "k"}}])
def test_words_a_picture_or_a_sound_is_a_question(question: dict[str, Any]) -> None:
    asked = QueryRequested.model_validate_json(json.dumps(question))
    assert (asked.top_k, asked.generate, asked.stream, asked.tenant) == (10, True, False, "default")


@pytest.mark.parametrize("question", [{}, {"text": ""}, {"text": " \n\t"}, {"generate": False}, {"text": None}])
def test_a_question_that_asks_nothing_is_refused(question: dict[str, Any]) -> None:
    assert "needs at least one of text, image and audio" in problems(question)


def test_a_misspelt_field_is_refused_by_its_name() -> None:
    assert problems({"text": "what?", "topk": 5}) == "topk: Extra inputs are not permitted"
    assert problems({"text": "what?", "filters": {"modalities": ["image"]}}).startswith("filters.modalities: ")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("top_k", 0, id="no hits wanted"),
        pytest.param("top_k", 101, id="too many hits wanted"),
        pytest.param("text", "x" * 8001, id="too many words"),
        pytest.param("tenant", "a tenant", id="a tenant with a space"),
        pytest.param("tenant", "", id="an empty tenant"),
        pytest.param("reply_topic", "x" * 250, id="a topic name longer than Kafka allows"),
        pytest.param("deadline", "2031-01-01T00:00:00", id="a deadline without a time zone"),
        pytest.param("deadline", "soon", id="a deadline that is no time"),
        pytest.param("filters", {"modality": ["smell"]}, id="an unknown modality"),
    ],
)
def test_a_value_out_of_range_is_refused_by_the_name_of_its_field(field: str, value: object) -> None:
    assert problems({"text": "what?", field: value}).startswith(field)


@pytest.mark.parametrize(
    "reference",
    [
        pytest.param({}, id="neither"),
        pytest.param({"bucket": "b", "key": "k", **PICTURE}, id="both"),
        pytest.param({"bucket": "b", **PICTURE}, id="inline, with a bucket"),
        pytest.param({"key": "k"}, id="a key without a bucket"),
        pytest.param({"bucket": "b"}, id="a bucket without a key"),
    ],
)
def test_media_are_in_a_bucket_or_inline_and_not_both(reference: dict[str, str]) -> None:
    assert "either bucket and key, or data" in problems({"image": reference})


def test_an_empty_key_is_refused() -> None:
    assert problems({"image": {"bucket": "b", "key": ""}}).startswith("image.key: ")


@pytest.mark.parametrize("data", ["!", "YQ", "Y Q = =", "é", "YQ==YQ=="])
def test_inline_data_that_is_no_base64_is_refused(data: str) -> None:
    assert problems({"image": {"data": data}}).endswith("data is not base64")


def test_inline_data_may_be_as_large_as_the_limit_and_no_larger() -> None:
    assert MediaRef.inline(b"x" * INLINE_LIMIT).inline_bytes() == b"x" * INLINE_LIMIT
    large = base64.b64encode(b"x" * (INLINE_LIMIT + 1)).decode()
    assert "refer to larger media by bucket and key" in problems({"image": {"data": large}})


def test_a_reference_into_the_bucket_carries_no_bytes() -> None:
    assert MediaRef(bucket="b", key="k").inline_bytes() is None


def test_white_space_around_the_words_is_dropped() -> None:
    assert QueryRequested(text="  what?\n").text == "what?"


FIRST_FIELDS = {"text", "image", "audio", "filters", "top_k", "generate", "stream", "deadline", "tenant", "reply_topic"}
"""Those of the first version, which refuses others, written down."""


@pytest.mark.parametrize("mode", ["json", "python"])
def test_a_question_that_uses_no_later_field_is_understood_by_earlier_versions(mode: str) -> None:
    travelling = QueryRequested(text="what?").model_dump(mode=mode)
    assert set(travelling) == FIRST_FIELDS
    assert travelling["filters"] == {"modality": [], "prefix": ""}


def test_filters_that_are_set_travel() -> None:
    asked = QueryRequested.model_validate(
        {
            "text": "what?",
            "filters": {"taken_after": "2024-05-01T00:00:00Z", "near": {"latitude": 1, "longitude": 0, "km": 5}},
        }
    )
    assert QueryRequested.model_validate_json(asked.model_dump_json()) == asked
    assert set(asked.model_dump(mode="json")["filters"]) == {"modality", "prefix", "taken_after", "near"}
