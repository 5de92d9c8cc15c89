"""Paragraphs: the lines that were read in a picture, put together as they stand together."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from workers.domain.locator import Box
from workers.ports.reader import ReadLine

SURE_ENOUGH = 0.8
"""Least confidence of a line. What was read in patterns and fur had up to 0.79, clean print at least 0.95."""
LEAST_LETTERS = 2
"""Letters and digits of a paragraph: a single one is more often a shape than a word."""
MOST_CHARS = 800
"""Of a paragraph: about the 200 tokens that a passage of a text has at most."""
GAP, APART = 0.9, 1.5
"""Heights of a line between it and the next below, and beside it, in one paragraph."""
ALIKE = 1.6
"""A heading that is so many times as high as what follows it is a paragraph of its own."""
ROW = 3
"""Pieces of a row, at most, of which the first is looked for above a line."""
SHARED = 0.5
"""Least share of the narrower line that two lines of a paragraph have one above the other."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together, each on a line of `text`, and the box around them all."""

    text: str
    box: Box


def paragraphs(lines: Sequence[ReadLine], width: int, height: int) -> tuple[Paragraph, ...]:
    """What is worth finding of `lines`, which are in reading order, in a picture of `width` x `height` pixels.

    No two paragraphs have the same box.
    """
    growing: list[_Growing] = []
    for line in lines:
        if line.confidence < SURE_ENOUGH or not line.text:
            continue
        placed = _Placed(line, *_pixels(line.box, width, height))
        into = next((each for each in reversed(growing) if each.takes(placed)), None)
        if into is None:
            growing.append(_Growing([placed]))
        else:
            into.lines.append(placed)
    texts: dict[Box, str] = {}
    for each in growing:
        if sum(map(str.isalnum, each.text)) >= LEAST_LETTERS:
            texts[each.box] = f"{texts[each.box]}\n{each.text}" if each.box in texts else each.text
    return tuple(Paragraph(text, box) for box, text in texts.items())


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line with its edges in pixels."""

    line: ReadLine
    left: float
    top: float
    right: float
    bottom: float

    @property
    def high(self) -> float:
        return max(1.0, self.bottom - self.top)

    def beside(self, other: "_Placed") -> bool:
        """Whether `other` goes on to the right of it, in the same row."""
        overlap = min(self.bottom, other.bottom) - max(self.top, other.top)
        row = overlap >= SHARED * min(self.high, other.high)
        return row and -SHARED * self.high <= other.left - self.right <= APART * self.high

    def above(self, other: "_Placed") -> bool:
        """Whether `other` is the next line below it."""
        overlap = min(self.right, other.right) - max(self.left, other.left)
        narrower = min(self.right - self.left, other.right - other.left)
        near = -SHARED * self.high <= other.top - self.bottom <= GAP * min(self.high, other.high)
        return near and other.top > self.top and overlap >= SHARED * narrower


@dataclass(slots=True)
class _Growing:
    """A paragraph that lines are added to."""

    lines: list[_Placed] = field(default_factory=list)

    def takes(self, line: _Placed) -> bool:
        last = self.lines[-1]
        alike = max(last.high, line.high) <= ALIKE * min(last.high, line.high)
        near = alike and (last.beside(line) or any(each.above(line) for each in self.lines[-ROW:]))
        return near and len(self.text) + len(line.line.text) < MOST_CHARS

    @property
    def text(self) -> str:
        joined = self.lines[0].line.text
        for before, line in zip(self.lines, self.lines[1:], strict=False):
            joined += (" " if before.beside(line) else "\n") + line.line.text
        return joined

    @property
    def box(self) -> Box:
        boxes = [each.line.box for each in self.lines]
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)


def _pixels(box: Box, width: int, height: int) -> Box:
    return box[0] * width, box[1] * height, box[2] * width, box[3] * height
