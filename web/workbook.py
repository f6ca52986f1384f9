"""A list as an xlsx workbook. What others wrote is text there, never a formula or a link."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime

import xlsxwriter

from web.languages import local

Value = str | datetime


def sheet(name: str, head: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """A workbook with one sheet: `head` in bold, then the rows; times are local."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        bold, time = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        page = book.add_worksheet(name[:31])
        page.freeze_panes(1, 0)
        widths = [len(title) for title in head]
        for column, title in enumerate(head):
            page.write_string(0, column, title, bold)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    page.write_datetime(number, column, local(value).replace(tzinfo=None), time)
                    widths[column] = max(widths[column], 16)
                else:
                    page.write_string(number, column, value[:32_000])
                    widths[column] = max(widths[column], min(len(value), 50))
        for column, width in enumerate(widths):
            page.set_column(column, column, width + 2)
    return out.getvalue()
