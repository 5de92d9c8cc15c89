"""Paragraphs: lines that stand together belong together, and what is no text is left out."""

from hypothesis import given
from hypothesis import strategies as st

from workers.ingest.paragraphs import LEAST_LETTERS, MOST_CHARS, SURE_ENOUGH, paragraphs
from workers.ports.reader import ReadLine

SIZE = 1000
"""Of the picture's sides, in pixels."""


def line(text: str, left: int, top: int, *, width: int = 300, high: int = 20, confidence: float = 0.99) -> ReadLine:
    box = (left / SIZE, top / SIZE, (left + width) / SIZE, (top + high) / SIZE)
    return ReadLine(text, box, confidence)


def texts(*lines: ReadLine) -> list[str]:
    return [each.text for each in paragraphs(lines, SIZE, SIZE)]


def test_lines_close_below_one_another_are_a_paragraph_with_a_box_around_them() -> None:
    (found,) = paragraphs([line("No swimming", 100, 100), line("beyond the pier", 120, 128)], SIZE, SIZE)
    assert found.text == "No swimming\nbeyond the pier"
    assert found.box == (0.1, 0.1, 0.42, 0.148)


def test_a_gap_begins_a_new_paragraph() -> None:
    assert texts(line("One.", 100, 100), line("Two.", 100, 160)) == ["One.", "Two."]


def test_a_heading_is_a_paragraph_of_its_own() -> None:
    assert texts(line("HARBOUR", 100, 100, high=60), line("Open all day", 100, 170)) == ["HARBOUR", "Open all day"]


def test_columns_are_not_mixed() -> None:
    lines = [line("The ferry", 50, 100), line("Dogs must", 500, 100), line("leaves.", 50, 130), line("wait.", 500, 130)]
    assert texts(*lines) == ["The ferry\nleaves.", "Dogs must\nwait."]


def test_pieces_of_a_row_are_one_line() -> None:
    row = [line("to the", 100, 100, width=80), line("harbour", 190, 102, width=90)]
    assert texts(*row, line("and back", 100, 130, width=120)) == ["to the harbour\nand back"]


def test_what_the_reader_is_not_sure_of_is_left_out() -> None:
    assert texts(line("EXIT", 100, 100), line("w~l", 100, 130, confidence=SURE_ENOUGH - 0.01)) == ["EXIT"]


def test_shapes_that_look_like_a_single_letter_are_left_out() -> None:
    assert texts(line("O", 100, 100), line("--- ..", 100, 300), line("P1", 100, 500)) == ["P1"]
    assert LEAST_LETTERS == 2


def test_a_long_column_is_cut_into_paragraphs_that_an_encoder_takes() -> None:
    found = texts(*(line(f"line {number} " * 8, 100, 100 + 8 * number, high=7) for number in range(60)))
    assert len(found) > 1
    assert all(len(text) <= MOST_CHARS for text in found)
    assert sum(text.count("\n") + 1 for text in found) == 60


edges = st.tuples(*[st.integers(0, 100)] * 4).map(
    lambda e: (min(e[0], e[2]) / 100, min(e[1], e[3]) / 100, max(e[0], e[2]) / 100, max(e[1], e[3]) / 100)
)


@given(st.lists(st.builds(ReadLine, st.text(max_size=5), edges, st.floats(0, 1)), max_size=12))
def test_whatever_was_read_gives_distinct_boxes_within_the_picture(lines: list[ReadLine]) -> None:
    found = paragraphs(lines, 640, 480)
    assert len({each.box for each in found}) == len(found)
    assert all(0 <= edge <= 1 for each in found for edge in each.box)
    assert all(each.text.strip() for each in found)
