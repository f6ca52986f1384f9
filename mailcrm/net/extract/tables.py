"""Lists of people and companies as lines of cells: workbooks, separated values, vCards, LDIF. Runs in the sandbox."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from python_calamine import CalamineError

from mailcrm.crm.importing import ldif, text, vcard
from mailcrm.crm.importing.values import Line, Table
from mailcrm.net.extract import sheets
from mailcrm.net.extract.values import Unreadable

MAX_LINES = 200_000
MAX_COLUMNS = 250
MAX_LETTERS = 40_000_000
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def read(data: bytes, encoding: str = "") -> tuple[str, str, list[Table]]:
    """Kind (workbook, text, vcard or ldif), encoding (of text) and sheets of a file. Raises Unreadable."""
    if data.startswith((b"PK", _OLE)):
        return "workbook", "", [_bounded(Table(name, tuple(lines))) for name, lines in _sheets(data)]
    beginning = data[:4096].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t").upper()
    if beginning.startswith(b"BEGIN:VCARD"):
        return "vcard", "", [_bounded(Table("", tuple(vcard.lines(data))))]
    if beginning.startswith((b"DN:", b"VERSION: 1", b"VERSION:1", b"# LDIF")) or b"\nDN:" in beginning:
        return "ldif", "", [_bounded(Table("", tuple(ldif.lines(data))))]
    if b"\x00" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")) and not text.wide(data[:4096]):
        raise Unreadable("kind")
    try:
        decoded, used = text.decode(data, encoding)
        return "text", used, [_bounded(Table("", tuple(_first(text.lines(decoded)))))]
    except (csv.Error, LookupError):
        raise Unreadable("broken", refused=False) from None


def to_json(kind: str, encoding: str, tables: Iterable[Table]) -> dict[str, Any]:
    """What `read` found, as plain values."""
    found = [[table.name, [[line.number, line.cells] for line in table.lines]] for table in tables]
    return {"kind": kind, "encoding": encoding, "tables": found}


def from_json(found: Mapping[str, Any]) -> tuple[str, str, list[Table]]:
    """What `read` found, of the plain values."""
    tables = [Table(n, tuple(Line(number, tuple(cells)) for number, cells in lines)) for n, lines in found["tables"]]
    return found["kind"], found["encoding"], tables


def _sheets(data: bytes) -> Iterator[tuple[str, list[Line]]]:
    workbook = sheets.workbook(data)
    try:
        for name in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            lines = (Line(number, tuple(map(_shown, row))) for number, row in enumerate(rows, 1))
            yield name, list(_first(line for line in lines if any(line.cells)))
    except CalamineError:
        raise Unreadable("broken", refused=False) from None


def _first(lines: Iterable[Line]) -> Iterator[Line]:
    for count, line in enumerate(lines):
        if count >= MAX_LINES:
            raise Unreadable("cells")
        yield line


def _bounded(table: Table) -> Table:
    """The table without empty columns at its right; raises Unreadable where it is too large."""
    letters = sum(len(cell) for line in table.lines for cell in line.cells)
    width = max((at for line in table.lines for at, cell in enumerate(line.cells, 1) if cell), default=0)
    if letters > MAX_LETTERS or width > MAX_COLUMNS:
        raise Unreadable("cells")
    return Table(table.name, tuple(Line(line.number, line.cells[:width]) for line in table.lines))


def _shown(cell: object) -> str:
    """A cell as text: dates in ISO 8601, whole numbers without a fraction."""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "minutes")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip() if cell is not None else ""
