"""The text of a PDF's page through PDFium: pieces of lines with their places.

PDFium says which characters form a line, but not which gaps in it are wide. Asking for the box of every character
takes as long as reading the page; the boxes of a line's runs are few, and only lines with a wide gap are looked at
word by word.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workers.adapters.decoders.encodings import without_controls
from workers.adapters.decoders.layout import WIDE, Piece, Rect, union
from workers.adapters.decoders.lines import one_line
from workers.adapters.decoders.pdf_calls import Calls

HYPHEN = "\ufffe"
"""What PDFium writes for a hyphen at the end of a line, in place of it and of the line's end."""
LINE = re.compile(rf"[^\r\n{HYPHEN}]+{HYPHEN}?")
LINE_END, PRINTABLE = b"\r\n", bytes(range(ord(" "), ord("~") + 1))
LIGATURES = re.compile("[\ufb00-\ufb06]")
WORD = re.compile(r"\S+")
SLACK = 1.0
"""Points by which the box of a run and that of its first character may differ."""


@dataclass(frozen=True, slots=True)
class View:
    """How a page is shown: its visible part in its own coordinates, and by how many degrees it is turned clockwise."""

    left: float
    bottom: float
    right: float
    top: float
    turned: int

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points, as it is shown."""
        width, height = self.right - self.left, self.top - self.bottom
        return (height, width) if self.turned in (90, 270) else (width, height)

    def rect(self, left: float, bottom: float, right: float, top: float) -> Rect:
        """A rectangle in the page's own coordinates, as it is shown."""
        if not self.turned:
            return left - self.left, self.top - top, right - self.left, self.top - bottom
        if self.turned == 90:
            return bottom - self.bottom, left - self.left, top - self.bottom, right - self.left
        if self.turned == 180:
            return self.right - right, bottom - self.bottom, self.right - left, top - self.bottom
        return self.top - top, self.right - right, self.top - bottom, self.right - left


def pieces_of(page: Any, view: View) -> list[Piece]:
    """The pieces of text that a page (a `pypdfium2.PdfPage`) shows, in the order of its content."""
    width, height = view.size
    textpage = page.get_textpage()
    try:
        found = _TextPage(textpage, view).pieces()
        return [p for p in found if p[0] and (r := p[1])[0] < width and r[1] < height and r[2] > 0 and r[3] > 0]
    finally:
        textpage.close()


class _TextPage:
    """PDFium counts in characters of its own, in UTF-16 units of the text, and in runs of what was asked for last."""

    def __init__(self, textpage: Any, view: View) -> None:
        self._textpage, self._rect = textpage, view.rect
        self._calls = Calls(textpage)
        self._one_to_one = self._all_single = False

    def pieces(self) -> Iterator[Piece]:
        text = self._textpage.get_text_range(errors="surrogatepass")
        units = _units(text)
        self._one_to_one = self._textpage.count_chars() == units
        self._all_single = len(text) == units
        tidy = _is_tidy(text)
        clean = str.strip if tidy else _clean
        count, place, rect = self._calls.count_runs, self._calls.run, self._rect
        for line, at, first, characters in _plain_spans(text) if tidy and self._one_to_one else self._spans(text):
            runs = count(first, characters)
            if runs == 1:  # most lines of prose
                yield Piece(clean(line), rect(*place(0)))
            elif runs:
                yield from self._pieces_of_line(line, at, [rect(*place(number)) for number in range(runs)])

    def _spans(self, text: str) -> Iterator[tuple[str, int, int, int]]:
        """Each line, the unit that it begins at, and its first character, as PDFium counts them, and their number."""
        if self._one_to_one and self._all_single:
            for found in LINE.finditer(text):
                line, at = found[0], found.start()
                yield line, at, at, len(line) - (line[-1] == HYPHEN)
            return
        end = at = 0
        for found in LINE.finditer(text):
            line = found[0]
            at += _units(text[end : found.start()])
            first = self._character(at)
            yield line, at, first, self._character(at + _units(line.removesuffix(HYPHEN)) - 1) - first + 1
            at += _units(line)
            end = found.end()

    def _pieces_of_line(self, line: str, at: int, runs: list[Rect]) -> Iterator[Piece]:
        cells = _cells(runs)
        cuts = self._cuts(line, at, [union(cell)[0] for cell in cells[1:]]) if len(cells) > 1 else []
        if len(cuts) != len(cells) - 1:  # overlapping runs: the text cannot be told apart
            cells, cuts = [runs], []
        for cell, start, end in zip(cells, [0, *cuts], [*cuts, len(line)], strict=False):
            yield Piece(_clean(line[start:end]), union(cell))

    def _cuts(self, line: str, at: int, edges: Sequence[float]) -> list[int]:
        """Where in the line the words begin that stand at these edges, from left to right."""
        words = [word.start() for word in WORD.finditer(line)]
        found = 0
        cuts = []
        for edge in edges:
            found = bisect_left(words, edge - SLACK, lo=found, key=lambda start: self._edge(at + _units(line[:start])))
            cuts += words[found : found + 1]
        return cuts

    def _edge(self, at: int) -> float:
        """The left edge of a character, as it is shown."""
        return self._rect(*self._calls.character(self._character(at)))[0]

    def _character(self, at: int) -> int:
        """What PDFium counts as one may be several units (a ligature), or none (a control character)."""
        return at if self._one_to_one else self._calls.index_of(at)


def _plain_spans(text: str) -> Iterator[tuple[str, int, int, int]]:
    """What `_TextPage._spans` gives of a page whose text is tidy, where PDFium's characters are those of the text."""
    at = 0
    for line in text.split(LINE_END.decode()):
        if line:
            yield line, at, at, len(line)
        at += len(line) + len(LINE_END)


def _cells(runs: Sequence[Rect]) -> list[list[Rect]]:
    """Runs that stand beside one another, cut where there is a wide gap."""
    cells: list[list[Rect]] = []
    for run in runs:
        if cells and run[0] - cells[-1][-1][2] <= WIDE * max(_height(run), _height(cells[-1][-1])):
            cells[-1].append(run)
        else:
            cells.append([run])
    return cells


def _is_tidy(text: str) -> bool:
    """Whether no line of a page has anything to be cleaned but its ends: asked once, in place of for every line."""
    if not text.isascii() or "  " in text:
        return False
    controls = text.encode().translate(None, PRINTABLE)
    return controls == LINE_END * text.count(LINE_END.decode())


def _clean(line: str) -> str:
    if line.isprintable() and (line.isascii() or not LIGATURES.search(line)):
        return one_line(line) if "  " in line else line.strip()
    text = LIGATURES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), line.replace(HYPHEN, "-"))
    return one_line(without_controls(text))


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _height(rect: Rect) -> float:
    return rect[3] - rect[1]
