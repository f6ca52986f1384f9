"""The sheet of the rows that could not be taken as they stand: to be mended and fed back."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mailcrm.crm.importing.values import LEFT_OUT, Line, Problem

HEAD = ("mailcrm row", "mailcrm problem", "mailcrm client")
"""Headings that an import understands: the third says whose row it is, by number, new or skip."""


def rows(lines: Iterable[Line], problems: Iterable[Problem], words: Mapping[str, str]) -> Iterator[Sequence[str]]:
    """The lines that have a problem, each with what is wrong in words and with the clients that it may be."""
    by_row: dict[int, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_row[problem.row].append(problem)
    for line in lines:
        found = by_row.get(line.number)
        if not found:
            continue
        said = "; ".join(_said(one, words) for one in found)
        known = [str(client) for one in found if one.reason in LEFT_OUT for client in one.candidates if client > 0]
        yield (str(line.number), said, " / ".join(known), *line.cells)


def _said(problem: Problem, words: Mapping[str, str]) -> str:
    where = f"{problem.column}: " if problem.column else ""
    return f"{where}{words[problem.reason]}" + (f" ({problem.value})" if problem.value else "")
