"""OpenDocument files and EPUB books in the form in which they are indexed. In this process."""

import pytest
from document_texts import text
from documents import (
    BOOK,
    CHAPTER,
    PACKAGE,
    book,
    open_document,
    packed,
    unpacked,
)

from workers.adapters.decoders.results import Text
from workers.errors import DamagedMedia

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
