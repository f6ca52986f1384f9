"""The card of a client: its contacts with addresses and phones, its own addresses and its domains, in two queries."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, literal, select, union_all
from sqlmodel import col

from mailcrm.model import ClientDomain, Contact, ContactAddress, ContactPhone


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as a card shows it."""

    id: int
    name: str
    position: str
    note: str
    addresses: tuple[str, ...] = ()
    phones: tuple[tuple[str, str], ...] = ()
    """(number in E.164 where it could be read, as written)."""


@dataclass(frozen=True, slots=True)
class Card:
    """How a client can be reached."""

    people: tuple[Person, ...] = ()
    addresses: tuple[str, ...] = ()
    """Of the client itself (info@ and the like)."""
    domains: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reach:
    emails: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    phones: dict[int, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    domains: list[str] = field(default_factory=list)
    people: list[tuple[int, str, str, str]] = field(default_factory=list)


def card(connection: Connection, client_id: int) -> Card:
    """The card of a client; an empty one where there is no such client."""
    reach = _reach(connection, client_id)
    people = tuple(
        Person(key, name, position, note, tuple(reach.emails[key]), tuple(reach.phones[key]))
        for key, name, position, note in sorted(reach.people, key=lambda one: (one[1].casefold(), one[0]))
    )
    return Card(people, tuple(reach.emails[0]), tuple(reach.domains))


def _reach(connection: Connection, client_id: int) -> _Reach:
    # One query for all of it: the page of a client asks enough as it is.
    none: Any = literal(0)
    empty: Any = literal("")
    people = select(
        literal("person"), col(Contact.id), col(Contact.id), col(Contact.name), col(Contact.position), col(Contact.note)
    ).where(col(Contact.client_id) == client_id)
    domains = select(literal("domain"), none, none, col(ClientDomain.domain), empty, empty).where(
        col(ClientDomain.client_id) == client_id
    )
    email: Any = (ContactAddress.contact_id, ContactAddress.id, ContactAddress.email)
    emails = select(literal("email"), *email, empty, empty).where(col(ContactAddress.client_id) == client_id)
    phones = (
        select(
            literal("phone"),
            col(ContactPhone.contact_id),
            col(ContactPhone.id),
            col(ContactPhone.number),
            col(ContactPhone.raw),
            empty,
        )
        .join(Contact, col(Contact.id) == col(ContactPhone.contact_id))
        .where(col(Contact.client_id) == client_id)
    )
    found = _Reach()
    rows = connection.execute(union_all(people, domains, emails, phones)).all()
    for kind, owner, _, value, raw, note in sorted(rows, key=lambda row: (row[2], row[3])):
        if kind == "person":
            found.people.append((owner, value, raw, note))
        elif kind == "domain":
            found.domains.append(value)
        elif kind == "email":
            found.emails[owner or 0].append(value)
        else:
            found.phones[owner].append((value, raw))
    return found
