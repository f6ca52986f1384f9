"""The form of a rule: sets of conditions, one row each; made of a rule, read from a form, and made a rule again.

It works without scripts: adding and taking away a row sends the form, and the page comes back with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mailcrm.crm.group_rules import Condition, Every, Node, Not, Some, complete

MOST_SETS, MOST_ROWS = 8, 20
_NO = "not-"


@dataclass(frozen=True, slots=True)
class Row:
    """One condition as it stands in the form; `how` may begin with "not-"."""

    what: str
    how: str
    value: str


@dataclass(frozen=True, slots=True)
class Set:
    """Conditions of which all, any or none hold."""

    mode: str = "all"
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form says: sets of which all or any hold."""

    mode: str = "all"
    sets: tuple[Set, ...] = (Set(),)

    def node(self, fields: Mapping[str, str] | None = None) -> Node:
        """The rule; with `fields` only of the conditions that say enough to be asked."""
        sets = [_branch(one, fields) for one in self.sets]
        kept = [one for one in sets if fields is None or _leaves(one)]
        if len(kept) == 1:
            return kept[0]
        return Every(tuple(kept)) if self.mode == "all" else Some(tuple(kept))

    def after(self, act: str, chosen: Mapping[str, str]) -> "Draft":
        """The draft after a button: add:SET (with `chosen` what for it), drop:SET.ROW, set, unset:SET."""
        name, _, place = act.partition(":")
        at, _, row = place.partition(".")
        numbers = [int(part) if part.isascii() and part.isdigit() else -1 for part in (at, row)]
        sets = list(self.sets)
        if name == "set" and len(sets) < MOST_SETS:
            return replace(self, sets=(*sets, Set()))
        if not 0 <= numbers[0] < len(sets):
            return self
        here = sets[numbers[0]]
        if name == "add" and len(here.rows) < MOST_ROWS:
            sets[numbers[0]] = replace(here, rows=(*here.rows, Row(chosen.get(at, "name"), "", "")))
        elif name == "drop":
            rows = tuple(one for number, one in enumerate(here.rows) if number != numbers[1])
            sets[numbers[0]] = replace(here, rows=rows)
        elif name == "unset" and len(sets) > 1:
            del sets[numbers[0]]
        return replace(self, sets=tuple(sets))


def read(form: Mapping[str, str]) -> Draft:
    """The draft that a form holds: mode, s0.mode, s0.0.what, s0.0.how, s0.0.value, …"""
    sets: list[Set] = []
    while (name := f"s{len(sets)}") and f"{name}.mode" in form and len(sets) < MOST_SETS:
        rows: list[Row] = []
        while (row := f"{name}.{len(rows)}") and f"{row}.what" in form and len(rows) < MOST_ROWS:
            parts = (form.get(f"{row}.{part}", "")[:250] for part in ("what", "how", "value"))
            rows.append(Row(*parts))
        sets.append(Set(_one_of(form[f"{name}.mode"], ("all", "any", "none")), tuple(rows)))
    return Draft(_one_of(form.get("mode", ""), ("all", "any")), tuple(sets) or (Set(),))


def draft_of(node: Node) -> Draft | None:
    """The draft of a rule; None for one that is deeper than the form."""
    flat = _set_of(node)
    if flat is not None:
        return Draft("all", (flat,))
    if not isinstance(node, Every | Some):
        return None
    sets = [_set_of(part) for part in node.parts]
    if any(one is None for one in sets) or len(sets) > MOST_SETS:
        return None
    return Draft("all" if isinstance(node, Every) else "any", tuple(one for one in sets if one is not None))


def _set_of(node: Node) -> Set | None:
    mode = "all"
    parts: tuple[Node, ...] = (node,)
    if isinstance(node, Not) and isinstance(node.part, Some):
        mode, parts = "none", node.part.parts
    elif isinstance(node, Every | Some):
        mode, parts = ("all" if isinstance(node, Every) else "any"), node.parts
    rows = [_row_of(part) for part in parts]
    if any(row is None for row in rows) or len(rows) > MOST_ROWS:
        return None
    return Set(mode, tuple(row for row in rows if row is not None))


def _row_of(node: Node) -> Row | None:
    if isinstance(node, Condition):
        return Row(node.what, node.how, node.value)
    # Only these opposites can be chosen in the form.
    if isinstance(node, Not) and isinstance(node.part, Condition) and node.part.how in ("contains", "is"):
        return Row(node.part.what, _NO + node.part.how, node.part.value)
    return None


def _branch(one: Set, fields: Mapping[str, str] | None) -> Node:
    leaves = [(_condition(row), row.how.startswith(_NO)) for row in one.rows]
    kept = [(leaf, opposite) for leaf, opposite in leaves if fields is None or complete(leaf, fields)]
    nodes: tuple[Node, ...] = tuple(Not(leaf) if opposite else leaf for leaf, opposite in kept)
    if one.mode == "none":
        return Not(Some(nodes))
    return Every(nodes) if one.mode == "all" else Some(nodes)


def _condition(row: Row) -> Condition:
    return Condition(row.what, row.how.removeprefix(_NO), row.value.strip())


def _leaves(node: Node) -> bool:
    inner = node.part if isinstance(node, Not) else node
    return bool(inner.parts) if isinstance(inner, Every | Some) else True


def _one_of(value: str, choices: tuple[str, ...]) -> str:
    return value if value in choices else choices[0]
