"""XLSX through openpyxl: a section for every sheet, and a line `header: value; header: value` for every row.

Values are what the program that saved the file had computed, not formulas; a file that no such program saw has none.
"""

import io
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, time
from itertools import chain
from typing import Any

from workers.adapters.decoders.lines import Lines, one_line
from workers.adapters.decoders.tables import write_rows


def read_workbook(package: io.BytesIO, max_chars: int) -> str:
    """All sheets as Markdown source, row by row in constant memory; empty where no cell has a value."""
    workbook = _openpyxl().load_workbook(package, read_only=True, data_only=True, keep_links=False)
    lines = Lines(max_chars)
    filled = False
    for sheet in workbook.worksheets:
        sheet.reset_dimensions()  # some programs write that a sheet ends at A1
        rows = _filled(sheet.iter_rows(values_only=True))
        first = next(rows, None)
        if first is not None:
            filled = True
            lines.separate()
            lines.add(f"## {one_line(sheet.title)}")
            lines.separate()
            _write(chain([first], rows), lines)
    return lines.text() if filled else ""


def _write(rows: Iterator[list[str]], lines: Lines) -> None:
    """Rows with a single cell above a table are its titles, and not the names of its columns."""
    for row in rows:
        cells = [cell for cell in row if cell]
        if len(cells) > 1:
            write_rows(chain([row], rows), lines)
            return
        lines.add(one_line(cells[0]))


def _filled(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[str]]:
    for row in rows:
        if any(value is not None for value in row):
            cells = [_written(value).strip() for value in row]
            if any(cells):
                yield cells


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.15g}"  # as many digits as Excel keeps: 0.3, not 0.30000000000000004
    if isinstance(value, datetime):  # a date is one at midnight
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return str(value)


def _openpyxl() -> Any:
    """openpyxl, without numpy, which it imports where it can: 130 ms and 120 MB of address space for two type names."""
    if "numpy" in sys.modules:
        import openpyxl  # noqa: PLC0415 - costs 110 ms, and most decoding processes never see a sheet

        return openpyxl
    sys.modules["numpy"] = None  # type: ignore[assignment]  # which is how an import is made to fail
    try:
        import openpyxl  # noqa: PLC0415 - the same
    finally:
        del sys.modules["numpy"]
    return openpyxl
