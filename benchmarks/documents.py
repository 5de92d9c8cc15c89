"""Pages of PDFs through the sandbox, against the extraction of their text by the library alone."""

import io
from collections.abc import Callable, Iterator
from contextlib import closing
from ctypes import c_ushort
from time import perf_counter

import pypdfium2
import pypdfium2.raw as pdfium

from benchmarks.table import Row
from omnibus.composition import decoder_of
from workers.domain.decoded import DecodedDocument

PAGES = 200
ROUNDS = 20
LINES = 50
PROSE = "the keeper of the light feeds the seals each morning before the first ferry of the day comes in"


def measure() -> Iterator[Row]:
    """Pages a second, and the ratio. The best of several rounds by turns, as nothing makes either faster than it is."""
    data = prose(PAGES)
    with closing(decoder_of()) as decoder:

        def decode() -> None:
            document = decoder.decode(data, key="prose.pdf")
            assert isinstance(document, DecodedDocument)
            assert len(document.pages) == PAGES

        times = [(_seconds(lambda: extract(data)), _seconds(decode)) for _ in range(ROUNDS)]
    alone, ours = (PAGES / min(column) for column in zip(*times, strict=True))
    how = f"{ours:.0f} of {alone:.0f} pages/s; with boxes, reading order and the sandbox"
    yield Row("PDF pages / text extraction alone", ours / alone, 0.8, "", how, at_most=False)


def extract(data: bytes) -> int:
    """The text of every page, as pypdfium2's documentation does it; how many characters that is."""
    with closing(pypdfium2.PdfDocument(data)) as document:
        total = 0
        for page in document:
            textpage = page.get_textpage()
            total += len(textpage.get_text_bounded())
            textpage.close()
            page.close()
        return total


def prose(pages: int) -> bytes:
    """A PDF of full pages of text, no two alike."""
    document = pypdfium2.PdfDocument.new()
    for number in range(pages):
        page = document.new_page(595, 842)
        for row in range(LINES):
            start = (7 * number + row) % len(PROSE)
            _write(document, page, f"{PROSE[start:]} {PROSE[:start]}"[:90], 60, 790 - 15 * row)
        page.gen_content()
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _write(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, words: str, x: float, y: float) -> None:
    line = pdfium.FPDFPageObj_NewTextObj(document, b"Helvetica", 11)
    encoded = (words + "\0").encode("utf-16-le")
    pdfium.FPDFText_SetText(line, (c_ushort * (len(encoded) // 2)).from_buffer_copy(encoded))
    pdfium.FPDFPageObj_Transform(line, 1, 0, 0, 1, x, y)
    pdfium.FPDFPage_InsertObject(page, line)


def _seconds(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun
