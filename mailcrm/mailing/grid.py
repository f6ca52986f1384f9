"""Sheets of terms as people paste them: a heading, a client a line, a term a column."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from mailcrm.mailing.terms import BadValue, TermSpec, parsed

MOST_ROWS = 5000
MOST_COLUMNS = 60


@dataclass(frozen=True, slots=True)
class WrongCell:
    """A cell that is no value of its term."""

    label: str
    text: str
    reason: str
    """As of BadValue."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One client of a sheet: the words that name it, and the values that were understood."""

    number: int
    """Of the line, from 1."""
    who: tuple[str, ...]
    """Words that may name the client, the first column first."""
    values: dict[str, str]
    wrong: tuple[WrongCell, ...]


@dataclass(frozen=True, slots=True)
class TermSheet:
    """A sheet as it was understood."""

    columns: tuple[str, ...]
    """Labels of the terms that were found."""
    unknown: tuple[str, ...]
    """Headings that are no term, beside those that name the client."""
    rows: tuple[SheetRow, ...]
    cut: bool = False


def cells(text: str) -> list[list[str]]:
    """The cells of pasted text: separated by tabs, else by semicolons, else by commas."""
    first = text.lstrip("\ufeff").split("\n", 1)[0]
    delimiter = next((one for one in "\t;," if one in first), "\t")
    try:
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=delimiter))
    except csv.Error:
        rows = [line.split(delimiter) for line in text.splitlines()]
    return [[cell.strip() for cell in row] for row in rows]


def understood(rows: Sequence[Sequence[str]], specs: Sequence[TermSpec]) -> TermSheet:
    """What the rows say about the terms of an offer. The first row with any text is the heading."""
    full = [(number, row[:MOST_COLUMNS]) for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if not full:
        return TermSheet((), (), ())
    heading, names = full[0][1], {_key(spec.label): spec for spec in specs} | {_key(spec.key): spec for spec in specs}
    columns = {at: names[_key(title)] for at, title in enumerate(heading) if _key(title) in names}
    others = [at for at in range(len(heading)) if at not in columns]
    body = full[1 : MOST_ROWS + 1]
    found = tuple(_row(number, row, columns, others) for number, row in body)
    named = {at for _, row in body for at in others if at < len(row) and row[at].strip()}
    unknown = tuple(heading[at] for at in others[1:] if at in named and heading[at].strip())
    return TermSheet(tuple(spec.label for spec in columns.values()), unknown, found, len(full) - 1 > MOST_ROWS)


def _row(number: int, row: Sequence[str], columns: dict[int, TermSpec], others: Sequence[int]) -> SheetRow:
    values: dict[str, str] = {}
    wrong: list[WrongCell] = []
    for at, spec in columns.items():
        text = row[at].strip() if at < len(row) else ""
        try:
            if found := parsed(spec.kind, text):
                values[spec.key] = found
        except BadValue as error:
            wrong.append(WrongCell(spec.label, text[:60], error.reason))
    who = tuple(word for at in others if at < len(row) and (word := row[at].strip()))
    return SheetRow(number, who, values, tuple(wrong))


def _key(text: str) -> str:
    return " ".join(text.replace("_", " ").split()).casefold()
