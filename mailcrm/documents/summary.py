"""The one line above a comparison: which sums, dates, shares and numbers changed, and how many paragraphs."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from mailcrm.documents.compare import CellChange, Piece, Row, mark_counts

Sort = Literal["sum", "date", "share", "number"]

_MONTHS = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|январ|феврал|март|апрел|ма[йя]|июн|июл|август|сентябр|октябр"
    r"|ноябр|декабр)\w*"
)
_DATE = (
    r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}"
    rf"|\d{{1,2}} {_MONTHS}(?: \d{{4}})?|{_MONTHS} \d{{1,2}}, \d{{4}}"
)
_MONEY = r"(?:€|\$|£|₽|eur|usd|gbp|rub|руб\w*\.?|р\.|евро|долл\w*)"
_AMOUNT = r"\d{1,3}(?:[\u00a0\u202f ',.]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?"
_VALUE = re.compile(
    rf"(?P<date>{_DATE})|(?P<share>(?:{_AMOUNT})\s?%)"
    rf"|(?P<sum>{_MONEY}\s?(?:{_AMOUNT})|(?:{_AMOUNT})\s?{_MONEY}(?!\w))|(?P<number>{_AMOUNT})",
    re.I,
)
_LABEL = re.compile(r"[^\W\d_]{2,}")
MOST = 5
"""So many changed values are named in the line."""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value that stands where another stood."""

    sort: Sort
    old: str
    new: str
    label: str = ""
    """The words before it, at most three; the name of the cell in a sheet."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What changed, to be made into one line."""

    changed: int = 0
    added: int = 0
    gone: int = 0
    """Paragraphs; in a workbook cells, and rows added and gone."""
    values: tuple[ValueChange, ...] = ()
    """The most telling first: sums, dates, shares, numbers."""
    comments: int = 0
    comment_authors: tuple[str, ...] = ()
    tracked: int = 0
    """Insertions and deletions that the author tracked."""

    @property
    def nothing(self) -> bool:
        """Whether the two say the same."""
        return not (self.changed or self.added or self.gone or self.comments or self.tracked)


def of_text(rows: Sequence[Row], authors: Sequence[str] = (), tracked: int = 0) -> Summary:
    """The summary of a comparison of texts; `authors` of the comments that are new, one each."""
    counts = mark_counts(rows)
    values = _ranked(change for row in rows if row.mark == "changed" for change in _in_row(row))
    who = tuple(dict.fromkeys(author for author in authors if author))
    return Summary(counts["changed"], counts["added"], counts["gone"], values, len(authors), who, tracked)


def of_sheets(changes: Sequence[CellChange]) -> Summary:
    """The summary of a comparison of workbooks."""
    values = _ranked(
        ValueChange(_sort(change.new), change.old, change.new, change.at)
        for change in changes
        if change.what == "cell" and _VALUE.fullmatch(change.old.strip()) and _VALUE.fullmatch(change.new.strip())
    )
    count = {what: sum(change.what.endswith(what) for change in changes) for what in ("cell", "added", "gone")}
    return Summary(count["cell"], count["added"], count["gone"], values)


def values_of(text: str) -> frozenset[tuple[Sort, str]]:
    """All values in a text, spaces left out, to find those that only one version has."""
    return frozenset((_sort_of(match), re.sub(r"\s", "", match[0]).casefold()) for match in _VALUE.finditer(text))


def _ranked(changes: Iterable[ValueChange]) -> tuple[ValueChange, ...]:
    order: dict[Sort, int] = {"sum": 0, "date": 1, "share": 2, "number": 3}
    return tuple(sorted(dict.fromkeys(changes), key=lambda change: order[change.sort]))


def _in_row(row: Row) -> Iterator[ValueChange]:
    """The values of a paragraph that differ: what stood in the same place before and after."""
    old = _values([piece for piece in row.pieces if piece.mark != "added"])
    new = _values([piece for piece in row.pieces if piece.mark != "gone"])
    if len(old) == len(new):
        for (a, sort_a, label), (b, sort_b, _) in zip(old, new, strict=True):
            if a != b and sort_a == sort_b:
                yield ValueChange(sort_b, a, b, label)
        return
    for before, after in pairwise(row.pieces):
        if (before.mark, after.mark) == ("gone", "added"):
            yield from _in_place(before, after)


def _in_place(before: Piece, after: Piece) -> Iterator[ValueChange]:
    old, new = _values([before]), _values([after])
    if len(old) == len(new) == 1 and old[0][0] != new[0][0]:
        yield ValueChange(new[0][1], old[0][0], new[0][0])


def _values(pieces: Sequence[Piece]) -> list[tuple[str, Sort, str]]:
    """(value, sort, label) of each value in one side of a paragraph."""
    text = "".join(piece.text for piece in pieces)
    return [(match[0].strip(), _sort_of(match), _label(text[: match.start()])) for match in _VALUE.finditer(text)]


def _label(before: str) -> str:
    """The last words before a value, up to the last stop."""
    clause = re.split(r"[.;!?\d]", before)[-1]
    return " ".join(_LABEL.findall(clause)[-3:])


def _sort(text: str) -> Sort:
    match = _VALUE.fullmatch(text.strip())
    return _sort_of(match) if match else "number"


def _sort_of(match: re.Match[str]) -> Sort:
    for sort in ("date", "share", "sum"):
        if match.group(sort) is not None:
            return sort
    return "number"
