"""Widening: which neighbours of the evidence the model is shown."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from segments import VERSION

from workers.answer.widen import widened
from workers.domain.answer import Source
from workers.domain.locator import Locator
from workers.domain.media import ObjectRef
from workers.domain.segment import Modality, StoredSegment
from workers.errors import ServiceUnavailable


def page(book: str, number: int, text: str = "Words.", modality: Modality = "text") -> StoredSegment:
    ref = ObjectRef("media", f"{book}.pdf")
    return StoredSegment(f"{book}{number}", ref, VERSION, number, modality, Locator(page=number), text)


def library(*pages: StoredSegment) -> Callable[[StoredSegment], Sequence[StoredSegment]]:
    """What stands around a page: all others of its book, in order."""

    def around(segment: StoredSegment) -> Sequence[StoredSegment]:
        return [each for each in pages if each.ref == segment.ref and each.id != segment.id]

    return around


A, B = [page("a", n) for n in range(7)], [page("b", n) for n in range(7)]
BOOKS = library(*A, *B)


def shown(*evidence: StoredSegment, around: Callable[[StoredSegment], Sequence[StoredSegment]] = BOOKS) -> list[str]:
    """The ids of what the model is shown, in order."""
    sources = [Source(number, segment) for number, segment in enumerate(evidence, start=1)]
    wide = widened(sources, 3, around, ())
    assert [source.marker for source in wide] == list(range(1, len(wide) + 1))
    return [source.segment.id for source in wide]


def test_a_place_that_evidence_leaves_empty_goes_to_what_follows_the_best_then_to_what_comes_before_it() -> None:
    assert shown(A[2], B[2]) == ["a2", "b2", "a3"]
    assert shown(A[2]) == ["a2", "a3", "a1"]


def test_what_a_model_wrote_of_a_picture_or_a_sound_does_not_stand_in_the_place_of_the_next_passage() -> None:
    safe, dial = page("a", 1, "Who may open the safe."), page("a", 4, "Turn the dial to 12.")
    between = [replace(page("a", 2, "Photo of: a safe"), derived=True), replace(page("a", 3), derived=True)]
    assert shown(safe, around=library(safe, *between, dial)) == ["a1", "a4"]


def test_what_stands_beside_the_second_best_comes_after_what_stands_beside_the_best() -> None:
    assert shown(A[0], B[2], around=library(A[0], *B)) == ["a0", "b2", "b3"]


def test_evidence_keeps_its_places() -> None:
    assert shown(A[2], B[2], A[5]) == ["a2", "b2", "a5"]


def test_where_no_place_is_empty_nobody_looks_around() -> None:
    def away(_: StoredSegment) -> Sequence[StoredSegment]:
        raise ServiceUnavailable("the index does not answer")

    assert shown(A[2], B[2], A[5], around=away) == ["a2", "b2", "a5"]
    with pytest.raises(ServiceUnavailable):
        shown(A[2], around=away)


def test_without_evidence_nothing_is_shown() -> None:
    assert shown() == []


def test_at_the_ends_of_an_object_there_is_one_neighbour() -> None:
    assert shown(A[0]) == ["a0", "a1"]
    assert shown(A[6]) == ["a6", "a5"]


def test_what_is_evidence_itself_is_shown_once() -> None:
    assert shown(A[3], A[4]) == ["a3", "a4", "a2"]
    assert shown(A[4], A[3]) == ["a4", "a3", "a5"]


def test_pictures_without_words_are_passed_over() -> None:
    figures = [page("a", n, text="", modality="image") for n in (1, 3, 4)]
    assert shown(A[2], around=library(A[0], figures[0], A[2], figures[1], figures[2], A[5])) == ["a2", "a5", "a0"]


def test_who_asks_for_one_modality_is_shown_no_other() -> None:
    picture = replace(A[3], modality="image")
    around = library(A[1], A[2], picture)
    wide = widened([Source(1, A[2])], 3, around, ["text"])
    assert [source.segment for source in wide] == [A[2], A[1]]
    assert len(widened([Source(1, A[2])], 3, around, ["text", "image"])) == 3
