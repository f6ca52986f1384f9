"""Lists as an xlsx workbook. What others wrote is text there, never a formula or a link."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from web.languages import local

Value = str | datetime
Cell = Value | int | Decimal | None
Sheet = tuple[str, Sequence[str], Iterable[Sequence[Cell]]]
"""Name, head, rows."""
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


def sheet(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A workbook with one sheet: `head` in bold, then the rows; times are local."""
    return book([(name, head, rows)])


def book(sheets: Iterable[Sheet]) -> bytes:
    """A workbook of several sheets, each as `sheet` makes it."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as made:
        bold, time = made.add_format({"bold": True}), made.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, head, rows in sheets:
            page = made.add_worksheet(name.translate(_FORBIDDEN)[:31])
            page.freeze_panes(1, 0)
            widths = [len(title) for title in head]
            for column, title in enumerate(head):
                page.write_string(0, column, title, bold)
            for number, row in enumerate(rows, 1):
                for column, value in enumerate(row):
                    widths[column] = max(widths[column], _write(page, number, column, value, time))
            for column, width in enumerate(widths):
                page.set_column(column, column, width + 2)
    return out.getvalue()


def _write(page: Any, row: int, column: int, value: Cell, time: Any) -> int:
    """Write one cell; returns how wide it wants to be."""
    if value is None:
        return 0
    if isinstance(value, datetime):
        page.write_datetime(row, column, local(value).replace(tzinfo=None), time)
        return 16
    if isinstance(value, int | Decimal):
        page.write_number(row, column, value)
        return len(str(value))
    page.write_string(row, column, value[:32_000])
    return min(len(value), 50)
