"""The card of a client: contacts with addresses and phones, own addresses, domains, fields and tags, in one query."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, literal, select, union_all
from sqlmodel import col

from mailcrm.model import (
    ClientDomain,
    ClientField,
    ClientTag,
    Contact,
    ContactAddress,
    ContactPhone,
    CustomField,
    Tag,
)


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
class Noted:
    """A field of one's own and its value, as it is stored."""

    field_id: int
    label: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Card:
    """How a client can be reached, and what is noted of it."""

    people: tuple[Person, ...] = ()
    addresses: tuple[str, ...] = ()
    """Of the client itself (info@ and the like)."""
    domains: tuple[str, ...] = ()
    fields: tuple[Noted, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reach:
    emails: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    phones: dict[int, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    domains: list[str] = field(default_factory=list)
    people: list[tuple[int, str, str, str]] = field(default_factory=list)
    fields: list[tuple[int, Noted]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)


def card(connection: Connection, client_id: int) -> Card:
    """The card of a client; an empty one where there is no such client."""
    reach = _reach(connection, client_id)
    people = tuple(
        Person(key, name, position, note, tuple(reach.emails[key]), tuple(reach.phones[key]))
        for key, name, position, note in sorted(reach.people, key=lambda one: (one[1].casefold(), one[0]))
    )
    fields = tuple(noted for _, noted in sorted(reach.fields, key=lambda one: (one[0], one[1].field_id)))
    tags = tuple(sorted(reach.tags, key=str.casefold))
    return Card(people, tuple(reach.emails[0]), tuple(reach.domains), fields, tags)


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
    rows = connection.execute(union_all(people, domains, emails, phones, *_noted(client_id))).all()
    for kind, owner, number, value, raw, note in sorted(rows, key=lambda row: (row[2], row[3])):
        if kind == "person":
            found.people.append((owner, value, raw, note))
        elif kind == "domain":
            found.domains.append(value)
        elif kind == "email":
            found.emails[owner or 0].append(value)
        elif kind == "phone":
            found.phones[owner].append((value, raw))
        elif kind == "field":
            found.fields.append((owner, Noted(number, raw, note, value)))
        else:
            found.tags.append(value)
    return found


def _noted(client_id: int) -> tuple[Any, Any]:
    none: Any = literal(0)
    empty: Any = literal("")
    row: Any = (CustomField.position, CustomField.id, ClientField.value, CustomField.label, CustomField.kind)
    fields = (
        select(literal("field"), *row)
        .join(CustomField, col(CustomField.id) == col(ClientField.field_id))
        .where(col(ClientField.client_id) == client_id, col(CustomField.archived_at).is_(None))
    )
    tags = (
        select(literal("tag"), none, col(Tag.id), col(Tag.name), empty, empty)
        .join(ClientTag, col(ClientTag.tag_id) == col(Tag.id))
        .where(col(ClientTag.client_id) == client_id)
    )
    return fields, tags
