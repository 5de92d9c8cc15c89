"""Tables in delimited text: a line `header: value; header: value` for every row, so that each row stands for itself."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from itertools import islice

from workers.adapters.decoders.lines import Lines, one_line
from workers.errors import DamagedMedia

DELIMITERS = ",;\t|"
SNIFFED_ROWS = 50


def flatten_table(text: str, max_chars: int, delimiter: str | None = None) -> str:
    """Every row of a table with the names of its columns; without `delimiter`, the one that gives the most even rows.

    Raises `DamagedMedia` where the csv module can make no rows of it.
    """
    csv.field_size_limit(max_chars)
    lines = Lines(max_chars)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or sniff_delimiter(text))
        write_rows(rows, lines)
    except csv.Error as error:
        raise DamagedMedia(f"not a table of delimited values: {error}") from error
    return lines.text()


def write_rows(rows: Iterable[Iterable[str]], lines: Lines) -> None:
    """A line for every row that is not empty, with the names of its columns if the first row gives them."""
    header: list[str] | None = None
    for row in rows:
        cells = [one_line(cell) for cell in row]
        if not any(cells):
            continue
        if header is None:
            header = cells if _names_columns(cells) else []
            lines.add("; ".join(filter(None, cells)))
        else:
            lines.add(_line(header, cells))


def sniff_delimiter(text: str) -> str:
    """The delimiter under which most of the first rows have the same number of columns, and that number is largest.

    `csv.Sniffer` takes letters for delimiters in tables of one column.
    """
    return max(DELIMITERS, key=lambda delimiter: _evenness(text, delimiter))


def _evenness(text: str, delimiter: str) -> tuple[float, int]:
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        widths = Counter(len(row) for row in islice(rows, SNIFFED_ROWS) if row)
    except csv.Error:
        return 0.0, 0
    if not widths:
        return 0.0, 0
    width, rows_of_it = widths.most_common(1)[0]
    return (rows_of_it / widths.total(), width) if width > 1 else (0.0, 0)


def _names_columns(cells: list[str]) -> bool:
    """Whether the first row is a header: all that stands in it is different, and nothing is a number."""
    named = [cell for cell in cells if cell]
    return len(set(named)) == len(named) and not any(cell[:1].isdigit() for cell in named)


def _line(header: list[str], cells: list[str]) -> str:
    named = [f"{name}: {cell}" if name else cell for name, cell in zip(header, cells, strict=False) if cell]
    return "; ".join(named + [cell for cell in cells[len(header) :] if cell])
