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
PAGE_NUMBER = re.compile(r"(?<!\d)\d{1,5}(?!\d)")
SENTENCE_END = re.compile(r"[.!?…:;。！？][\"'”’»)\]]*(?=\s|$)")
GOES_ON_FOR = 3
"""Lines of the next page within which a sentence ends that began on the page before."""
CONTEXT_CHARS = 120
"""Of the headings above a passage, the innermost ones that fit: an encoder reads a few hundred words."""
PAGE_HEADINGS, PAGE_LINES = 100, 2000
"""Headings that one page is searched for, and in how many of its lines: more only somebody hostile has."""
TITLE_LINES = 3
"""Lines that a printed title may take."""
SMALLER = 1.6
"""Ratio of heights from which on two lines are of different kinds, as a heading and its text."""
ITEM = re.compile(r"[•‣▪◦–*·-] |\(?\w{1,3}[.)] ")


@dataclass(frozen=True, slots=True)
class Passage:
    """A segment in the making: where it stands, and its words under the headings of its section.

    `section` has all of these headings, the outermost first; it is empty where there is none.
    """

    locator: Locator
    text: str
    section: str = ""


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
        return bool(self.headings) and _ends_as(_letters(self.lines[0].text), _letters(self.headings[-1]))


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
            yield Passage(locator, _under(stretch.headings, text[start:end]), " > ".join(stretch.headings))


def _stretches(document: DecodedDocument) -> list[_Stretch]:
    stretches: list[_Stretch] = []
    path: list[Heading] = []
    headings: dict[int, list[Heading]] = {}
    for entry in document.outline:
        headings.setdefault(entry.page, []).append(entry)
    for page, lines in _without_running_heads(document.pages):
        found = list(_cuts(lines, headings.get(page, ())))
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
    edges = [{_repeatable(line, page.number): line for line in _edges(page.lines)} for page in pages]
    seen = Counter(text for of_page in edges for text in of_page)
    often = {text for text, count in seen.items() if count >= max(REPEATED, len(pages) / REPEATED)}
    met: set[str] = set()
    for page, of_page in zip(pages, edges, strict=True):
        dropped = [line for text, line in of_page.items() if text in met]
        yield page.number, [line for line in page.lines if not any(line is each for each in dropped)]
        met |= of_page.keys() & often


def _edges(lines: Sequence[Line]) -> list[Line]:
    """The outermost line at the top and at the bottom of a page: two rows of a table are no running head."""
    top = [line for line in lines if line.box[3] <= MARGIN]
    bottom = [line for line in lines if line.box[1] >= 1 - MARGIN]
    first, last = min(top, key=lambda line: line.box[1], default=None), max(bottom, key=_foot, default=None)
    return [line for line in (first, last) if line is not None]


def _foot(line: Line) -> float:
    return line.box[3]


def _repeatable(line: Line, page: int) -> str:
    """The line with a page's number as its distance from the page: other numbers tell one line from another."""
    return PAGE_NUMBER.sub(lambda found: f"#{int(found[0]) - page}", line.text)


def _cuts(lines: Sequence[Line], headings: Sequence[Heading]) -> Iterator[tuple[int, Heading]]:
    """At which line each heading's section begins: at its own, or at the top of the page where none is found.

    A heading that is not found after one that was begins nothing: where it would cut, nobody knows.
    """
    letters = [_letters(line.text) for line in lines[:PAGE_LINES]] if headings else []
    first, found = 0, False
    for heading in headings[:PAGE_HEADINGS]:
        title = _letters(heading.title)
        at = next((n for n in range(first, len(letters)) if _is_title(letters, n, title)), None)
        if at is not None or not found:
            first, found = at or 0, at is not None
            yield first, heading


def _is_title(letters: Sequence[str], first: int, title: str) -> bool:
    """Whether the lines from `first` on, up to three of them, are the title, perhaps with a number before it."""
    return any(_ends_as("".join(letters[first : first + count]), title) for count in range(1, TITLE_LINES + 1))


def _ends_as(text: str, title: str) -> bool:
    return text.endswith(title) and len(text) <= len(title) + 8


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _finish_sentence(one: _Stretch, other: _Stretch) -> None:
    """Move to `one` what its last sentence has on the next page."""
    # A page whose only lines ended the sentence before them has none left.
    if not one.lines or not other.lines or not other.lines[0].text[:1].islower():
        return
    if SENTENCE_END.search(one.lines[-1].text[-3:]):
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
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    length = 0
    for before, line in zip([None, *lines], lines, strict=False):
        if before is not None and _is_parted(before.text, line.text):
            parts[-1] = parts[-1][:-1]
            length -= 1
        elif before is not None:
            parts.append("\n\n" if titled and before is lines[0] else _between(before, line))
            length += len(parts[-1])
        parts.append(line.text)
        spans.append((length, length + len(line.text)))
        length += len(line.text)
    return "".join(parts), spans


def _is_parted(before: str, after: str) -> bool:
    """Whether a word goes on in the next line."""
    return before[-2:-1].isalpha() and before.endswith("-") and after[:1].islower()


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
