"""Reading: clean pages, drawn here, whose words the system should have indexed without an error."""

import io
import unicodedata
from collections.abc import Iterator
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from benchmarks.quality.library import Library
from benchmarks.quality.metrics import Errors, characters, words
from benchmarks.table import Row
from omnibus.demo import examples

DPI = (100, 150, 200, 300)
TEXTS = ("museum/history-of-the-lighthouse.txt", "guide/opening-hours.md")
"""Of examples/media; a text of ours for each page, without accents: the one font that is always there has none."""
POINTS, LEADING, COLUMNS = 11, 16, 78
MARGIN_INCHES = 1.0
A4_INCHES = (8.27, 11.69)


def pages(library: Library) -> Iterator[Row]:
    """Characters and words read right, of every resolution."""
    texts = [_plain((examples() / "media" / path).read_text(encoding="utf-8")) for path in TEXTS]
    for dpi in DPI:
        by_character, by_word = Errors(), Errors()
        for number, text in enumerate(texts):
            key = f"pages/{dpi}-{number}.png"
            library.put({key: drawn(text, dpi)})
            read = library.text(key)
            by_character = by_character.plus(characters(text), characters(read))
            by_word = by_word.plus(words(text), words(read))
        how = (
            f"{by_character.edits} of {by_character.length} characters wrong, {by_word.edits} of {by_word.length} words"
        )
        right = round(100 - by_character.rate)
        yield Row(f"characters read right, {dpi} dpi", right, 100, "%", how, at_most=False)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode()


def drawn(text: str, dpi: int) -> bytes:
    """A page of A4 as PNG: the text black on white in letters of 11 points, wrapped, a line for each of its own."""
    page = Image.new("L", (round(A4_INCHES[0] * dpi), round(A4_INCHES[1] * dpi)), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(POINTS * dpi / 72)
    lines = [line for paragraph in text.splitlines() for line in wrap(paragraph, COLUMNS) or [""]]
    for number, line in enumerate(lines):
        y = MARGIN_INCHES * dpi + number * LEADING * dpi / 72
        pen.text((MARGIN_INCHES * dpi, y), line, fill="black", font=font)
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()
