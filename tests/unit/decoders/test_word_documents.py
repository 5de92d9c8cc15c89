"""Word documents in the form in which they are indexed. In this process: the sandbox has its own tests."""

import docx
import pytest
from document_texts import OFFICE, text
from documents import (
    WORD_MAIN,
    repacked,
    saved,
    word_document,
)

from workers.adapters.decoders.results import Text

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def word_document_of(body: str) -> bytes:
    """A Word document whose body is the XML `body`."""
    content = f"<w:document {W}><w:body>{body}</w:body></w:document>".encode()
    return repacked(word_document(), lambda parts: parts.update({"word/document.xml": content}))


def paragraph(words: str) -> str:
    return f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>"


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


def drawing() -> str:
    """A text box, in two forms of which a reader takes one."""
    box = f"<w:txbxContent>{paragraph('boxed')}</w:txbxContent>"
    compatible = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    forms = f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    return f"<mc:AlternateContent {compatible}>{forms}</mc:AlternateContent>"


def test_a_text_box_is_read_once_after_the_paragraph_that_holds_it() -> None:
    body = f"<w:p><w:r><w:t>around</w:t>{drawing()}</w:r></w:p>"
    assert text(word_document_of(body)).text == "around\n\nboxed"


def test_a_text_box_in_a_cell_is_read_once() -> None:
    cell = f"<w:tc><w:p><w:r><w:t>cell</w:t>{drawing()}</w:r></w:p></w:tc>"
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
