"""Reading order: from pieces of text anywhere on a page to its lines, columns one by one, rows of tables whole.

A page is cut as a reader sees it. Where a strip of white runs down between pieces of prose on both sides, these are
columns, and what lies across the strip (a title, a wide figure's caption) parts what is above from what is below it.
Pieces beside one another that are no columns are cells of a row.
"""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

Rect = tuple[float, float, float, float]
"""(x0, y0, x1, y1) in points of the page as it is shown, from its top left corner."""

WIDE = 1.5
"""White space between two pieces of a line, in heights of it, that makes them cells: a word space is a third of one."""
CELL = " | "

STRIPS = 200
"""Places across a page where a gutter is looked for."""
GUTTERS = 4
"""Of the strips that might be one, so many are looked at."""
ACROSS = 0.25
"""Share of the pieces that may lie across a gutter."""
PROSE_CHARS = 15
"""A column's pieces have at least so many characters, in the median; cells of tables are shorter."""
PROSE_WIDTH = 0.5
"""A column's pieces fill at least so much of its width, in the median."""
COLUMN_PIECES = 3
"""Fewer pieces above one another are no column."""
MAX_COLUMNS = 8
"""Columns are looked for within columns, but not without end."""


class Piece(NamedTuple):
    """Some text without a wide gap in it. A tuple: a page has a hundred, and they are most of its cost."""

    text: str
    rect: Rect

    @property
    def width(self) -> float:
        """In points."""
        return self.rect[2] - self.rect[0]

    @property
    def height(self) -> float:
        """In points."""
        return self.rect[3] - self.rect[1]


def lines_of(pieces: Sequence[Piece]) -> list[Piece]:
    """The lines of a page in reading order. What is written sideways comes last, in the order given."""
    sideways = [piece for piece in pieces if _is_sideways(*piece)]
    upright = [piece for piece in pieces if not _is_sideways(*piece)] if sideways else pieces
    return [*_ordered(sorted(upright, key=lambda piece: piece.rect[1]), MAX_COLUMNS), *sideways]


def union(rects: Sequence[Rect]) -> Rect:
    """The smallest rectangle around them."""
    x0s, y0s, x1s, y1s = zip(*rects, strict=True)
    return min(x0s), min(y0s), max(x1s), max(y1s)


def _is_sideways(text: str, rect: Rect) -> bool:
    """Whether it is written from top to bottom, or the other way."""
    x0, y0, x1, y1 = rect
    return y1 - y0 > 2 * (x1 - x0) and len(text) > 2


def _ordered(pieces: Sequence[Piece], columns: int) -> Iterator[Piece]:
    """`pieces` come sorted by their upper edge."""
    gutter = _gutter(pieces) if columns > 1 and len(pieces) >= 2 * COLUMN_PIECES else None
    if gutter is None:
        yield from _rows(pieces)
        return
    left: list[Piece] = []
    right: list[Piece] = []
    for piece in pieces:
        if piece.rect[2] <= gutter:
            left.append(piece)
        elif piece.rect[0] >= gutter:
            right.append(piece)
        else:
            yield from (line for side in (left, right) for line in _ordered(side, columns - 1))
            yield piece
            left, right = [], []
    yield from (line for side in (left, right) for line in _ordered(side, columns - 1))


def _gutter(pieces: Sequence[Piece]) -> float | None:
    """The middle of the strip that parts columns, or None. Of several, the one with the least across it, then width."""
    x0s, _, x1s, _ = zip(*(piece.rect for piece in pieces), strict=True)
    if sorted(x1s)[COLUMN_PIECES - 1] > sorted(x0s)[-COLUMN_PIECES]:
        return None  # wherever it stood, too little would be on one side of it; so is most prose told apart quickly
    x0, x1 = min(x0s), max(x1s)
    if x1 <= x0:
        return None
    step = (x1 - x0) / STRIPS
    across = _covered(pieces, x0, step)
    narrowest = WIDE * median(piece.height for piece in pieces)
    found = [
        (count, start - end, x0 + step * (start + end) / 2)
        for start, end, count in _valleys(across, len(pieces) * ACROSS)
        if (end - start) * step >= narrowest
    ]
    return next((middle for _, _, middle in sorted(found)[:GUTTERS] if _parts_columns(pieces, middle)), None)


def _covered(pieces: Sequence[Piece], x0: float, step: float) -> list[int]:
    """How many pieces lie over each strip."""
    changes = [0] * (STRIPS + 1)
    for piece in pieces:
        left, _, right, _ = piece.rect
        changes[int((left - x0) / step)] += 1
        changes[round((right - x0) / step)] -= 1
    total, covered = 0, []
    for change in changes[:STRIPS]:
        total += change
        covered.append(total)
    return covered


def _valleys(across: Sequence[int], most: float) -> Iterator[tuple[int, int, int]]:
    """Runs of strips (from, to, how many lie over each) that at most `most` pieces lie over, of the same number."""
    start = 0
    for end in range(1, len(across) + 1):
        if end == len(across) or across[end] != across[start]:
            if start > 0 and end < len(across) and across[start] <= most:
                yield start, end, across[start]
            start = end


def _parts_columns(pieces: Sequence[Piece], gutter: float) -> bool:
    sides = (
        [piece for piece in pieces if piece.rect[2] <= gutter],
        [piece for piece in pieces if piece.rect[0] >= gutter],
    )
    return all(len(side) >= COLUMN_PIECES and _is_prose(side) for side in sides)


def _is_prose(side: Sequence[Piece]) -> bool:
    x0, _, x1, _ = union([piece.rect for piece in side])
    wide = median(piece.width for piece in side) >= PROSE_WIDTH * (x1 - x0)
    return wide and median(len(piece.text) for piece in side) >= PROSE_CHARS


def _rows(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Pieces are a line where the middle of one is on the height of the other."""
    row: list[Piece] = []
    top = bottom = 0.0
    for piece in pieces:
        _, y0, _, y1 = piece.rect
        if row and not (top <= (y0 + y1) / 2 <= bottom or y0 <= (top + bottom) / 2 <= y1):
            yield _joined(row)
            row = []
        if not row:
            top, bottom = y0, y1
        row.append(piece)
    if row:
        yield _joined(row)


def _joined(row: list[Piece]) -> Piece:
    if len(row) == 1:
        return row[0]
    row.sort(key=lambda piece: piece.rect[0])
    text, end = row[0].text, row[0].rect[2]
    for piece in row[1:]:
        wide = piece.rect[0] - end > WIDE * min(piece.height, row[0].height)
        text += (CELL if wide else " ") + piece.text
        end = max(end, piece.rect[2])
    return Piece(text, union([piece.rect for piece in row]))
