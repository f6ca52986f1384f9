"""Whose row is it? Rows of a list against known clients and the rows before, by proofs first, then by likeness."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz

from mailcrm.crm.importing.names import company_key, tax_key
from mailcrm.crm.importing.values import Record

LIKENESS = 88.0
"""From this likeness (0 to 100) of two names on, a person is asked."""
_SAME_HOUSE = 75.0
"""Names that are so alike may share a domain."""
_MOST_IN_BLOCK = 150
"""A beginning or end of a word that more clients have tells nothing."""
_MOST_CANDIDATES = 5
_DIGITS = re.compile(r"\d+")
_NEW = frozenset({"new", "add", "новый", "новая", "новое", "нов", "добавить"})
_SKIP = frozenset({"skip", "no", "пропустить", "нет", "-"})


@dataclass(frozen=True, slots=True)
class Face:
    """How a client looks to the rules."""

    id: int
    """That of the client; of one that the list itself brings, minus the number of its first row."""
    name: str
    kind: str
    tax_id: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """Whose row it is: a client by a reason, nobody's yet (a new one), or a question."""

    client: int = 0
    """0 for a new client."""
    reason: str = ""
    """decision, tax_id, address, domain, name or phone; skip where a person said so."""
    question: str = ""
    """similar, several or decision; empty where there is no doubt."""
    candidates: tuple[int, ...] = ()


class Index:
    """The clients that are known, and those of the rows so far."""

    def __init__(self) -> None:
        self.faces: dict[int, Face] = {}
        self._by_tax: dict[str, list[int]] = defaultdict(list)
        self._by_email: dict[str, list[int]] = defaultdict(list)
        self._by_domain: dict[str, list[int]] = defaultdict(list)
        self._by_phone: dict[str, list[int]] = defaultdict(list)
        self._by_name: dict[str, list[int]] = defaultdict(list)
        self._blocks: dict[str, list[int]] = defaultdict(list)
        self._keys: dict[int, str] = {}
        self._numbers: dict[int, str] = {}

    def add(self, face: Face) -> None:
        """Know a client by its name and tax number."""
        if face.id in self.faces:
            return
        self.faces[face.id] = face
        key = self._keys[face.id] = company_key(face.name)
        self._numbers[face.id] = _digits(key)
        self._by_name[key].append(face.id)
        for block in blocks(key):
            self._blocks[block].append(face.id)
        if face.tax_id:
            self._by_tax[tax_key(face.tax_id)].append(face.id)

    def reach(self, kind: str, pairs: Iterable[tuple[str, int]]) -> None:
        """Know clients by (email, domain or phone, client)."""
        index = {"email": self._by_email, "domain": self._by_domain, "phone": self._by_phone}[kind]
        for name, client in pairs:
            if client not in index[name]:
                index[name].append(client)

    def learn(self, client: int, record: Record) -> None:
        """Know a client by all that a row of it says."""
        self.add(Face(client, record.name, record.kind, record.tax_id))
        if record.tax_id and client not in self._by_tax[tax_key(record.tax_id)]:
            self._by_tax[tax_key(record.tax_id)].append(client)
        self.reach("email", ((email, client) for email in record.all_emails))
        self.reach("domain", ((domain, client) for domain in record.domains))
        self.reach("phone", ((number, client) for number, _ in (record.person.phones if record.person else ())))

    def match(self, record: Record, add_similar: bool = False) -> Match:
        """Whose row it is."""
        if record.decision:
            return self._decided(record.decision)
        for found in (self._by_proof(record), self._by_company_name(record)):
            if found is not None:
                return found
        alike = () if add_similar else self._alike(record)
        return Match(question="similar", candidates=alike) if alike else Match()

    def _decided(self, decision: str) -> Match:
        if decision in _NEW:
            return Match(reason="decision")
        if decision in _SKIP:
            return Match(reason="skip")
        number = decision.removeprefix("-")
        if number.isascii() and number.isdigit() and int(decision) in self.faces:
            return Match(int(decision), "decision")
        return Match(question="decision")

    def _by_proof(self, record: Record) -> Match | None:
        tax = tax_key(record.tax_id)
        if tax and (found := self._by_tax.get(tax)):
            return self._one(record, found, "tax_id")
        known = [client for email in record.all_emails for client in self._by_email.get(email, ())]
        if known and (found := self._not_other(record, known)):
            return self._one(record, found, "address")
        domains = dict.fromkeys((*record.domains, *(e.rpartition("@")[2] for e in record.all_emails)))
        known = [client for domain in domains for client in self._by_domain.get(domain, ())]
        if not known:
            return None
        fitting = [client for client in self._not_other(record, known) if self._same_house(record, client)]
        if fitting:
            return self._one(record, fitting, "domain")
        return Match(question="similar", candidates=_few(known))

    def _by_company_name(self, record: Record) -> Match | None:
        key = company_key(record.name)
        found = self._not_other(record, self._by_name.get(key, ())) if key and record.named else []
        if not found:
            return None
        if record.kind == "person":
            # Two people may well have one name: a telephone number proves it, nothing else does.
            numbers = [number for number, _ in (record.person.phones if record.person else ())]
            same = [client for client in found if any(client in self._by_phone.get(n, ()) for n in numbers)]
            return self._one(record, same, "phone") if same else Match(question="similar", candidates=_few(found))
        return self._one(record, found, "name")

    def _one(self, record: Record, found: Iterable[int], reason: str) -> Match:
        clients = list(dict.fromkeys(found))
        if len(clients) > 1:
            key = company_key(record.name)
            named = [client for client in clients if self._keys[client] == key]
            clients = named if len(named) == 1 else clients
        return Match(clients[0], reason) if len(clients) == 1 else Match(question="several", candidates=_few(clients))

    def _not_other(self, record: Record, clients: Iterable[int]) -> list[int]:
        """Without those whose tax number says that they are somebody else."""
        tax = tax_key(record.tax_id)
        return [c for c in clients if not tax or not self.faces[c].tax_id or tax_key(self.faces[c].tax_id) == tax]

    def _same_house(self, record: Record, client: int) -> bool:
        if record.kind == "person" or not record.named:
            return True
        ours, theirs = company_key(record.name), self._keys[client]
        return fuzz.token_set_ratio(ours, theirs) >= _SAME_HOUSE

    def _alike(self, record: Record) -> tuple[int, ...]:
        if not record.named:
            return ()
        key = company_key(record.name)
        number = _digits(key)
        shared = [self._blocks[block] for block in blocks(key)]
        near = {c for block in shared if len(block) <= _MOST_IN_BLOCK for c in block if self._numbers[c] == number}
        scored = [(likeness(key, self._keys[client]), client) for client in self._not_other(record, near)]
        return tuple(client for score, client in sorted(scored, reverse=True) if score >= LIKENESS)[:_MOST_CANDIDATES]


def likeness(first: str, second: str) -> float:
    """How alike two keys of names are, 0 to 100; names that differ in a number are not."""
    if _digits(first) != _digits(second):
        return 0.0
    return max(fuzz.ratio(first, second), fuzz.token_sort_ratio(first, second))


def _digits(key: str) -> str:
    return "".join(_DIGITS.findall(key))


def blocks(key: str) -> Iterator[str]:
    """Beginnings and ends of words: names that are alike share one of them."""
    for word in key.split(" "):
        if len(word) >= 3:
            yield word[:4]
            yield f"-{word[-4:]}"


def _few(clients: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(clients))[:_MOST_CANDIDATES]
