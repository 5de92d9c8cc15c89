"""Small documents and pictures of every kind, made by the libraries that people's programs are made of, or by hand."""

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from email.message import EmailMessage
from typing import Any

import docx
import openpyxl
import pillow_heif
import pptx
from PIL import Image

WORD_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="10" fill="red"/></svg>'

CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">
<rootfiles><rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""

PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/" version="3.0">
<metadata><dc:title>The Mill</dc:title><dc:creator>Ada Stone</dc:creator></metadata>
<manifest><item id="two" href="two%20b.xhtml" media-type="application/xhtml+xml"/>
<item id="one" href="one.xhtml" media-type="application/xhtml+xml"/>
<item id="cover" href="cover.png" media-type="image/png"/></manifest>
<spine><itemref idref="cover"/><itemref idref="one"/><itemref idref="two"/></spine></package>"""

CHAPTER = "<html><head><title>The Mill</title></head><body><h1>{}</h1><p>{}</p></body></html>"

BOOK = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": CONTAINER,
    "OPS/book.opf": PACKAGE,
    "OPS/one.xhtml": CHAPTER.format("The river", "It rises in the hills."),
    "OPS/two b.xhtml": CHAPTER.format("The wheel", "It turns all day."),
}

_ODF = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in {
        "office": "office",
        "text": "text",
        "table": "table",
        "draw": "drawing",
        "presentation": "presentation",
    }.items()
)


def packed(contents: Mapping[str, str | bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of `contents`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def unpacked(data: bytes) -> dict[str, bytes]:
    """The contents of a ZIP archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repacked(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The archive `data` after `change` was made to its contents."""
    contents = unpacked(data)
    change(contents)
    return packed(contents)


def saved(document: Any) -> bytes:
    """What a document of python-docx, python-pptx or openpyxl is as a file."""
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def word_document() -> bytes:
    document = docx.Document()
    document.add_heading("The Mill", 0)
    document.add_heading("The river", 1)
    document.add_paragraph("It rises in the hills.")
    document.add_paragraph("salt", style="List Bullet")
    document.add_paragraph("flour", style="List Number")
    table = document.add_table(2, 2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("grain", "price", "rye", "7"), strict=True):
        cell.text = text
    document.add_heading("The wheel", 2)
    document.add_paragraph("It turns all day.")
    document.add_picture(io.BytesIO(picture("PNG")))
    return saved(document)


def slides() -> bytes:
    show = pptx.Presentation()
    first = show.slides.add_slide(show.slide_layouts[1])
    first.shapes.title.text = "The river"
    body = first.placeholders[1].text_frame
    body.text = "It rises in the hills."
    body.add_paragraph().text = "It is cold"
    body.paragraphs[1].level = 1
    first.notes_slide.notes_text_frame.text = "Show the map here."
    second = show.slides.add_slide(show.slide_layouts[5])
    second.shapes.title.text = "Prices"
    table = second.shapes.add_table(2, 2, 0, 0, 100, 100).table
    for (row, column), text in {(0, 0): "grain", (0, 1): "price", (1, 0): "rye", (1, 1): "7"}.items():
        table.cell(row, column).text = text
    return saved(show)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Prices"
    for row in (
        ["Prices of grain"],
        [],
        ["grain", "price", "since"],
        ["rye", 0.1 + 0.2, datetime(2026, 3, 1)],  # noqa: DTZ001 - cells have no zone
        ["oats", 7, datetime(2026, 3, 1, 12, 30)],  # noqa: DTZ001 - the same
    ):
        sheet.append(row)
    book.create_sheet("Notes").append(["The mill is closed on Mondays."])
    return saved(book)


def book(**changed: str) -> bytes:
    return packed(BOOK | changed)


def open_document(body: str, kind: str = "text") -> bytes:
    content = f"<office:document-content {_ODF}><office:body><office:{kind}>{body}</office:{kind}></office:body>"
    mimetype = f"application/vnd.oasis.opendocument.{kind}"
    return packed({"mimetype": mimetype, "content.xml": content + "</office:document-content>"})


def mail(html: str | None = None, plain: str | None = "The mill is closed.\nAnn") -> bytes:
    message = EmailMessage()
    message["Subject"] = "Mühle geschlossen"
    message["From"] = "Ann Stone <ann@example.org>"
    message["To"] = "ben@example.org"
    message["Date"] = "Mon, 02 Mar 2026 10:00:00 +0000"
    message["Message-ID"] = "<1@example.org>"
    if plain is not None:
        message.set_content(plain)
    if html is not None:
        message.add_alternative(html, subtype="html")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="timetable.pdf")
    return message.as_bytes()


def picture(codec: str, size: tuple[int, int] = (64, 48)) -> bytes:
    image = Image.effect_noise(size, 80).convert("RGB")
    buffer = io.BytesIO()
    if codec == "HEIF":
        pillow_heif.from_pillow(image).save(buffer)
    else:
        image.save(buffer, codec)
    return buffer.getvalue()


EVERY_KIND: dict[str, Callable[[], bytes]] = {
    "docx": word_document,
    "pptx": slides,
    "xlsx": workbook,
    "epub": book,
    "odt": lambda: open_document("<text:h>The river</text:h><text:p>It rises in the hills.</text:p>"),
    "eml": lambda: mail("<h1>Closed</h1><p>The mill is closed."),
    "svg": lambda: SVG,
    "heic": lambda: picture("HEIF"),
    "avif": lambda: picture("AVIF"),
}
