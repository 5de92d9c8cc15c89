"""Segmentation of a document: passages that stay on one page and in one section, with the place of their lines.

A passage that begins on a page ends on it, unless its last sentence goes on: then that sentence is left whole, and the
passage is found where it begins.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from workers.domain.decoded import CELL, DecodedDocument, DecodedText, Heading, Line, Page
from workers.domain.locator import Box, Locator
from workers.ports.splitter import Splitter

MARGIN = 0.1
"""Share of a page's height at its top and bottom where running heads and page numbers stand."""
REPEATED = 3
"""Pages, and one part in so many of all pages, that have a line which is a running head."""
SENTENCE_END = re.compile(r"[.!?…:;。！？][\"'”’»)\]]*(?=\s|$)")
GOES_ON_FOR = 3
"""Lines of the next page within which a sentence ends that began on the page before."""
CONTEXT_CHARS = 120
"""Of the headings above a passage, the innermost ones that fit: an encoder reads a few hundred words."""
SMALLER = 1.6
"""Ratio of heights from which on two lines are of different kinds, as a heading and its text."""
ITEM = re.compile(r"[•‣▪◦–*·-] |\(?\w{1,3}[.)] ")


@dataclass(frozen=True, slots=True)
class Passage:
    """A segment in the making: where it stands, and its words under the headings of its section."""

    locator: Locator
    text: str


@dataclass(slots=True)
class _Stretch:
    """Lines of one page under the same headings, the outermost first."""

    page: int
    headings: tuple[str, ...]
    lines: list[Line] = field(default_factory=list)
    following: list[Line] = field(default_factory=list)
    """The rest of the last sentence, from the next page."""

    @property
    def titled(self) -> bool:
        """Whether the first line is the heading of the section."""
        return bool(self.headings) and _is_heading(self.lines[0], _letters(self.headings[-1]))


def passages_of(document: DecodedDocument, splitter: Splitter) -> Iterator[Passage]:
    """The passages of a document, in reading order; none where no page has text."""
    for stretch in _stretches(document):
        text, spans = _running_text([*stretch.lines, *stretch.following], titled=stretch.titled)
        for start, end in splitter.split(DecodedText(document.media_type, text)):
            boxes = [
                line.box
                for line, (first, last) in zip(stretch.lines, spans, strict=False)
                if first < end and last > start
            ]
            locator = Locator(page=stretch.page, box=_around(boxes) if boxes else None)
            yield Passage(locator, _under(stretch.headings, text[start:end]))


def _stretches(document: DecodedDocument) -> list[_Stretch]:
    stretches: list[_Stretch] = []
    path: list[Heading] = []
    for page, lines in _without_running_heads(document.pages):
        found = list(_cuts(lines, [heading for heading in document.outline if heading.page == page]))
        start = 0
        for cut, heading in [*found, (len(lines), None)]:
            if cut > start:
                stretches.append(_Stretch(page, tuple(entry.title for entry in path), list(lines[start:cut])))
            start = cut
            if heading is not None:
                path = [*(entry for entry in path if entry.level < heading.level), heading]
    for one, other in pairwise(stretches):
        if one.page != other.page and one.headings == other.headings:
            _finish_sentence(one, other)
    return [stretch for stretch in stretches if stretch.lines]


def _without_running_heads(pages: Sequence[Page]) -> Iterator[tuple[int, list[Line]]]:
    """Each page's number and lines; of lines that stand at the edge of many pages, only the first is left."""
    seen = Counter(text for page in pages for text in {_numberless(line) for line in page.lines if _at_edge(line)})
    often = {text for text, count in seen.items() if count >= max(REPEATED, len(pages) / REPEATED)}
    met: set[str] = set()
    for page in pages:
        kept = []
        for line in page.lines:
            text = _numberless(line) if _at_edge(line) else ""
            if text not in met:
                kept.append(line)
            met |= {text} & often
        yield page.number, kept


def _at_edge(line: Line) -> bool:
    return line.box[3] <= MARGIN or line.box[1] >= 1 - MARGIN


def _numberless(line: Line) -> str:
    return re.sub(r"\d+", "#", line.text)


def _cuts(lines: Sequence[Line], headings: Sequence[Heading]) -> Iterator[tuple[int, Heading]]:
    """At which line each heading's section begins: at its own, or at the top of the page where that is not found."""
    first = 0
    for heading in headings:
        title = _letters(heading.title)
        first = next((n for n in range(first, len(lines)) if _is_heading(lines[n], title)), first)
        yield first, heading


def _is_heading(line: Line, title: str) -> bool:
    """Whether the line is the title, perhaps with a number before it."""
    text = _letters(line.text)
    return text.endswith(title) and len(text) <= len(title) + 8


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _finish_sentence(one: _Stretch, other: _Stretch) -> None:
    """Move to `one` what its last sentence has on the next page."""
    if SENTENCE_END.search(one.lines[-1].text[-3:]) or not (other.lines and other.lines[0].text[:1].islower()):
        return
    for number, line in enumerate(other.lines[:GOES_ON_FOR]):
        end = SENTENCE_END.search(line.text)
        if end is not None:
            rest = line.text[end.end() :].strip()
            one.following = [*other.lines[:number], Line(line.text[: end.end()], line.box)]
            other.lines[: number + 1] = [Line(rest, line.box)] if rest else []
            return


def _running_text(lines: Sequence[Line], *, titled: bool) -> tuple[str, list[tuple[int, int]]]:
    """The lines as paragraphs, words that were parted at a line's end joined; and where each line is in this."""
    text = ""
    spans: list[tuple[int, int]] = []
    for before, line in zip([None, *lines], lines, strict=False):
        if before is not None and text[-2:-1].isalpha() and text.endswith("-") and line.text[:1].islower():
            text = text[:-1]
        elif before is not None:
            text += "\n\n" if titled and before is lines[0] else _between(before, line)
        start = len(text)
        text += line.text
        spans.append((start, len(text)))
    return text, spans


def _between(before: Line, line: Line) -> str:
    """What parts two lines: a space within a paragraph, else one or two line ends."""
    height, height_before = line.box[3] - line.box[1], before.box[3] - before.box[1]
    if line.box[1] < before.box[1]:  # the next column or page
        return "\n\n" if SENTENCE_END.search(before.text[-3:]) else " "
    smaller, larger = sorted((height, height_before))
    if line.box[1] - before.box[3] > larger or larger > SMALLER * smaller:
        return "\n\n"
    first_word = (line.box[2] - line.box[0]) * (len(line.text.split()[0]) + 1) / len(line.text)
    had_room = before.box[2] + first_word < line.box[2]
    return "\n" if had_room or CELL in before.text or CELL in line.text or ITEM.match(line.text) else " "


def _around(boxes: Sequence[Box]) -> Box:
    x0s, y0s, x1s, y1s = zip(*boxes, strict=True)
    return min(x0s), min(y0s), max(x1s), max(y1s)


def _under(headings: Sequence[str], text: str) -> str:
    """The passage with the headings above it that it does not begin with itself."""
    begins = _letters(text[: 2 * CONTEXT_CHARS])
    above = [heading for heading in headings if _letters(heading) not in begins]
    while len(context := " > ".join(above)) > CONTEXT_CHARS:
        above = above[1:]
    return f"{context}\n\n{text}" if context else text
