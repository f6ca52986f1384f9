"""Table, Settings, Record, Person, Problem: what the steps of an import hand to each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field

TARGETS = (
    "company",
    "person",
    "last",
    "first",
    "middle",
    "position",
    "email",
    "phone",
    "tax_id",
    "website",
    "domain",
    "address",
    "note",
    "person_note",
    "owner",
    "tags",
    "kind",
    "client",
    "more",
    "new",
    "",
)
"""What a column may mean, besides field:KEY. `more` goes into the note with the name of the column, `new` becomes a
field of one's own, `client` says outright whose row it is, and an empty one is left out."""

EXISTING = ("fill", "replace", "leave")
"""What happens to clients that are known: gaps are filled, values replaced, or nothing is touched."""

REASONS = {
    "email": "this is no e-mail address",
    "phone": "this is no telephone number",
    "domain": "this is no domain of a client",
    "own": "this is an address of our own",
    "tax_id": "the check digits of this tax number are wrong; it was taken all the same",
    "owner": "there is no such user",
    "number": "this is no number",
    "date": "this is no date",
    "choice": "this is not among the choices of the field",
    "yesno": "write yes or no",
    "long": "this is too long",
    "nameless": "the row names nobody",
    "decision": "there is no client of this number",
    "similar": "there is a client like this: is it the same?",
    "several": "several clients fit: which one is it?",
    "joined": "belongs to a known client",
}
"""Why a cell was left out (the first eleven; of tax_id it was taken all the same), why a row was (the next four), or
that a row was taken to be of a known client. Pages look the sentence up in their catalogue."""
WRONG = tuple(reason for reason in REASONS if reason != "joined")
LEFT_OUT = frozenset({"nameless", "decision", "similar", "several"})
QUESTIONS = frozenset({"similar", "several"})


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a sheet, with its number as the file counts."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet of a file, or all of a text file."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a list is to be read."""

    sheet: int = 0
    header: int = 0
    """Which of the lines names the columns, from 0; -1 for none."""
    columns: tuple[str, ...] = ()
    """What each column means."""
    names: tuple[str, ...] = ()
    """What each column is called."""
    region: str = ""
    """The country of telephone numbers without one."""
    existing: str = "fill"
    add_similar: bool = False
    """Rows that resemble a known client are added as new ones; otherwise they are left out with a question."""
    add_domains: bool = True
    """The domain of a company's addresses becomes a domain of the client."""
    encoding: str = ""
    answers: Mapping[int, str] = field(default_factory=dict)
    """Row → "new", "skip" or the id of the client that it is of."""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as a row tells of it."""

    name: str = ""
    position: str = ""
    note: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[tuple[str, str], ...] = ()
    """(number, as written)."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row with everything in the form that is stored."""

    row: int
    name: str
    kind: str
    tax_id: str = ""
    website: str = ""
    postal_address: str = ""
    note: str = ""
    owner_id: int | None = None
    domains: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    """Of the client itself."""
    person: Person | None = None
    tags: tuple[str, ...] = ()
    fields: tuple[tuple[int, str, str], ...] = ()
    """(field, value, sort key)."""
    decision: str = ""
    """"new", "skip" or the id of a client."""
    named: bool = True
    """The row itself gives the name; otherwise it was made of an address."""

    @property
    def all_emails(self) -> tuple[str, ...]:
        """The addresses of the client and of its person."""
        return self.emails + (self.person.emails if self.person else ())


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of a row that could not be taken, or that a person should know."""

    row: int
    column: str
    reason: str
    value: str = ""
    candidates: tuple[int, ...] = ()
