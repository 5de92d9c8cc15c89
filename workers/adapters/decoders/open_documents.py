"""OpenDocument files (ODT, ODS, ODP) from their `content.xml`, by the element names of OpenDocument 1.3, part 3."""

from collections.abc import Iterator
from typing import Any

from workers.adapters.decoders.archives import Archive
from workers.adapters.decoders.lines import Lines, one_line
from workers.adapters.decoders.tables import write_rows
from workers.adapters.decoders.xml_parts import outermost, parse_xml
from workers.errors import DamagedMedia

ODT, ODS, ODP = (f"application/vnd.oasis.opendocument.{kind}" for kind in ("text", "spreadsheet", "presentation"))

TEXT, TABLE, DRAW, OFFICE, SHOW = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}"
    for name in ("text", "table", "drawing", "office", "presentation")
)
CONTENT, MANIFEST = "content.xml", "META-INF/manifest.xml"
NOT_READ = frozenset({f"{TEXT}tracked-changes", f"{OFFICE}annotation", f"{TEXT}note-citation", f"{OFFICE}forms"})
"""What was deleted, what others remarked, and the number of a note, whose text stands in the sentence."""

BLOCKS = (f"{TEXT}h", f"{TEXT}p", f"{TEXT}list-item", f"{TABLE}table", f"{DRAW}page")
GAPS = {f"{TEXT}s": " ", f"{TEXT}tab": "\t", f"{TEXT}line-break": " ", f"{TEXT}note": " (", f"{TEXT}p": " "}
MAX_LEVEL = 6
MAX_COLUMNS = 1024
"""Cells of a row that are read: an empty cell can stand for sixteen thousand."""


def read_open_document(archive: Archive, max_chars: int) -> str:
    """The document as Markdown source. Raises `DamagedMedia` (also: encrypted) and `MediaTooLarge`."""
    if CONTENT not in archive:
        raise DamagedMedia(f"an OpenDocument file without its {CONTENT}")
    if MANIFEST in archive and b":encryption-data" in archive.read(MANIFEST):
        raise DamagedMedia("an OpenDocument file that is encrypted: save it without a password")
    body = parse_xml(archive.read(CONTENT), CONTENT).find(f"{OFFICE}body")
    if body is None:
        raise DamagedMedia(f"an OpenDocument file whose {CONTENT} has no body")
    writer = _Writer(Lines(max_chars))
    writer.blocks(body)
    return writer.lines.text()


class _Writer:
    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._slides = 0

    def blocks(self, root: Any) -> None:
        """Everything below `root` in its order; what a block is inside of is written with that block."""
        for element in outermost(root, BLOCKS, NOT_READ):
            if element.tag == f"{TABLE}table":
                self._table(element)
            elif element.tag == f"{DRAW}page":
                self._slide(element)
            elif element.tag == f"{TEXT}list-item":
                self._item(element)
            else:
                self._paragraph(element)

    def _paragraph(self, element: Any) -> None:
        text = one_line(_text(element))
        if text:
            level = element.get(f"{TEXT}outline-level", "1") if element.tag == f"{TEXT}h" else ""
            self.lines.separate()
            self.lines.add(f"{'#' * min(int(level), MAX_LEVEL)} {text}" if level.isdecimal() else text)
            self.lines.separate()

    def _item(self, element: Any) -> None:
        for paragraph in outermost(element, (f"{TEXT}p", f"{TEXT}h"), NOT_READ):
            text = one_line(_text(paragraph))
            if text:
                self.lines.add(f"- {text}")

    def _slide(self, page: Any) -> None:
        self._slides += 1
        title = page.find(f"{DRAW}frame[@{SHOW}class='title']")
        name = one_line(_text(title)) if title is not None else ""
        self.lines.separate()
        self.lines.add(f"## Slide {self._slides}: {name}" if name else f"## Slide {self._slides}")
        self.lines.separate()
        for part in page:
            if part is not title:
                self.blocks(part)

    def _table(self, table: Any) -> None:
        self.lines.separate()
        if table.getparent().tag == f"{OFFICE}spreadsheet":
            self.lines.add(f"## {one_line(table.get(f'{TABLE}name', 'Sheet'))}")
            self.lines.separate()
            write_rows(_rows(table), self.lines)
        else:
            for cells in _rows(table):
                self.lines.add(" | ".join(cells))
        self.lines.separate()


def _rows(table: Any) -> Iterator[list[str]]:
    """The rows that hold anything, without empty cells at their ends; a row that stands for many is written once."""
    for row in outermost(table, (f"{TABLE}table-row",), NOT_READ):
        cells: list[str] = []
        for cell in outermost(row, (f"{TABLE}table-cell", f"{TABLE}covered-table-cell"), NOT_READ):
            repeated = cell.get(f"{TABLE}number-columns-repeated", "1")
            times = int(repeated) if repeated.isdecimal() else 1
            cells += [one_line(_text(cell))] * min(times, MAX_COLUMNS - len(cells))
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield cells


def _text(root: Any) -> str:
    """The text of an element and all in it; a note stands in brackets where it is called."""
    from lxml import etree  # noqa: PLC0415 - see xml_parts

    found: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "start":
            if element.tag in NOT_READ:
                walk.skip_subtree()
                continue
            found.append(GAPS.get(element.tag, ""))
            found.append(element.text or "" if isinstance(element.tag, str) else "")
        else:
            found.append(")" if element.tag == f"{TEXT}note" else "")
            found.append(element.tail or "" if element is not root else "")
    return "".join(found).replace(" ( ", " (")  # a note begins with a paragraph
