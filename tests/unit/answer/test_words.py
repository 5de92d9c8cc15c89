"""Words and sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.answer.words import new_words, sentences, share_found, telling_words


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two!  Three?", ["One.", "Two!", "Three?"]),
        ("Version 1.5 is out. Yes", ["Version 1.5 is out.", "Yes"]),
        ("一つ。 二つ。", ["一つ。", "二つ。"]),
        ("  no end ", ["no end"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_sentence_ends_where_white_space_follows_its_mark(text: str, parts: list[str]) -> None:
    assert sentences(text) == parts


@given(st.text())
def test_no_word_is_lost_between_sentences(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_telling_words_are_stems_without_the_common_ones() -> None:
    assert telling_words("The Lighthouse was opened, and it is OPENING again!") == {"light", "opene", "openi", "again"}


def test_two_forms_of_a_long_word_are_one() -> None:
    assert telling_words("lighthouse") == telling_words("lighting") == {"light"}


def test_numbers_are_whole() -> None:
    assert telling_words("in 1889123, at 12:30, for 1,250.75") == {"1889123", "12:30", "1,250.75"}


@pytest.mark.parametrize("text", ["", "...", "the of and", "🎉"])
def test_a_text_may_say_nothing(text: str) -> None:
    assert telling_words(text) == set()


def test_new_words_are_those_that_the_question_did_not_have() -> None:
    assert new_words("The tower is green.", "What colour is the tower?") == {"green"}


@pytest.mark.parametrize(
    ("words", "sources", "share"),
    [
        ({"green", "tower"}, ["a green tower"], 1.0),
        ({"green", "tower"}, ["a tower", "of green"], 1.0),
        ({"green", "tower"}, ["a tower"], 0.5),
        ({"green"}, [], 0.0),
        (set(), [], 1.0),
    ],
)
def test_the_share_found_is_that_of_all_sources_together(words: set[str], sources: list[str], share: float) -> None:
    assert share_found(words, sources) == share


@given(st.text(), st.text())
def test_a_text_bears_out_all_of_its_own_words(text: str, question: str) -> None:
    assert share_found(new_words(text, question), [text]) == 1.0
