"""What holds for office documents and books of every kind, and what for presentations and workbooks."""

from collections.abc import Callable

import docx
import openpyxl
import pptx
import pytest
from document_texts import OFFICE, text
from documents import (
    BOOK,
    CHAPTER,
    EVERY_KIND,
    open_document,
    packed,
    repacked,
    saved,
    slides,
    unpacked,
    workbook,
)

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import Text
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, UnknownMediaType

# PowerPoint and Excel


def test_every_slide_is_a_section_with_its_number_title_text_tables_and_notes() -> None:
    assert text(slides()) == Text(
        f"{OFFICE}.presentationml.presentation",
        "## Slide 1: The river\n\nIt rises in the hills.\n- It is cold\nNotes: Show the map here.\n\n"
        "## Slide 2: Prices\n\ngrain | price\nrye | 7",
        "markdown",
    )


def test_a_presentation_may_have_its_words_in_the_notes_only() -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    slide.notes_slide.notes_text_frame.text = "Say this about the mill."
    assert text(saved(show)).text == "## Slide 1\n\nNotes: Say this about the mill."


def test_a_body_with_the_id_of_its_title_is_read() -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text_frame.text = "The river", "It rises in the hills."
    slide.placeholders[1]._element.nvSpPr.cNvPr.set("id", str(slide.shapes.title.shape_id))
    assert "It rises in the hills." in text(saved(show)).text


def test_a_row_of_a_sheet_names_its_columns_and_a_title_above_the_table_is_none_of_them() -> None:
    assert text(workbook()) == Text(
        f"{OFFICE}.spreadsheetml.sheet",
        "## Prices\n\nPrices of grain\ngrain; price; since\ngrain: rye; price: 0.3; since: 2026-03-01\n"
        "grain: oats; price: 7; since: 2026-03-01 12:30:00\n\n## Notes\n\nThe mill is closed on Mondays.",
        "markdown",
    )


def test_of_a_formula_the_value_is_read_that_was_computed_last() -> None:
    def change(parts: dict[str, bytes]) -> None:
        sheet = "xl/worksheets/sheet2.xml"
        cell = '<row r="3"><c r="A3"><f>SUM(1,2)</f><v>3</v></c></row></sheetData>'
        parts[sheet] = parts[sheet].replace(b"</sheetData>", cell.encode())

    assert text(repacked(workbook(), change)).text.endswith("The mill is closed on Mondays.\n3")


def test_a_sheet_that_says_it_ends_earlier_than_it_does_is_read_to_its_end() -> None:
    def change(parts: dict[str, bytes]) -> None:
        sheet = "xl/worksheets/sheet1.xml"
        parts[sheet] = parts[sheet].replace(b'ref="A1:C5"', b'ref="A1"')
        assert b'ref="A1"' in parts[sheet]

    assert "oats" in text(repacked(workbook(), change)).text


@pytest.mark.parametrize("make", [lambda: saved(docx.Document()), lambda: saved(openpyxl.Workbook())])
def test_a_document_without_a_word_is_empty_media(make: Callable[[], bytes]) -> None:
    with pytest.raises(EmptyMedia):
        text(make())


# All of them


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx", "epub", "odt"])
def test_a_document_is_recognised_whatever_its_name_but_not_under_that_of_a_picture_or_a_text(kind: str) -> None:
    data = EVERY_KIND[kind]()
    assert text(data, "a.bin").media_type == text(data, f"a.{kind}").media_type
    for name in ("a.jpg", "a.txt", "a.mp3"):
        with pytest.raises(DamagedMedia, match="by its name it is"):
            text(data, name)


def test_a_text_longer_than_the_limit_is_too_large_in_every_kind() -> None:
    limits = DecodeLimits(max_text_chars=20)
    for kind in ("docx", "pptx", "xlsx", "epub", "odt", "eml"):
        with pytest.raises(MediaTooLarge, match="more than 20 characters"):
            text(EVERY_KIND[kind](), limits=limits)


def test_an_encrypted_office_document_is_named_as_such_and_old_ones_by_their_program() -> None:
    container = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    with pytest.raises(DamagedMedia, match="encrypted: save it without a password"):
        text(container + "EncryptedPackage".encode("utf-16-le"), "secret.docx")
    with pytest.raises(UnknownMediaType, match=r"old Word document .* save it as \.docx"):
        text(container + "WordDocument".encode("utf-16-le"), "a.doc")
    with pytest.raises(UnknownMediaType, match="old Microsoft Office document"):
        text(container, "a.doc")


def test_an_encrypted_open_document_is_named_as_such() -> None:
    parts = unpacked(open_document("<text:p>a</text:p>"))
    parts["META-INF/manifest.xml"] = b"<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    with pytest.raises(DamagedMedia, match="encrypted"):
        text(packed(parts))


def test_chapters_may_be_in_any_encoding_that_they_declare() -> None:
    chapter = '<?xml version="1.0" encoding="windows-1251"?>' + CHAPTER.format("Мир", "Да")
    parts = {**BOOK, "OPS/one.xhtml": chapter.encode("cp1251")}
    assert "# Мир\n\nДа" in text(packed(parts)).text
