"""Figures of quality: recall, reciprocal rank, and rates of errors."""

import pytest

from benchmarks.quality.metrics import Errors, Found, characters, edit_distance, rank_of, words


def test_recall_counts_the_questions_whose_hit_is_near_enough_to_the_top() -> None:
    found = Found.of([1, 2, 5, 6, 10, 11, None, 1])
    assert (found.questions, found.at_1, found.at_5, found.at_10) == (8, 25.0, 50.0, 75.0)


def test_the_reciprocal_rank_ends_with_the_tenth_hit() -> None:
    assert Found.of([1, 2, 4, 10, 11, None]).mrr == pytest.approx((1 + 1 / 2 + 1 / 4 + 1 / 10) / 6)


def test_no_question_has_no_recall() -> None:
    with pytest.raises(ValueError, match="no question"):
        Found.of([])


def test_a_hit_that_comes_again_takes_no_place() -> None:
    assert rank_of("c", ["a", "a", "b", "a", "c"]) == 3
    assert rank_of("d", ["a", "b"]) is None
    assert rank_of("a", []) is None


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("", "", 0),
        ("same", "same", 0),
        ("", "abc", 3),
        ("abc", "", 3),
        ("kitten", "sitting", 3),
        ("ab", "ba", 2),
        ("flaw", "lawn", 2),
    ],
)
def test_edits_are_insertions_deletions_and_substitutions(one: str, other: str, edits: int) -> None:
    assert edit_distance(one, other) == edits
    assert edit_distance(other, one) == edits


def test_the_rate_is_over_all_pairs_and_not_a_mean_of_rates() -> None:
    errors = Errors().plus(["ten", "of", "clubs"], ["ten", "of", "glue"]).plus(["five"], ["five"])
    assert (errors.edits, errors.length) == (1, 4)
    assert errors.rate == 25.0


def test_more_read_than_there_is_counts_too() -> None:
    assert Errors().plus("a", "abc").rate == 200.0


def test_words_are_compared_as_they_are_spoken() -> None:
    assert words("Mr. Dashwood's ill-disposed: 10 of Clubs!") == [
        "mister",
        "dashwoods",
        "ill",
        "disposed",
        "ten",
        "of",
        "clubs",
    ]


def test_characters_are_compared_as_they_are_but_for_white_space() -> None:
    assert characters("  It's\n 5 p.m.\t") == "It's 5 p.m."
