"""Office documents and books in the form in which they are indexed. In this process: the sandbox has its own."""

from collections.abc import Callable

import docx
import openpyxl
import pptx
import pytest
from documents import (
    BOOK,
    CHAPTER,
    EVERY_KIND,
    PACKAGE,
    WORD_MAIN,
    book,
    open_document,
    packed,
    repacked,
    saved,
    slides,
    unpacked,
    word_document,
    workbook,
)

from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import Text
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, UnknownMediaType

LIMITS = DecodeLimits()
OFFICE = "application/vnd.openxmlformats-officedocument"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def text(data: bytes, key: str = "a", limits: DecodeLimits = LIMITS) -> Text:
    result = decode(data, key, limits)
    assert isinstance(result, Text)
    return result


def word_document_of(body: str) -> bytes:
    """A Word document whose body is the XML `body`."""
    content = f"<w:document {W}><w:body>{body}</w:body></w:document>".encode()
    return repacked(word_document(), lambda parts: parts.update({"word/document.xml": content}))


def paragraph(words: str) -> str:
    return f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>"


# Word


def test_a_word_document_is_read_in_its_order_with_headings_lists_and_tables() -> None:
    assert text(word_document()) == Text(
        f"{OFFICE}.wordprocessingml.document",
        "# The Mill\n\n# The river\n\nIt rises in the hills.\n\n- salt\n- flour\n\ngrain | price\nrye | 7\n\n"
        "## The wheel\n\nIt turns all day.",
        "markdown",
    )


def test_a_style_that_is_based_on_a_heading_is_a_heading() -> None:
    document = docx.Document()
    style = document.styles.add_style("Section of ours", 1)
    style.base_style = document.styles["Heading 3"]
    document.add_paragraph("The river", style=style)
    assert text(saved(document)).text == "### The river"


def test_text_in_content_controls_insertions_and_links_is_read_and_deleted_text_is_not() -> None:
    body = (
        f"<w:sdt><w:sdtContent>{paragraph('controlled')}</w:sdtContent></w:sdt>"
        "<w:p><w:ins><w:r><w:t>inserted</w:t></w:r></w:ins><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
        "<w:hyperlink><w:r><w:tab/><w:t>linked</w:t></w:r></w:hyperlink></w:p>"
    )
    assert text(word_document_of(body)).text == "controlled\n\ninserted linked"


def test_a_text_box_is_read_once_after_the_paragraph_that_holds_it() -> None:
    box = f"<w:txbxContent>{paragraph('boxed')}</w:txbxContent>"
    compatible = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    drawing = f"<mc:AlternateContent {compatible}><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    body = f"<w:p><w:r><w:t>around</w:t>{drawing}</mc:AlternateContent></w:r></w:p>"
    assert text(word_document_of(body)).text == "around\n\nboxed"


def test_a_text_box_in_a_cell_is_read_once() -> None:
    box = f"<w:txbxContent>{paragraph('boxed')}</w:txbxContent>"
    compatible = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    drawing = f"<mc:AlternateContent {compatible}><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    cell = f"<w:tc><w:p><w:r><w:t>cell</w:t>{drawing}</mc:AlternateContent></w:r></w:p></w:tc>"
    assert text(word_document_of(f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>")).text == "cell boxed"


def test_footnotes_follow_the_text_under_their_numbers() -> None:
    relation = (
        '<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes" '
        'Target="footnotes.xml"/></Relationships>'
    )
    notes = (
        f'<w:footnotes {W}><w:footnote w:type="separator" w:id="0">{paragraph("----")}</w:footnote>'
        f'<w:footnote w:id="2">{paragraph("In the year 1815.")}</w:footnote></w:footnotes>'
    )

    def with_note(parts: dict[str, bytes]) -> None:
        parts["word/document.xml"] = (
            f"<w:document {W}><w:body><w:p><w:r><w:t>Built early</w:t></w:r>"
            '<w:r><w:footnoteReference w:id="2"/></w:r></w:p></w:body></w:document>'
        ).encode()
        rels = "word/_rels/document.xml.rels"
        parts[rels] = parts[rels].replace(b"</Relationships>", relation.encode())
        parts["word/footnotes.xml"] = notes.encode()

    assert (
        text(repacked(word_document(), with_note)).text == "Built early [footnote 2]\n\n[footnote 2] In the year 1815."
    )


@pytest.mark.parametrize(
    "main_type",
    [
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    ],
)
def test_templates_and_documents_with_macros_are_read_and_their_macros_are_not(main_type: str) -> None:
    def change(parts: dict[str, bytes]) -> None:
        types = parts["[Content_Types].xml"].decode().replace(WORD_MAIN, main_type)
        parts["[Content_Types].xml"] = types.encode()
        parts["word/vbaProject.bin"] = b"\xd0\xcf\x11\xe0 Sub AutoOpen()"

    read = text(repacked(word_document(), change), "a.docm")
    assert "It rises in the hills." in read.text
    assert "AutoOpen" not in read.text


def test_right_to_left_and_zero_width_characters_stay_as_they_were_written() -> None:
    words = "שלום \u202bעולם\u202c zero\u200bwidth ל\u200dא"
    assert text(word_document_of(paragraph(words))).text == words


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


# OpenDocument


def test_an_open_document_text_is_read_with_headings_notes_lists_and_tables() -> None:
    body = (
        '<text:h text:outline-level="2">The river</text:h>'
        "<text:p>It<text:s/>rises<text:note><text:note-citation>1</text:note-citation><text:note-body>"
        "<text:p>In spring.</text:p></text:note-body></text:note> in the hills.</text:p>"
        "<text:list><text:list-item><text:p>salt</text:p></text:list-item></text:list>"
        '<table:table><table:table-row><table:table-cell table:number-columns-repeated="2"><text:p>rye</text:p>'
        '</table:table-cell><table:table-cell table:number-columns-repeated="16000"/></table:table-row></table:table>'
    )
    expected = "## The river\n\nIt rises (In spring.) in the hills.\n\n- salt\n\nrye | rye"
    assert text(open_document(body)) == Text("application/vnd.oasis.opendocument.text", expected, "markdown")


def test_an_item_of_a_list_has_neither_comments_nor_its_footnote_twice() -> None:
    note = "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>In spring.</text:p>"
    comment = "<office:annotation><text:p>a remark</text:p></office:annotation>"
    item = f"<text:list-item><text:p>salt{note}</text:note-body></text:note>{comment}</text:p></text:list-item>"
    assert text(open_document(f"<text:list>{item}</text:list>")).text == "- salt (In spring.)"


def test_sheets_and_slides_of_open_documents_are_sections() -> None:
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    rows = "".join(f"<table:table-row>{cell.format(a)}{cell.format(b)}</table:table-row>" for a, b in ("xy", "12"))
    sheet = f'<table:table table:name="Prices">{rows}</table:table>'
    assert text(open_document(sheet, "spreadsheet")).text == "## Prices\n\nx; y\nx: 1; y: 2"
    frame = "<draw:frame{}><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    slide = frame.format(' presentation:class="title"', "The river") + frame.format("", "It rises.")
    assert text(open_document(f"<draw:page>{slide}</draw:page>", "presentation")).text == (
        "## Slide 1: The river\n\nIt rises."
    )


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY secret SYSTEM "file:///etc/hostname">',
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY secret "&a;&a;&a;&a;&a;&a;&a;&a;">',
    ],
)
def test_entities_of_an_open_document_stay_outside_of_its_text(declared: str) -> None:
    parts = unpacked(open_document("<text:p>before &secret; after</text:p>"))
    parts["content.xml"] = f"<!DOCTYPE x [{declared}]>".encode() + parts["content.xml"]
    assert text(packed(parts)).text == "before after"


def test_entities_that_a_chapter_declares_stay_outside_of_its_text() -> None:
    declared = '<!DOCTYPE html [<!ENTITY secret SYSTEM "file:///etc/hostname">]>'
    chapter = declared + CHAPTER.format("The river", "before &secret; after")
    assert "before &secret; after" in text(book(**{"OPS/one.xhtml": chapter})).text


# Books


def test_a_book_is_its_title_its_author_and_its_chapters_in_the_order_of_the_spine() -> None:
    assert text(book()) == Text(
        "application/epub+zip",
        "# The Mill\n\nBy Ada Stone\n\n# The river\n\nIt rises in the hills.\n\n# The wheel\n\nIt turns all day.",
        "markdown",
    )


def test_a_book_is_known_by_its_container_where_its_mimetype_is_missing() -> None:
    assert text(packed({name: part for name, part in BOOK.items() if name != "mimetype"})).media_type.endswith(
        "epub+zip"
    )


def test_a_chapter_that_is_missing_or_damaged_costs_that_chapter() -> None:
    without = {name: part for name, part in BOOK.items() if name != "OPS/one.xhtml"}
    for damaged in (packed(without), packed(without | {"OPS/one.xhtml": b"\0\1\2\3" * 50})):
        assert text(damaged).text == "# The Mill\n\nBy Ada Stone\n\n# The wheel\n\nIt turns all day."


def test_a_book_without_any_readable_chapter_is_damaged_media() -> None:
    with pytest.raises(DamagedMedia, match=r"without a readable chapter: a book without its OPS/one\.xhtml"):
        text(packed({name: part for name, part in BOOK.items() if not name.endswith(".xhtml")}))
    with pytest.raises(DamagedMedia, match="its spine is empty"):
        text(book(**{"OPS/book.opf": PACKAGE.replace("itemref", "other")}))


def test_a_book_that_only_its_shop_can_open_is_damaged_media() -> None:
    protected = '<encryption><CipherReference URI="OPS/one.xhtml"/></encryption>'
    with pytest.raises(DamagedMedia, match="encrypted"):
        text(book(**{"META-INF/encryption.xml": protected}))
    fonts = '<encryption><CipherReference URI="OPS/font.otf"/></encryption>'
    assert "The wheel" in text(book(**{"META-INF/encryption.xml": fonts})).text


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
