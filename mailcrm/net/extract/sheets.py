"""Workbooks: cells of every sheet as text, read by calamine once the reach of each sheet is known to be sane."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from python_calamine import CalamineError, CalamineWorkbook

from mailcrm.net.extract.package import Package, attribute, local, properties
from mailcrm.net.extract.values import MAX_TEXT, Comment, Draft, Sheet, Unreadable

MAX_CELLS = 5_000_000
"""Calamine makes room for every cell between the first and the last, and aborts the process where it cannot."""

_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')


def read(data: bytes) -> Draft:
    """The sheets of an .xlsx, .ods, .xls or .xlsb. Raises Unreadable."""
    draft = Draft()
    book = workbook(data)
    if data.startswith(b"PK"):
        package = Package(data)
        draft.comments = _comments(package)
        draft.macros = "xl/vbaProject.bin" in package.names
        properties(package, draft)
        draft.media = package.media("xl/media/") | package.media("Pictures/")
    try:
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            draft.sheets.append(Sheet(name, tuple(_rows(rows, draft))))
    except CalamineError:
        raise Unreadable("broken", refused=False) from None
    return finished(draft)


def workbook(data: bytes) -> CalamineWorkbook:
    """The opened file, once the reach of its sheets is known to be sane. Raises Unreadable."""
    if data.startswith(b"PK"):
        package = Package(data)
        for name in package.names:
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                _check_reach(package.read(name))
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data))
    except CalamineError as error:
        raise Unreadable("protected" if "assword" in str(error) else "broken", refused=False) from None


def read_csv(text: str) -> Draft:
    """A comma- or semicolon-separated file as one sheet."""
    draft = Draft()
    head = text[:4096]
    mark = max(";,\t", key=head.count)
    csv.field_size_limit(1 << 20)
    try:
        draft.sheets.append(Sheet("", tuple(_rows(csv.reader(io.StringIO(text), delimiter=mark), draft))))
    except csv.Error:
        raise Unreadable("broken", refused=False) from None
    return finished(draft)


def finished(draft: Draft) -> Draft:
    """With the text of all sheets: names, and rows with tabs between the cells."""
    lines = (line for sheet in draft.sheets for line in (sheet.name, *("\t".join(row) for row in sheet.rows)))
    draft.text = "\n".join(line.strip() for line in lines if line.strip())[:MAX_TEXT]
    return draft


def _check_reach(xml: bytes) -> None:
    """Raise Unreadable where the box around all cells is too large; `dimension` is not believed."""
    columns, rows = [1 << 20, 0], [1 << 21, 0]
    for match in _CELL.finditer(xml):
        column, row = _number(match[1]), int(match[2])
        columns = [min(columns[0], column), max(columns[1], column)]
        rows = [min(rows[0], row), max(rows[1], row)]
    if rows[1] and (columns[1] - columns[0] + 1) * (rows[1] - rows[0] + 1) > MAX_CELLS:
        raise Unreadable("cells")


def _number(letters: bytes) -> int:
    value = 0
    for letter in letters:
        value = value * 26 + letter - 64
    return value


def _rows(rows: Iterable[Iterable[object]], draft: Draft) -> Iterator[tuple[str, ...]]:
    """Rows as text without empty cells at their ends, until there is too much."""
    length = sum(len(cell) for sheet in draft.sheets for row in sheet.rows for cell in row)
    for row in rows:
        cells = [_shown(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        length += sum(map(len, cells))
        if length > MAX_TEXT:
            draft.truncated = True
            return
        yield tuple(cells)


def _shown(cell: object) -> str:
    """A cell as people read it: whole numbers without a fraction."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip() if cell is not None else ""


def _comments(package: Package) -> list[Comment]:
    found = []
    for name in sorted(n for n in package.names if n.startswith("xl/") and "comments" in n and n.endswith(".xml")):
        authors: list[str] = []
        for _, element in package.events(name, "end"):
            if local(element) == "author":
                authors.append(element.text or "")
            elif local(element) == "comment":
                number = attribute(element, "authorId")
                author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
                text = "".join(part.text or "" for part in element.iter() if local(part) == "t")
                found.append(Comment(author, text))
    return found
