"""PPTX through python-pptx: a section for every slide, with its number and title, its text, tables and notes."""

import io
from collections.abc import Iterator
from typing import Any

from workers.adapters.decoders.lines import Lines, one_line

_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
ALTERNATIVES = f"{_COMPATIBILITY}AlternateContent"
"""Shapes for newer programs (`Choice`), and for those that do not know them (`Fallback`), often as a picture."""

WORDS = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"


def read_slides(package: io.BytesIO, max_chars: int) -> str:
    """The slides as Markdown source; empty where no slide has a word."""
    from pptx import Presentation  # noqa: PLC0415 - costs 130 ms, and most decoding processes never see a slide

    lines = Lines(max_chars)
    worded = False
    for number, slide in enumerate(Presentation(package).slides, start=1):
        _decide(slide.shapes._spTree)
        title = slide.shapes.title
        name = one_line(title.text_frame.text) if title is not None else ""
        lines.separate()
        lines.add(f"## Slide {number}: {name}" if name else f"## Slide {number}")
        lines.separate()
        body = [line for shape in _shapes(slide.shapes) if not _is(shape, title) for line in _lines_of(shape)]
        notes = list(_notes(slide))
        for line in (*body, *notes):
            lines.add(line)
        worded = worded or bool(name or body or notes)
    return lines.text() if worded else ""


def _decide(tree: Any) -> None:
    """Put the first alternative that has words in the place of those that are offered: the library knows none."""
    for offered in list(tree.iter(ALTERNATIVES)):
        taken = next((choice for choice in offered if next(choice.iter(WORDS), None) is not None), None)
        for shape in list(taken) if taken is not None else ():
            offered.addprevious(shape)
        offered.getparent().remove(offered)


def _shapes(shapes: Any) -> Iterator[Any]:
    """All shapes in the order in which they were drawn, those in groups too; a stack: depth is the sender's choice."""
    waiting = list(reversed(list(shapes)))
    while waiting:
        shape = waiting.pop()
        if hasattr(shape, "shapes"):
            waiting.extend(reversed(list(shape.shapes)))
        else:
            yield shape


def _is(shape: Any, title: Any) -> bool:
    # Not by their ids, which are not always unique.
    return title is not None and shape._element is title._element


def _lines_of(shape: Any) -> Iterator[str]:
    if getattr(shape, "has_table", False):
        for row in shape.table.rows:
            cells = [one_line(cell.text_frame.text) for cell in row.cells]
            if any(cells):
                yield " | ".join(cells)
    elif shape.has_text_frame:
        for paragraph in shape.text_frame.paragraphs:
            text = one_line(paragraph.text)
            if text:
                yield f"{'  ' * (paragraph.level - 1)}- {text}" if paragraph.level else text


def _notes(slide: Any) -> Iterator[str]:
    """What the speaker is to say; asking for the notes of a slide that has none would make some."""
    frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    text = one_line(frame.text) if frame is not None else ""
    if text:
        yield f"Notes: {text}"
