"""DOCX through python-docx: headings, paragraphs, lists and tables in the order of the document, then its notes.

python-docx opens the package and knows its styles. The text is read from the XML itself, because `Paragraph.text`
leaves out what stands in content controls, in tracked insertions and in text boxes.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

from workers.adapters.decoders.lines import Lines, one_line
from workers.adapters.decoders.xml_parts import outermost

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
NOT_READ = frozenset({FALLBACK, f"{W}del", f"{W}moveFrom", f"{W}rPr", f"{W}instrText"})
"""What repeats other content for old programs, what was deleted or moved away, and the code of fields."""

BREAKS = {f"{W}tab": "\t", f"{W}br": " ", f"{W}cr": " ", f"{W}noBreakHyphen": "-"}
NOTES = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote"}
HEADING = re.compile(r"heading ([1-9])$", re.I)
MAX_LEVEL = 6


def read_word_document(package: io.BytesIO, max_chars: int) -> str:
    """The document as Markdown source: headings by their styles, list items, a line for every row of a table."""
    from docx import Document  # noqa: PLC0415 - costs 80 ms, and most decoding processes never see a document

    document = Document(package)
    writer = _Writer(Lines(max_chars), _heading_levels(document), _list_styles(document))
    writer.blocks(document.element.body)
    for kind in ("footnote", "endnote"):
        writer.notes(_notes_root(document, kind), kind)
    return writer.lines.text()


def _heading_levels(document: Any) -> dict[str, int]:
    """The level of every paragraph style that is a heading, or is based on one."""
    levels: dict[str, int] = {}
    for style in _paragraph_styles(document):
        for ancestor in _ancestry(style):
            name = ancestor.name or ""
            found = HEADING.match(name)
            if found or name == "Title":
                levels[style.style_id] = min(int(found[1]), MAX_LEVEL) if found else 1
                break
    return levels


def _list_styles(document: Any) -> frozenset[str]:
    return frozenset(
        style.style_id
        for style in _paragraph_styles(document)
        if any((ancestor.name or "").startswith("List ") for ancestor in _ancestry(style))
    )


def _paragraph_styles(document: Any) -> Iterator[Any]:
    from docx.enum.style import WD_STYLE_TYPE  # noqa: PLC0415 - see read_word_document

    return (style for style in document.styles if style.type == WD_STYLE_TYPE.PARAGRAPH)


def _ancestry(style: Any) -> Iterator[Any]:
    """`style` and what it is based on; a style that is based on itself ends it."""
    seen: set[str] = set()
    while style is not None and style.style_id not in seen:
        yield style
        seen.add(style.style_id)
        style = style.base_style


def _notes_root(document: Any, kind: str) -> Any:
    """The root of the part that holds the notes of a kind, or None."""
    from docx.opc.constants import RELATIONSHIP_TYPE  # noqa: PLC0415 - see read_word_document
    from docx.oxml import parse_xml  # noqa: PLC0415 - the same

    wanted = {"footnote": RELATIONSHIP_TYPE.FOOTNOTES, "endnote": RELATIONSHIP_TYPE.ENDNOTES}[kind]
    for relation in document.part.rels.values():
        if relation.reltype == wanted and not relation.is_external:
            return parse_xml(relation.target_part.blob)
    return None


class _Writer:
    def __init__(self, lines: Lines, heading_levels: dict[str, int], list_styles: frozenset[str]) -> None:
        self.lines = lines
        self._heading_levels = heading_levels
        self._list_styles = list_styles
        self._in_list = False

    def blocks(self, root: Any) -> None:
        """Every paragraph and table below `root` that stands in no other one."""
        for element in outermost(root, (f"{W}p", f"{W}tbl"), NOT_READ):
            if element.tag == f"{W}tbl":
                self._table(element)
            else:
                self._paragraph(element)

    def notes(self, root: Any, kind: str) -> None:
        """The notes of the part `root`, each after its number; what separates notes on a page is none of them."""
        for note in root if root is not None else ():
            if note.tag == f"{W}{kind}" and note.get(f"{W}type", "normal") == "normal":
                text = one_line(" ".join(map(_text, outermost(note, (f"{W}p",), NOT_READ))))
                if text:
                    self.lines.separate()
                    self.lines.add(f"[{kind} {note.get(f'{W}id', '')}] {text}")

    def _paragraph(self, paragraph: Any) -> None:
        text = one_line(_text(paragraph))
        if text:
            self._write(paragraph, text)
        for box in outermost(paragraph, (f"{W}txbxContent",), NOT_READ):
            self.blocks(box)

    def _write(self, paragraph: Any, text: str) -> None:
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        name = style.get(f"{W}val", "") if style is not None else ""
        level = self._heading_levels.get(name)
        item = level is None and (name in self._list_styles or paragraph.find(f"{W}pPr/{W}numPr") is not None)
        if not (item and self._in_list):
            self.lines.separate()
        self.lines.add(f"{'#' * level} {text}" if level else f"- {text}" if item else text)
        self._in_list = item

    def _table(self, table: Any) -> None:
        self.lines.separate()
        self._in_list = False
        for row in outermost(table, (f"{W}tr",), NOT_READ):
            cells = [one_line(_cell_text(cell)) for cell in outermost(row, (f"{W}tc",), NOT_READ)]
            if any(cells):
                self.lines.add(" | ".join(cells))
        self.lines.separate()


def _cell_text(cell: Any) -> str:
    paragraphs = [paragraph for each in outermost(cell, (f"{W}p",), NOT_READ) for paragraph in (each, *_boxed(each))]
    return " ".join(filter(None, map(_text, paragraphs)))


def _boxed(paragraph: Any) -> Iterator[Any]:
    """The paragraphs of the text boxes in it."""
    for box in outermost(paragraph, (f"{W}txbxContent",), NOT_READ):
        yield from outermost(box, (f"{W}p",), NOT_READ)


def _text(paragraph: Any) -> str:
    """The text of a paragraph without that of the text boxes in it."""
    found = []
    for element in outermost(paragraph, (f"{W}t", f"{W}txbxContent", *BREAKS, *NOTES), NOT_READ):
        if element.tag == f"{W}t":
            found.append(element.text or "")
        elif element.tag in BREAKS:
            found.append(BREAKS[element.tag])
        elif element.tag in NOTES:
            found.append(f" [{NOTES[element.tag]} {element.get(f'{W}id', '')}]")
    return "".join(found)
