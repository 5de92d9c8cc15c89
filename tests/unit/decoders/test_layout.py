"""Reading order loses nothing, whatever stands where."""

from hypothesis import given
from hypothesis import strategies as st

from workers.adapters.decoders.layout import CELL, Piece, lines_of, union

SIDES = st.floats(0, 1_000)


@st.composite
def pieces(draw: st.DrawFn) -> list[Piece]:
    """Up to forty pieces anywhere; each has a word of its own, some of them many."""
    places = draw(st.lists(st.tuples(SIDES, SIDES, st.floats(0, 400), st.floats(0, 60)), max_size=40))
    return [
        Piece(f"word{number}" + " and more" * (number % 4), (x, y, x + width, y + height))
        for number, (x, y, width, height) in enumerate(places)
    ]


@given(pieces())
def test_every_piece_is_in_one_line_and_within_its_place(given_pieces: list[Piece]) -> None:
    found = lines_of(given_pieces)
    words = [word for line in found for word in line.text.replace(CELL, " ").split() if word.startswith("word")]
    assert sorted(words) == sorted(piece.text.split()[0] for piece in given_pieces)
    for piece in given_pieces:
        (line,) = (line for line in found if piece.text.split()[0] in line.text.split())
        assert union([line.rect, piece.rect]) == line.rect


def test_what_is_written_sideways_comes_last() -> None:
    margin = Piece("draft of march", (5, 100, 15, 400))
    body = [Piece("A first line of the text.", (50, 100, 300, 112)), Piece("And a second one.", (50, 120, 300, 132))]
    assert lines_of([margin, *body]) == [*body, margin]
