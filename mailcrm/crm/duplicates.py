"""Which clients may be one: by what they share, and by names that are alike. Only a person makes them one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from mailcrm.crm.importing.match import LIKENESS, Face, blocks, likeness
from mailcrm.crm.importing.names import company_key, tax_key

WEIGHTS = {"tax_id": 60.0, "address": 50.0, "phone": 40.0, "name": 45.0, "domain": 30.0, "similar": 25.0}
"""How much each reason says; they add up to at most 100."""
_MOST_SHARERS = 6
"""What more clients share (a telephone exchange, a common first word) says nothing."""
_MOST_IN_BLOCK = 60


@dataclass(frozen=True, slots=True)
class Pair:
    """Two clients that may be one, the smaller id first."""

    first: int
    second: int
    score: float
    reasons: tuple[tuple[str, str], ...]
    """(reason, what they share)."""


def pairs(faces: Sequence[Face], reaches: Mapping[str, Iterable[tuple[str, int]]]) -> list[Pair]:
    """Every pair for which something speaks, the likeliest first. `reaches` has (name, client) of email, domain and
    phone; two different tax numbers speak against all of it but a common address."""
    found: dict[tuple[int, int], dict[str, str]] = defaultdict(dict)
    for reason, name, pair in [*_shared(faces, reaches), *_alike(faces)]:
        found[pair].setdefault(reason, name)
    tax = {face.id: tax_key(face.tax_id) for face in faces}
    kept = []
    for (first, second), reasons in found.items():
        differ = tax.get(first) and tax.get(second) and tax[first] != tax[second]
        if differ and "address" not in reasons:
            continue
        if set(reasons) == {"domain"} or ("name" in reasons and "similar" in reasons):
            reasons.pop("similar", None)
        score = min(100.0, sum(WEIGHTS[reason] for reason in reasons))
        kept.append(Pair(first, second, score, tuple(reasons.items())))
    return sorted(kept, key=lambda pair: (-pair.score, pair.first, pair.second))


def _shared(
    faces: Sequence[Face], reaches: Mapping[str, Iterable[tuple[str, int]]]
) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """(reason, what is shared, pair) of clients with the same number, address, telephone, domain or name."""
    people = {face.id for face in faces if face.kind == "person"}
    sources: list[tuple[str, Iterable[tuple[str, int]]]] = [
        ("tax_id", ((tax_key(face.tax_id), face.id) for face in faces)),
        ("name", ((company_key(face.name), face.id) for face in faces)),
        ("address", reaches["email"]),
        ("phone", reaches["phone"]),
        ("domain", ((name, client) for name, client in reaches["domain"] if client not in people)),
    ]
    for reason, named in sources:
        holders: dict[str, set[int]] = defaultdict(set)
        for name, client in named:
            holders[name].add(client)
        for name, clients in holders.items():
            if name and 1 < len(clients) <= _MOST_SHARERS:
                yield from ((reason, name, pair) for pair in combinations(sorted(clients), 2))


def _alike(faces: Sequence[Face]) -> Iterator[tuple[str, str, tuple[int, int]]]:
    keys = {face.id: company_key(face.name) for face in faces}
    names = {face.id: face.name for face in faces}
    near: dict[str, list[int]] = defaultdict(list)
    for client, key in keys.items():
        for block in blocks(key):
            near[block].append(client)
    seen: set[tuple[int, int]] = set()
    for clients in near.values():
        if len(clients) > _MOST_IN_BLOCK:
            continue
        for pair in combinations(sorted(set(clients)), 2):
            if pair in seen:
                continue
            seen.add(pair)
            ours, theirs = keys[pair[0]], keys[pair[1]]
            if ours != theirs and likeness(ours, theirs) >= LIKENESS:
                yield "similar", names[pair[1]], pair
