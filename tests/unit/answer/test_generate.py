"""Generation: an answer from the sources, or the reason why there is none."""

import pytest
from fakes.models import Parrot
from segments import by_id, passage, photo

from schemas.questions import QueryRequested
from workers.answer.generate import NOT_BORNE_OUT, NOT_SAID, NOTHING_FOUND, SOURCES, Writer, wording
from workers.domain.answer import Answer, Source
from workers.domain.hit import FusedHit

QUESTION = QueryRequested(text="What colour is the tower?")
TOWER = passage("tower", "The tower was painted green in 1889.")


def writer(says: str, max_tokens: int = 100) -> tuple[Writer, Parrot]:
    parrot = Parrot(says)
    return Writer(parrot, {"text": 0.3, "image": 0.2}, max_tokens), parrot


def write(says: str, *, stop: bool = False, pieces: list[str] | None = None) -> Answer:
    return writer(says)[0].write(
        QUESTION,
        "",
        [Source(1, TOWER)],
        on_text=pieces.append if pieces is not None else None,
        should_stop=lambda: stop,
    )


def test_an_answer_that_the_sources_bear_out_is_given() -> None:
    assert write("It is green.") == Answer("It is green.")


def test_an_answer_of_the_question_s_own_words_needs_no_more() -> None:
    assert write("The tower.") == Answer("The tower.")


def test_without_a_source_nothing_is_written() -> None:
    made, parrot = writer("It is green.")
    answer = made.write(QUESTION, "", [], on_text=None, should_stop=lambda: False)
    assert answer == Answer(None, refused=NOTHING_FOUND)
    assert parrot.asked == []


@pytest.mark.parametrize("says", ["NOT FOUND", "not found.", "The answer is: NOT FOUND", "", " \n"])
def test_a_model_that_finds_nothing_in_the_sources_makes_a_refusal(says: str) -> None:
    assert write(says) == Answer(None, refused=NOT_SAID)


def test_what_the_sources_do_not_bear_out_is_refused() -> None:
    assert write("It is made of purple marble.") == Answer(None, refused=NOT_BORNE_OUT)


def test_the_model_is_asked_with_the_words_of_the_sources() -> None:
    made, parrot = writer("green")
    made.write(QUESTION, "", [Source(1, TOWER)], on_text=None, should_stop=lambda: False)
    assert parrot.asked == [("What colour is the tower?", [TOWER.text])]


def test_the_text_is_handed_on_as_it_is_written() -> None:
    pieces: list[str] = []
    assert write("It is green.", pieces=pieces) == Answer("It is green.")
    assert pieces == ["It", " is", " green."]


def test_a_model_that_was_stopped_before_it_wrote_anything_gives_no_answer() -> None:
    assert write("It is green.", stop=True).text is None


def test_an_answer_has_no_more_tokens_than_allowed() -> None:
    made, _ = writer("It is green in 1889", max_tokens=3)
    assert made.write(QUESTION, "", [Source(1, TOWER)], on_text=None, should_stop=lambda: False).text == "It is green"


def test_sources_are_evidence_with_words_best_first() -> None:
    hits = [
        FusedHit("far", 0.9, {"text": 0.1}),
        FusedHit("wordless", 0.8, {"image": 0.9}),
        FusedHit("tower", 0.7, {"text": 0.5}),
        FusedHit("gone", 0.6, {"text": 0.5}),
        FusedHit("frog", 0.5, {"image": 0.5}),
    ]
    segments = by_id(passage("far", "Far."), photo("wordless", ""), TOWER, photo("frog", "Photo of: frog"))
    sources = writer("")[0].sources(hits, segments)
    assert [(source.marker, source.segment.id) for source in sources] == [(1, "tower"), (2, "frog")]


def test_the_model_is_shown_no_more_sources_than_it_can_use() -> None:
    segments = by_id(*(passage(str(number), "Words.") for number in range(10)))
    hits = [FusedHit(name, 1.0, {"text": 0.9}) for name in segments]
    assert len(writer("")[0].sources(hits, segments)) == SOURCES


@pytest.mark.parametrize(
    ("text", "seen", "question"),
    [
        ("what?", "", "what?"),
        (None, "macaw", "What is this? (The picture that comes with the question shows: macaw.)"),
        ("where?", "macaw", "where? (The picture that comes with the question shows: macaw.)"),
    ],
)
def test_the_model_reads_what_the_question_s_picture_shows(text: str | None, seen: str, question: str) -> None:
    assert wording(text, seen) == question
