"""What people said about contents, made ready to ask; and the rules that a join or a split by a person writes.

Rules are only ever added, and name contents by SHA-256: no rebuild and no new weights can undo them. Of two rules on
the same pair the later one counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from mailcrm.documents.values import Rule

Pair = frozenset[str]


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules in force. Equal rules in equal order make equal values."""

    must: frozenset[Pair] = frozenset()
    cannot: frozenset[Pair] = frozenset()
    titles: dict[str, str] = field(default_factory=dict)
    scopes: dict[str, str] = field(default_factory=dict)
    excluded: frozenset[str] = frozenset()
    """Contents that a person called no document."""
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    """For every content of a `must`: all that it was joined with, directly and through others."""
    barred: dict[str, frozenset[str]] = field(default_factory=dict)
    """For every content of a `cannot`: all that its group must stay apart from."""

    def together(self, sha: str) -> frozenset[str]:
        """The contents that belong to one document with this one by a person's word; itself among them."""
        return self.groups.get(sha, frozenset({sha}))

    def apart(self, sha: str, members: Iterable[str]) -> bool:
        """Whether a person said that this content does not belong to a document with these members."""
        return not self.barred.get(sha, frozenset()).isdisjoint(members)


def in_force(rules: Iterable[Rule]) -> Rules:
    """The rules that count, from all that were ever made, in the order in which they were made."""
    pairs: dict[Pair, str] = {}
    titles, scopes, roles = {}, {}, {}
    for rule in rules:
        if rule.kind in ("must", "cannot") and rule.sha != rule.other:
            pairs[frozenset((rule.sha, rule.other))] = rule.kind
        elif rule.kind == "title":
            titles[rule.sha] = rule.value
        elif rule.kind == "scope":
            scopes[rule.sha] = rule.value
        elif rule.kind in ("not_a_document", "document"):
            roles[rule.sha] = rule.kind
    must = frozenset(pair for pair, kind in pairs.items() if kind == "must")
    cannot = frozenset(pair for pair, kind in pairs.items() if kind == "cannot")
    excluded = frozenset(sha for sha, kind in roles.items() if kind == "not_a_document")
    groups = _groups(must)
    return Rules(must, cannot, titles, scopes, excluded, groups, _barred(cannot, groups))


def _groups(must: Iterable[Pair]) -> dict[str, frozenset[str]]:
    """Contents joined directly or through others."""
    group: dict[str, set[str]] = {}
    for pair in must:
        merged = set[str]().union(pair, *(group.get(sha, set()) for sha in pair))
        group.update(dict.fromkeys(merged, merged))
    frozen = {id(members): frozenset(members) for members in group.values()}
    return {sha: frozen[id(members)] for sha, members in group.items()}


def _barred(cannot: Iterable[Pair], groups: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """A `cannot` between two contents keeps their groups apart; inside one group it holds for the two alone."""
    barred: dict[str, set[str]] = defaultdict(set)
    for one, other in (sorted(pair) for pair in cannot):
        ours, theirs = groups.get(one, frozenset({one})), groups.get(other, frozenset({other}))
        if other in ours:
            ours, theirs = frozenset({one}), frozenset({other})
        for sha in ours:
            barred[sha] |= theirs
        for sha in theirs:
            barred[sha] |= ours
    return {sha: frozenset(others) for sha, others in barred.items()}


def join(first: Sequence[str], second: Sequence[str], rules: Rules) -> tuple[Rule, ...]:
    """The rules that make one document of two, given by their contents. They override every split between them."""
    wanted = dict.fromkeys(_chain([*first, *second]))
    undone = {pair for pair in rules.cannot if _crosses(pair, first, second)}
    return tuple(Rule("must", *sorted(pair)) for pair in (*wanted, *sorted(undone - set(wanted), key=sorted)))


def split(stays: Sequence[str], leaves: Sequence[str], rules: Rules) -> tuple[Rule, ...]:
    """The rules that make two documents of one. They override every join between the two sides."""
    undone = {pair for pair in rules.must if _crosses(pair, stays, leaves)}
    undone.add(frozenset((stays[0], leaves[0])))
    inside = dict.fromkeys((*_chain(stays), *_chain(leaves)))
    return (
        *(Rule("cannot", *sorted(pair)) for pair in sorted(undone, key=sorted)),
        *(Rule("must", *sorted(pair)) for pair in inside if pair not in rules.must),
    )


def _chain(shas: Sequence[str]) -> list[Pair]:
    return [frozenset(pair) for pair in pairwise(shas) if pair[0] != pair[1]]


def _crosses(pair: Pair, first: Iterable[str], second: Iterable[str]) -> bool:
    return bool(pair.intersection(first)) and bool(pair.intersection(second))
