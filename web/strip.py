"""The lineage strip: where the versions of a document, their recipients and answers stand in a small drawing.

Our contents are in the upper lane and the client's in the lower one, from left to right in time. Recipients are dots
above a version, and answers hang under the version that they answer. It only places things; a template draws them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailcrm.store.answers import AnswerRow
from mailcrm.store.recipients import Sent
from mailcrm.store.versions import VersionRow

MOST = 24
"""So many contents are drawn, the last ones; the table has all."""
STEP, LEFT, OURS, THEIRS = 92, 78, 70, 166
_DOTS = 6
_DOT = 11


@dataclass(frozen=True, slots=True)
class Node:
    """One content."""

    x: int
    y: int
    number: int
    theirs: bool
    again: bool
    """A re-save or a rendition: drawn smaller, for it has no number of its own."""
    last: bool
    dots: tuple[int, ...]
    """The places of the recipients, left to right."""
    more: int
    """Recipients without a dot."""
    answers: tuple[tuple[int, int, bool], ...]
    """x, y and whether a later version had been sent by then."""
    more_answers: int


@dataclass(frozen=True, slots=True)
class Edge:
    """From a content to the one that was made of it, as the data of an SVG path."""

    path: str
    again: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """The drawing."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int
    left_out: int
    """Older contents that are not drawn."""


def strip(rows: Sequence[VersionRow], sent: Mapping[int, Sequence[Sent]], answers: Sequence[AnswerRow]) -> Strip:
    """The drawing of these contents, which are in the order of time."""
    shown = rows[-MOST:]
    nodes = {row.id: _node(at, row, sent.get(row.id, ()), answers, row is rows[-1]) for at, row in enumerate(shown)}
    edges = [
        Edge(_path(nodes[row.parent_id], nodes[row.id]), nodes[row.id].again)
        for row in shown
        if row.parent_id in nodes and row.parent_id is not None
    ]
    height = (THEIRS if any(node.theirs for node in nodes.values()) else OURS) + 58
    return Strip(tuple(nodes.values()), tuple(edges), LEFT + STEP * len(shown), height, len(rows) - len(shown))


def _node(at: int, row: VersionRow, sent: Sequence[Sent], answers: Sequence[AnswerRow], last: bool) -> Node:
    x, y = LEFT + STEP // 2 + at * STEP, THEIRS if row.theirs else OURS
    totals = {one.direction: one.total for one in sent}
    count = totals.get("out", 0)
    drawn = min(count, _DOTS)
    start = x - _DOT * (drawn - 1) // 2
    mine = [one for one in answers if one.version_id == row.id]
    hung = tuple((x + 11 * (2 * n - min(len(mine), 3) + 1), y + 36, one.stale) for n, one in enumerate(mine[:3]))
    return Node(
        x,
        y,
        row.number,
        row.theirs,
        row.relation in ("resave", "rendition"),
        last,
        tuple(start + _DOT * n for n in range(drawn)),
        count - drawn,
        hung,
        len(mine) - len(hung),
    )


def _path(start: Node, end: Node) -> str:
    """A straight line in a lane, a curve between lanes and over contents that stand between."""
    if start.y != end.y:
        middle = (start.x + end.x) // 2
        return f"M{start.x} {start.y}C{middle} {start.y} {middle} {end.y} {end.x} {end.y}"
    if end.x - start.x > STEP:
        return f"M{start.x} {start.y}Q{(start.x + end.x) // 2} {start.y + 52} {end.x} {end.y}"
    return f"M{start.x} {start.y}H{end.x}"
