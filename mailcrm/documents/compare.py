"""Comparison of two versions: paragraphs first, words inside paired paragraphs; cells for sheets; and a summary.

Paragraphs are paired by the words that carry meaning. Where less than two fifths of a pair are equal, the old one is
shown as gone and the new one as added: a reader wants sentences, not confetti.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Mark = Literal["equal", "gone", "added"]

_TOKEN = re.compile(r"\s+|[^\W\d_]+|\d+(?:[\u00a0\u202f ]\d{3}(?!\d))*(?:[.,]\d+)*|.", re.S)
_CONTENT = re.compile(r"[^\W\d_]{3,}|\d+")
_ENOUGH_EQUAL = 0.4
_PAIRED = 0.35
_MOST_PAIRS = 40_000
"""Product of paragraphs gone and added above which paragraphs are paired in order."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text inside a paragraph."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One paragraph of the comparison, in reading order."""

    mark: Literal["equal", "gone", "added", "changed"]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """So many equal paragraphs that a page leaves out until they are asked for."""

    rows: tuple[Row, ...]


def paragraphs(text: str) -> list[str]:
    """The paragraphs of an extracted text: lines that are not blank."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def compare(old: str, new: str) -> tuple[Row, ...]:
    """The comparison of two texts, one row a paragraph."""
    a, b = paragraphs(old), paragraphs(new)
    rows: list[Row] = []
    for what, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if what == "equal":
            rows += [Row("equal", (Piece("equal", text),)) for text in a[i:j]]
        else:
            rows += _replaced(a[i:j], b[k:m])
    return tuple(rows)


def folded(rows: Sequence[Row], around: int = 2) -> tuple[Row | Fold, ...]:
    """The rows with the equal ones folded, but for so many around each change."""
    near = {n for at, row in enumerate(rows) if row.mark != "equal" for n in range(at - around, at + around + 1)}
    out: list[Row | Fold] = []
    hidden: list[Row] = []
    for at, row in enumerate(rows):
        if at not in near:
            hidden.append(row)
            continue
        if hidden:
            out.append(Fold(tuple(hidden)))
            hidden = []
        out.append(row)
    return (*out, Fold(tuple(hidden))) if hidden else tuple(out)


def _replaced(gone: Sequence[str], added: Sequence[str]) -> Iterator[Row]:
    for old, new in _paired(gone, added):
        if old is None:
            yield Row("added", (Piece("added", new or ""),))
        elif new is None:
            yield Row("gone", (Piece("gone", old),))
        else:
            yield from _within(old, new)


def _within(old: str, new: str) -> Iterator[Row]:
    """A changed paragraph by words; as gone and added where too little of it is equal."""
    pieces = words(old, new)
    equal = sum(len(piece.text) for piece in pieces if piece.mark == "equal")
    if 2 * equal < _ENOUGH_EQUAL * (len(old) + len(new)):
        yield Row("gone", (Piece("gone", old),))
        yield Row("added", (Piece("added", new),))
    else:
        yield Row("changed", pieces)


def words(old: str, new: str) -> tuple[Piece, ...]:
    """The changes inside one paragraph. Changes with only spaces or punctuation between them become one."""
    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    runs: list[tuple[str, str, str]] = []
    for what, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        same = "".join(a[i:j]) if what == "equal" else ""
        gone, added = ("", "") if same else ("".join(a[i:j]), "".join(b[k:m]))
        if runs and same and not _CONTENT.search(same) and len(same) <= 3:
            runs.append((same, same, same))
        else:
            runs.append((same, gone, added))
    return tuple(_pieces(runs))


def _pieces(runs: Sequence[tuple[str, str, str]]) -> Iterator[Piece]:
    """Runs of (equal, gone, added) as pieces; a short equal run between two changes is part of both."""
    gone = added = ""
    for at, (same, old, new) in enumerate(runs):
        bridge = bool(same) and bool(old) and at + 1 < len(runs) and bool(gone or added)
        if not same or bridge:
            gone, added = gone + old, added + new
            continue
        yield from _change(gone, added)
        gone = added = ""
        yield Piece("equal", same)
    yield from _change(gone, added)


def _change(gone: str, added: str) -> Iterator[Piece]:
    if gone:
        yield Piece("gone", gone)
    if added:
        yield Piece("added", added)


def _paired(gone: Sequence[str], added: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """Which paragraph became which, in order: the pairing with the most words in common."""
    n, m = len(gone), len(added)
    if n * m > _MOST_PAIRS:
        shared = min(n, m)
        rest: list[tuple[str | None, str | None]] = [(one, None) for one in gone[shared:]]
        return [*zip(gone, added, strict=False), *rest, *((None, one) for one in added[shared:])]
    table, alike = _alignment([_content(one) for one in gone], [_content(one) for one in added])
    pairs: list[tuple[str | None, str | None]] = []
    i = j = 0
    while i < n or j < m:
        if i < n and j < m and alike[i][j] > _PAIRED and table[i][j] == table[i + 1][j + 1] + alike[i][j]:
            pairs.append((gone[i], added[j]))
            i, j = i + 1, j + 1
        elif i < n and (j == m or table[i][j] == table[i + 1][j]):
            pairs.append((gone[i], None))
            i += 1
        else:
            pairs.append((None, added[j]))
            j += 1
    return pairs


def _alignment(a: Sequence[frozenset[str]], b: Sequence[frozenset[str]]) -> tuple[list[list[float]], list[list[float]]]:
    """The table of a longest common subsequence in which a match counts for its likeness; and the likenesses."""
    alike = [[_likeness(one, other) for other in b] for one in a]
    table = [[0.0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        for j in range(len(b) - 1, -1, -1):
            matched = table[i + 1][j + 1] + alike[i][j] if alike[i][j] > _PAIRED else 0.0
            table[i][j] = max(table[i + 1][j], table[i][j + 1], matched)
    return table, alike


def _content(paragraph: str) -> frozenset[str]:
    return frozenset(_CONTENT.findall(paragraph.casefold()))


def _likeness(a: frozenset[str], b: frozenset[str]) -> float:
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 0.0


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell, a row or a sheet that differs."""

    sheet: str
    what: Literal["cell", "row_added", "row_gone", "sheet_added", "sheet_gone"]
    at: str = ""
    """"J44" for a cell, the number of the row, or empty for a sheet; in the new version but for what is gone."""
    old: str = ""
    new: str = ""


Rows = Sequence[Sequence[str]]


def compare_sheets(old: Iterable[tuple[str, Rows]], new: Iterable[tuple[str, Rows]]) -> tuple[CellChange, ...]:
    """The differences of two workbooks: rows aligned first, then the cells of aligned rows."""
    before, after = dict(old), dict(new)
    found: list[CellChange] = []
    for name in (*before, *(name for name in after if name not in before)):
        if name not in after:
            found.append(CellChange(name, "sheet_gone"))
        elif name not in before:
            found.append(CellChange(name, "sheet_added"))
        else:
            found += _sheet(name, [tuple(row) for row in before[name]], [tuple(row) for row in after[name]])
    return tuple(found)


def _sheet(name: str, a: list[tuple[str, ...]], b: list[tuple[str, ...]]) -> Iterator[CellChange]:
    for what, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if what != "equal":
            yield from _rows(name, (i, a[i:j]), (k, b[k:m]))


def _rows(name: str, old: tuple[int, Rows], new: tuple[int, Rows]) -> Iterator[CellChange]:
    """Rows that were replaced: each old one against the new one nearby with the most equal cells."""
    (start, gone), (base, added), done = old, new, 0
    for offset, row in enumerate(gone):
        window = range(done, min(done + 8, len(added)))
        best = max(window, key=lambda at: (_equal_cells(row, added[at]), -at), default=None)
        if best is None or not _equal_cells(row, added[best]):
            yield CellChange(name, "row_gone", str(start + offset + 1), old=_shown(row))
            continue
        for at in range(done, best):
            yield CellChange(name, "row_added", str(base + at + 1), new=_shown(added[at]))
        yield from _cells(name, base + best + 1, row, added[best])
        done = best + 1
    for at in range(done, len(added)):
        yield CellChange(name, "row_added", str(base + at + 1), new=_shown(added[at]))


def _cells(name: str, number: int, old: Sequence[str], new: Sequence[str]) -> Iterator[CellChange]:
    width = max(len(old), len(new))
    for at in range(width):
        before, after = old[at] if at < len(old) else "", new[at] if at < len(new) else ""
        if before != after:
            yield CellChange(name, "cell", f"{column(at)}{number}", before, after)


def _equal_cells(a: Sequence[str], b: Sequence[str]) -> int:
    return sum(one == other and one != "" for one, other in zip(a, b, strict=False))


def _shown(row: Sequence[str]) -> str:
    return " · ".join(cell for cell in row if cell)


def column(index: int) -> str:
    """The letters of a column: A for 0, AA for 26."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def mark_counts(rows: Iterable[Row]) -> Counter[str]:
    """How many paragraphs are equal, gone, added and changed."""
    return Counter(row.mark for row in rows)
