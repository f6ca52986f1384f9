"""Clients as rows of a sheet and as vCards: in the columns that an import recognises, so that both fit together."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mailcrm.crm.importing.drafts import ClientDraft, ContactDraft

COLUMNS = (
    "Company",
    "Client type",
    "Tax number",
    "Full name",
    "Position",
    "E-mail",
    "Phone",
    "Website",
    "Domain",
    "Postal address",
    "Owner",
    "Tags",
    "Note",
    "Contact note",
)
"""Headings; after them come the fields of one's own, and last "mailcrm client", the number of the client."""
_GUARDED = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_LINE = 75


@dataclass(frozen=True, slots=True)
class Told:
    """What stands for the numbers in a draft: names of owners, and (id, label) of the fields."""

    owners: Mapping[int, str]
    fields: Sequence[tuple[int, str]]


def head(told: Told) -> list[str]:
    """The headings of the sheet."""
    return [*COLUMNS, *(label for _, label in told.fields), "mailcrm client"]


def rows(client: ClientDraft, told: Told) -> Iterator[list[str]]:
    """One row a contact; the addresses of the client itself, and a client without contacts, have a row of their own."""
    columns = client.columns
    owner = told.owners.get(columns["owner_id"] or 0, "")
    before = [columns["name"], columns["kind"], columns["tax_id"]]
    tags = ", ".join(client.tag_names)
    own = [email for email, contact in client.emails.items() if contact is None]
    after = [columns["website"], ", ".join(sorted(client.domains)), columns["postal_address"], owner, tags]
    values = [client.fields.get(number, ("", ""))[0] for number, _ in told.fields]
    people: list[ContactDraft | None] = [*client.contacts]
    if own or not people:
        people.insert(0, None)
    for person in people:
        emails = own if person is None else [email for email, contact in client.emails.items() if contact is person]
        name, position, note = (person.columns[n] if person else "" for n in ("name", "position", "note"))
        phones = list(person.phones.values()) if person else []
        reach = [name, position, ", ".join(emails), "; ".join(phones)]
        yield [*before, *reach, *after, columns["note"], note, *values, str(client.id)]


def csv_text(lines: Iterable[Sequence[str]], separator: str = ",") -> str:
    """Lines as text with separated values; a cell that a program would take for a formula gets a mark before it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerows([f"'{cell}" if cell.startswith(_GUARDED) else cell for cell in line] for line in lines)
    return out.getvalue()


def cards(client: ClientDraft) -> Iterator[str]:
    """One vCard 3.0 (RFC 2426) a contact; the client itself where it has none."""
    columns = client.columns
    tags = ",".join(_escaped(tag) for tag in client.tag_names)
    own = [email for email, contact in client.emails.items() if contact is None]
    shared = [("ORG", _escaped(columns["name"])), ("URL", columns["website"]), ("CATEGORIES", tags)]
    if columns["postal_address"]:
        shared.append(("ADR;TYPE=work", f";;{_escaped(columns['postal_address'])};;;;"))
    people: list[ContactDraft | None] = [*client.contacts] or [None]
    for person in people:
        emails = [email for email, contact in client.emails.items() if contact is person] if person else own
        name = (person.columns["name"] if person else "") or columns["name"]
        note = person.columns["note"] if person else columns["note"]
        told_of = [
            ("FN", _escaped(name)),
            ("N", _name(name)),
            ("TITLE", _escaped(person.columns["position"]) if person else ""),
            *(("EMAIL;TYPE=internet", email) for email in emails),
            *(("TEL", number) for number in (person.phones.values() if person else ())),
            *shared,
            ("NOTE", _escaped(note)),
        ]
        lines = ["BEGIN:VCARD", "VERSION:3.0", *(f"{key}:{value}" for key, value in told_of if value), "END:VCARD"]
        yield "\r\n".join(folded for line in lines for folded in _folded(line)) + "\r\n"


def _name(name: str) -> str:
    first, _, last = name.rpartition(" ")
    return f"{_escaped(last)};{_escaped(first)};;;"


def _escaped(text: str) -> str:
    for mark, safe in (("\\", "\\\\"), ("\r", ""), ("\n", "\\n"), (",", "\\,"), (";", "\\;")):
        text = text.replace(mark, safe)
    return text


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 bytes, none of which cuts a letter; the second and all later ones begin with a
    blank."""
    rest, room = line.replace("\n", ""), _LONGEST_LINE
    first = True
    while rest:
        piece = rest.encode()[: room if first else room - 1].decode("utf-8", "ignore")
        yield piece if first else f" {piece}"
        rest, first = rest[len(piece) :], False
