"""Attribution: each sentence leads to the source that bears it out."""

from dataclasses import replace

import pytest
from fakes.models import WordCounter
from segments import passage, photo

from workers.answer.attribute import attribute
from workers.domain.answer import Answer, Source
from workers.domain.segment import StoredSegment

TOWER = passage("tower", "Nobody knows why. The tower was painted green in 1889. It is high.")
HARBOUR = passage("harbour", "The harbour opens at 06:30. Boats wait.")
FROG = photo("frog", "Photo of: tree frog")


def cite(text: str, question: str, *segments: StoredSegment) -> Answer:
    sources = [Source(number, segment) for number, segment in enumerate(segments, start=1)]
    return attribute(Answer(text), question, sources, WordCounter())


def test_a_sentence_is_marked_with_the_source_that_says_it() -> None:
    answer = cite("It was painted green.", "What colour is the tower?", HARBOUR, TOWER)
    assert answer.text == "It was painted green. [1]"
    assert [(citation.marker, citation.segment) for citation in answer.citations] == [(1, TOWER)]


def test_markers_count_in_the_order_of_first_use() -> None:
    answer = cite("It opens at 06:30. It was painted green. Boats wait.", "Tell me all.", TOWER, HARBOUR)
    assert answer.text == "It opens at 06:30. [1] It was painted green. [2] Boats wait. [1]"
    assert [(citation.marker, citation.segment.id) for citation in answer.citations] == [(1, "harbour"), (2, "tower")]


def test_a_source_that_bears_nothing_out_is_not_cited() -> None:
    answer = cite("It was painted green.", "What colour is the tower?", TOWER, HARBOUR, FROG)
    assert [citation.segment.id for citation in answer.citations] == ["tower"]


def test_the_quote_is_the_sentence_of_the_source_that_says_it() -> None:
    (citation,) = cite("It was painted green in 1889.", "What colour is the tower?", TOWER).citations
    assert citation.quote == "The tower was painted green in 1889."


def test_a_picture_is_cited_without_a_quote() -> None:
    (citation,) = cite("It is a tree frog.", "What is this?", FROG, TOWER).citations
    assert (citation.segment, citation.quote) == (FROG, None)


@pytest.mark.parametrize("first", ["Video of: tower", "Animation of: tower"])
def test_what_a_model_saw_in_a_shot_is_not_quoted(first: str) -> None:
    shot = replace(passage("shot", f"{first}\n\nThe old one opens at noon."), modality="video")
    (citation,) = cite("The tower opens at noon.", "When does it open?", shot).citations
    assert citation.quote == "The old one opens at noon."


def test_a_refusal_comes_back_as_it_is() -> None:
    refused = Answer(None, refused="nobody knows")
    assert attribute(refused, "what?", [Source(1, TOWER)], WordCounter()) is refused


def test_without_sources_there_is_nothing_to_cite() -> None:
    assert cite("Green.", "what?") == Answer("Green.")


def test_the_heading_above_a_passage_is_not_quoted_though_it_has_the_words_of_the_answer() -> None:
    page = passage("page", "Pump maintenance\n\nDo it every six months.")
    (citation,) = cite("Pump maintenance is done every half a year.", "How often?", page).citations
    assert citation.quote == "Do it every six months."


def test_the_heading_above_a_passage_is_no_part_of_the_quote() -> None:
    page = passage("page", "Signals > Fog\n\nThe bell is rung in fog. It is loud.")
    (citation,) = cite("The bell is rung in fog.", "When is it rung?", page).citations
    assert citation.quote == "The bell is rung in fog."
