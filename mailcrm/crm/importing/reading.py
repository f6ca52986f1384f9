"""From the cells of a line to a Record: every value in the form that is stored, and what could not be read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from mailcrm.crm import fields as field_rules
from mailcrm.crm.domains import is_within
from mailcrm.crm.fields import FieldKind, Unfit
from mailcrm.crm.importing import names
from mailcrm.crm.importing.values import Line, Person, Problem, Record, Settings

_APART = re.compile(r"[;,|\n\t]+|\s+/\s+|\s{2,}|\s+(?=[^\s@<>]+@)|(?<=>)\s+")
_PHONES_APART = re.compile(r"[;,|\n\t]+|/(?=\s*[+(\d])|\s(?:или|or)\s|\s{3,}", re.IGNORECASE)
_EXTENSION = re.compile(r"^\s*(?:доб|ext|вн|x)\b", re.IGNORECASE)
_WRAPPED = re.compile(r"^(?:mailto:|e-?mail:)|^<|>$|\.$", re.IGNORECASE)
_PERSONS = frozenset(
    {"person", "private", "private person", "individual", "физлицо", "физ лицо", "частное лицо", "ф/л"}
)
_MOST_TAGS = 20


@dataclass(frozen=True, slots=True)
class Known:
    """What reading needs to know of the company: how values are checked, its people, its fields."""

    email: Callable[[str], str]
    """The address as it is stored; raises ValueError, as do the next two."""
    domain: Callable[[str], str]
    phone: Callable[[str, str], str]
    own_domains: frozenset[str] = frozenset()
    own_emails: frozenset[str] = frozenset()
    free_mail: frozenset[str] = frozenset()
    owners: Mapping[str, int] = field(default_factory=dict)
    """Case-folded login or name → user."""
    fields: Mapping[str, tuple[int, FieldKind]] = field(default_factory=dict)
    """Key of a field → its id and what it takes."""


@dataclass(slots=True)
class _Cells:
    """The cells of one line by what they mean, and the problems that are found."""

    line: Line
    settings: Settings
    problems: list[Problem] = field(default_factory=list)
    by_target: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, target, cell in zip(self.settings.names, self.settings.columns, self.line.cells, strict=False):
            if cell and not cell.isspace():
                self.by_target.setdefault(target, []).append((name, cell))

    def of(self, target: str) -> list[tuple[str, str]]:
        """(name of the column, text) of the cells that are not empty."""
        return self.by_target.get(target, [])

    def text(self, target: str, between: str = ", ") -> str:
        """All of a target in one text."""
        found = self.of(target)
        return between.join(dict.fromkeys(names.tidy(cell) for _, cell in found)) if found else ""

    def wrong(self, column: str, reason: str, value: str = "") -> None:
        """Note that a cell could not be taken."""
        self.problems.append(Problem(self.line.number, column, reason, value[:300]))


def record(line: Line, settings: Settings, known: Known) -> tuple[Record | None, list[Problem]]:
    """What a line says, None where it names nobody, and what of it could not be taken."""
    cells = _Cells(line, settings)
    person, company = _person(cells, known), names.company_name(cells.text("company", " "))
    name, kind, named = _identity(cells, known, company, person)
    if not name:
        cells.wrong("", "nameless")
        return None, cells.problems
    notes = [cell.strip() for _, cell in cells.of("note")]
    contact: Person | None = person if person.name or person.phones or person.position else None
    if contact is None or kind == "person":
        # There is only one to whom the other columns can belong.
        notes += [person.note] if person.note else []
        contact = contact and replace(contact, note="")
    website = cells.text("website")
    found = Record(
        row=line.number,
        name=name,
        kind=kind,
        tax_id=_tax_id(cells),
        website=website,
        postal_address=cells.text("address"),
        note="\n".join(notes),
        owner_id=_owner(cells, known),
        domains=_domains(cells, known, kind, person.emails),
        emails=person.emails if contact is None else (),
        person=contact,
        tags=_tags(cells),
        fields=_fields(cells, known),
        decision=settings.answers.get(line.number, "") or names.tidy(cells.text("client")).casefold(),
        named=named,
    )
    return found, cells.problems


def _identity(cells: _Cells, known: Known, company: str, person: Person) -> tuple[str, str, bool]:
    """The name of the client, its kind, and whether the line gives the name."""
    said = cells.text("kind").casefold()
    if company:
        return company, "person" if said in _PERSONS else "company", True
    if person.name:
        return person.name, "person", True
    domains = [email.rpartition("@")[2] for email in person.emails]
    shared = [domain for domain in domains if domain not in known.free_mail]
    if shared:
        return shared[0], "company", False
    if person.emails:
        return person.emails[0], "person", False
    website = cells.text("website")
    numbers = [raw for _, raw in person.phones]
    return (website or cells.text("tax_id") or (numbers or [""])[0]), "company", False


def _person(cells: _Cells, known: Known) -> Person:
    parts = [names.tidy(cells.text(part, " ")) for part in ("last", "first", "middle")]
    name = names.person_name(cells.text("person", " ")) or names.full_name(*parts)
    more = [cell.strip() for _, cell in cells.of("person_note")]
    more += [f"{column or 'Column'}: {names.tidy(cell)}" for column, cell in cells.of("more")]
    return Person(name, cells.text("position"), "\n".join(more), _emails(cells, known), _phones(cells, known))


def _emails(cells: _Cells, known: Known) -> tuple[str, ...]:
    found = []
    for column, cell in cells.of("email"):
        for text in _APART.split(cell.strip()):
            text = _WRAPPED.sub("", _WRAPPED.sub("", text.rpartition("<")[2].strip(" '\"()[]")))
            if "@" not in text and "<" in cell:
                # The name before an address in angle brackets, not an address that is damaged.
                continue
            email = _taken(cells, column, text, known.email)
            if email and (is_within(email.rpartition("@")[2], known.own_domains) or email in known.own_emails):
                cells.wrong(column, "own", text)
            elif email:
                found.append(email)
    return tuple(dict.fromkeys(found))


def _taken(cells: _Cells, column: str, text: str, read: Callable[[str], str]) -> str:
    if not text.strip():
        return ""
    try:
        return read(text)
    except ValueError:
        cells.wrong(column, "email", text)
        return ""


def _phones(cells: _Cells, known: Known) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for column, cell in cells.of("phone"):
        pieces: list[str] = []
        for piece in _PHONES_APART.split(cell):
            if pieces and _EXTENSION.match(piece):
                pieces[-1] += f", {piece.strip()}"
            elif piece.strip():
                pieces.append(names.tidy(piece))
        for raw in pieces:
            try:
                found.setdefault(known.phone(raw, cells.settings.region), raw)
            except ValueError:
                cells.wrong(column, "phone", raw)
    return tuple(found.items())


def _tax_id(cells: _Cells) -> str:
    found = [(column, *names.tax_number(cell)) for column, cell in cells.of("tax_id")]
    for column, number, right in found:
        if not right:
            cells.wrong(column, "tax_id", number)
    return found[0][1] if found else ""


def _owner(cells: _Cells, known: Known) -> int | None:
    for column, cell in cells.of("owner"):
        owner = known.owners.get(names.tidy(cell).casefold())
        if owner is not None:
            return owner
        cells.wrong(column, "owner", cell)
    return None


def _domains(cells: _Cells, known: Known, kind: str, emails: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    texts = [(column, text) for column, cell in cells.of("domain") for text in re.split(r"[\s;,|]+", cell)]
    for column, text in texts:
        try:
            found += [known.domain(text)] if text else []
        except ValueError:
            cells.wrong(column, "domain", text)
    # A list with a column for domains says itself which they are.
    if cells.settings.add_domains and kind == "company" and "domain" not in cells.settings.columns:
        for email in emails:
            domain = email.rpartition("@")[2]
            found += [domain] if domain not in known.free_mail else []
    return tuple(dict.fromkeys(one for one in found if not is_within(one, known.own_domains)))


def _tags(cells: _Cells) -> tuple[str, ...]:
    texts = [names.tidy(text)[:60] for _, cell in cells.of("tags") for text in re.split("[;,|\n]+", cell)]
    return tuple(dict.fromkeys(text for text in texts if text))[:_MOST_TAGS]


def _fields(cells: _Cells, known: Known) -> tuple[tuple[int, str, str], ...]:
    found = []
    for key, (number, takes) in known.fields.items():
        for column, cell in cells.of(f"field:{key}"):
            try:
                value = field_rules.written(takes, cell)
            except Unfit as error:
                cells.wrong(column, error.reason, cell)
                continue
            found += [(number, value, field_rules.sort_key(takes.kind, value))] if value else []
    return tuple(found)
