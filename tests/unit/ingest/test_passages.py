"""Passages of a document: on one page, under their headings, with the place of their lines."""

from collections.abc import Sequence

import numpy as np
import pytest

from workers.domain.decoded import CELL, DecodedDocument, DecodedText, Heading, Line, Page, PagePicture
from workers.domain.locator import Locator
from workers.domain.media import ObjectRef
from workers.domain.segment import parent_id
from workers.errors import EmptyMedia
from workers.ingest.document import PAGE_HEADINGS, PAGE_LINES, passages_of
from workers.ingest.segment import segments_of

REF = ObjectRef("media", "handbook.pdf")


class Whole:
    """A splitter that cuts nothing."""

    def split(self, text: DecodedText) -> Sequence[tuple[int, int]]:
        return [(0, len(text.text))] if text.text else []


class EveryWords:
    """A splitter that cuts after so many characters."""

    def __init__(self, size: int) -> None:
        self._size = size

    def split(self, text: DecodedText) -> Sequence[tuple[int, int]]:
        return [(start, min(len(text.text), start + self._size)) for start in range(0, len(text.text), self._size)]


def page(number: int, *words: str, top: float = 0.2, leading: float = 0.02) -> Page:
    """Lines below one another, each as wide as it has letters."""
    boxes = [
        (0.1, round(top + leading * n, 4), round(0.1 + len(w) / 100, 4), round(top + leading * n + 0.012, 4))
        for n, w in enumerate(words)
    ]
    return Page(number, tuple(Line(text, box) for text, box in zip(words, boxes, strict=True)))


def document(*pages: Page, outline: Sequence[tuple[int, str, int]] = ()) -> DecodedDocument:
    return DecodedDocument("application/pdf", pages, tuple(Heading(*entry) for entry in outline))


def texts(*pages: Page, outline: Sequence[tuple[int, str, int]] = ()) -> list[tuple[int | None, str]]:
    found = passages_of(document(*pages, outline=outline), Whole())
    return [(passage.locator.page, passage.text) for passage in found]


# Running text


def test_the_lines_of_a_paragraph_are_joined() -> None:
    assert texts(page(1, "The keeper feeds the", "seals every morning.")) == [
        (1, "The keeper feeds the seals every morning.")
    ]


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("The light is vis-", "ible from afar.", "The light is visible from afar."),
        ("Open on Monday-", "Friday only.", "Open on Monday- Friday only."),
        ("From 1990-", "and not later.", "From 1990- and not later."),
    ],
)
def test_a_word_that_was_parted_at_a_line_end_is_whole(first: str, second: str, joined: str) -> None:
    assert texts(page(1, first, second)) == [(1, joined)]


def test_a_gap_between_lines_parts_paragraphs() -> None:
    apart = page(1, "The first paragraph.", "The second paragraph.", leading=0.05)
    assert texts(apart) == [(1, "The first paragraph.\n\nThe second paragraph.")]


def test_rows_items_and_short_lines_stay_on_their_own() -> None:
    rows = page(
        1,
        f"Day{CELL}12.50",
        f"Week{CELL}30.00",
        "• one thing of the list",
        "• another of them",
        "• a third",
        "and more that is not of the list",
    )
    assert texts(rows) == [(1, "\n".join(line.text for line in rows.lines))]


def test_the_next_column_goes_on_with_a_sentence() -> None:
    left, right = page(1, "The keeper feeds", top=0.8).lines, page(1, "the seals.", top=0.1).lines
    assert texts(Page(1, left + right)) == [(1, "The keeper feeds the seals.")]


# Pages


def test_a_passage_ends_with_its_page() -> None:
    assert texts(page(1, "The end of it."), page(2, "Another matter.")) == [
        (1, "The end of it."),
        (2, "Another matter."),
    ]


def test_a_sentence_that_goes_on_is_found_where_it_begins() -> None:
    first, second = page(1, "The keeper feeds the"), page(2, "seals at nine. Then he", "goes home.")
    assert texts(first, second) == [(1, "The keeper feeds the seals at nine."), (2, "Then he goes home.")]


@pytest.mark.parametrize("begin", ["Seals at nine.", "12 seals at nine.", "seals and more and"])
def test_what_is_not_surely_the_rest_of_a_sentence_stays_on_its_page(begin: str) -> None:
    assert texts(page(1, "The keeper feeds the"), page(2, begin)) == [(1, "The keeper feeds the"), (2, begin)]


def test_a_running_head_is_read_once_and_does_not_part_a_sentence() -> None:
    def numbered(number: int, words: str) -> Page:
        head, foot = page(number, "Handbook", top=0.02).lines, page(number, f"Page {number}", top=0.95).lines
        return Page(number, head + page(number, words).lines + foot)

    found = texts(
        numbered(1, "The first"), numbered(2, "goes on here. Then"), numbered(3, "it ends. And"), numbered(4, "so on.")
    )
    assert [text.split() for _, text in found][1:] == [["Then", "it", "ends."], ["And", "so", "on."]]
    assert [text.count("Handbook") for _, text in found] == [1, 0, 0]


# Places


def test_the_place_of_a_passage_is_that_of_its_lines() -> None:
    lines = page(3, "0123456789", "abcdefghij", "ABCDEFGHIJ").lines
    found = list(passages_of(document(Page(3, lines)), EveryWords(11)))
    assert [passage.locator for passage in found] == [Locator(page=3, box=line.box) for line in lines]
    (whole,) = passages_of(document(Page(3, lines)), Whole())
    assert whole.locator == Locator(page=3, box=(0.1, 0.2, 0.2, 0.252))


# Headings


def test_passages_are_cut_at_headings_and_told_of_those_above_them() -> None:
    outline = [(0, "Animals", 1), (1, "Seals", 1), (1, "Lemurs", 2), (0, "Tickets", 2)]
    one = page(1, "1 Animals", "We have two kinds.", "1.1 Seals", "They eat fish.")
    two = page(2, "They swim.", "1.2 Lemurs", "They eat fruit.", "2 Tickets", "They cost ten.")
    assert texts(one, two, outline=outline) == [
        (1, "1 Animals\n\nWe have two kinds."),
        (1, "Animals\n\n1.1 Seals\n\nThey eat fish."),
        (2, "Animals > Seals\n\nThey swim."),
        (2, "Animals\n\n1.2 Lemurs\n\nThey eat fruit."),
        (2, "2 Tickets\n\nThey cost ten."),
    ]


def test_a_heading_that_is_not_found_on_its_page_begins_at_the_top_of_it() -> None:
    assert texts(page(1, "Once upon a time."), outline=[(0, "Chapter one", 1)]) == [
        (1, "Chapter one\n\nOnce upon a time.")
    ]


def test_of_many_long_headings_the_innermost_are_told() -> None:
    outline = [(level, f"{level} {'x' * 50}", 1) for level in range(4)]
    ((_, text),) = texts(page(1, "Words."), outline=outline)
    assert text == f"2 {'x' * 50} > 3 {'x' * 50}\n\nWords."


# Segments


def test_the_segments_of_a_document_are_in_order_with_its_pictures() -> None:
    red, blue = (np.full((2, 2, 3), colour, np.uint8) for colour in ((255, 0, 0), (0, 0, 255)))
    figure = (0.1, 0.1, 0.5, 0.5)
    pages = [
        Page(1, page(1, "The first page.").lines, (PagePicture(red), PagePicture(blue, figure))),
        page(2, "The second page."),
    ]
    found = segments_of(REF, document(*pages), Whole())
    assert [(s.ordinal, s.modality, s.locator.page) for s in found.segments] == [
        (0, "text", 1),
        (1, "image", 1),
        (2, "image", 1),
        (3, "text", 2),
    ]
    assert [s.locator for s in found.segments if s.modality == "image"] == [
        Locator(page=1),
        Locator(page=1, box=figure),
    ]
    shown = [found.pictures[s.content_hash] for s in found.segments if s.modality == "image"]
    assert [one.tolist() for one in shown] == [red.tolist(), blue.tolist()]


def test_segments_of_a_section_have_one_parent_and_without_sections_those_of_a_page() -> None:
    outline = [(0, "Seals", 1), (0, "Lemurs", 2)]
    pages = [page(1, "Seals", "They eat fish."), page(2, "They swim all day long.", "Lemurs", "They eat fruit.")]
    parents = [s.parent for s in segments_of(REF, document(*pages, outline=outline), Whole()).segments]
    assert parents == [parent_id(REF, f"section {name}") for name in ("Seals", "Seals", "Lemurs")]
    parents = [s.parent for s in segments_of(REF, document(*pages), Whole()).segments]
    assert parents == [parent_id(REF, f"page {number}") for number in (1, 2)]


def test_segments_at_one_place_are_told_apart() -> None:
    same = PagePicture(np.zeros((2, 2, 3), np.uint8), (0.1, 0.1, 0.5, 0.5))
    long_line = Page(1, page(1, "word " * 40).lines, (same, same))
    found = segments_of(REF, document(long_line), EveryWords(50)).segments
    assert len(found) == 6
    assert len({segment.id for segment in found}) == 6


def test_a_document_without_text_and_pictures_is_empty_media() -> None:
    with pytest.raises(EmptyMedia):
        segments_of(REF, document(Page(1), Page(2, lost="it cannot be loaded")), Whole())


# What other documents have shown


def test_a_page_that_holds_only_the_end_of_a_sentence_leaves_the_next_page_alone() -> None:
    assert texts(
        page(1, "The sentence goes on and"), page(2, "ends on a page of its own."), page(3, "Third page.")
    ) == [
        (1, "The sentence goes on and ends on a page of its own."),
        (3, "Third page."),
    ]


def test_no_row_of_a_table_is_taken_for_a_running_head() -> None:
    rows = [[f"{number}.5 | {page_of}7 | {number * page_of}" for number in range(40)] for page_of in range(1, 6)]
    pages = [page(number, *of_page, top=0.02, leading=0.024) for number, of_page in enumerate(rows, start=1)]
    found = "\n".join(text for _, text in texts(*pages))
    assert [row for of_page in rows for row in of_page if row not in found] == []


def test_numbered_titles_are_no_running_heads() -> None:
    pages = [page(n, f"Step {10 * n}", top=0.03) for n in range(1, 7)]
    assert [text for _, text in texts(*pages)] == [f"Step {10 * n}" for n in range(1, 7)]


def test_a_title_that_is_printed_on_two_lines_is_found() -> None:
    words = page(1, "Alpha", "Line of alpha.", "Valves and how they are", "kept free of rust", "Line of valves.")
    found = texts(words, outline=[(0, "Alpha", 1), (0, "Valves and how they are kept free of rust", 1)])
    assert [text for _, text in found] == [
        "Alpha\n\nLine of alpha.",
        "Valves and how they are kept free of rust Line of valves.",
    ]


def test_a_heading_that_is_not_on_its_page_takes_nothing_from_the_one_before() -> None:
    found = texts(page(1, "Alpha", "Line of alpha."), outline=[(0, "Alpha", 1), (0, "Elsewhere", 1)])
    assert [text for _, text in found] == ["Alpha\n\nLine of alpha."]


def test_more_headings_and_lines_than_anybody_writes_are_not_all_compared() -> None:
    words = page(1, *(f"word {n}" for n in range(2 * PAGE_LINES)), "Late", leading=0.0001)
    outline = [*((0, f"Absent {n}", 1) for n in range(2 * PAGE_HEADINGS)), (0, "Late", 1)]
    (found,) = texts(words, outline=outline)
    assert found[1].endswith("Late")
    assert found[1].startswith("Absent")
