"""Contacts of a client, and the addresses and phones of both, as rows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col

from mailcrm.model import Client, ContactAddress, ContactPhone
from mailcrm.model import Contact as ContactTable
from mailcrm.store import journal
from mailcrm.store.clients import name_key
from mailcrm.store.journal import Change


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number: in E.164 where it could be read, and as somebody wrote it."""

    id: int
    number: str
    raw: str


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A person at a client."""

    id: int
    client_id: int
    name: str
    position: str
    note: str
    created_at: datetime
    addresses: tuple[str, ...] = ()
    phones: tuple[Phone, ...] = ()


_COLUMNS: Any = (
    col(ContactTable.id),
    col(ContactTable.client_id),
    col(ContactTable.name),
    col(ContactTable.position),
    col(ContactTable.note),
    col(ContactTable.created_at),
)

_ID: Any = col(ContactTable.id)
_ADDRESS: Any = (col(ContactAddress.id), col(ContactAddress.contact_id))
_CLIENT: Any = (col(Client.id), col(Client.name))
_PHONE: Any = (
    col(ContactPhone.contact_id),
    col(ContactPhone.id),
    col(ContactPhone.number),
    col(ContactPhone.raw),
)


def contacts(connection: Connection, client_id: int) -> list[ContactRow]:
    """The contacts of a client by name, with addresses and phones, in three queries."""
    query = select(*_COLUMNS).where(col(ContactTable.client_id) == client_id)
    rows = connection.execute(query.order_by(col(ContactTable.name_key), col(ContactTable.id))).all()
    emails, phones = _emails(connection, client_id), _phones(connection, [row[0] for row in rows])
    return [_whole(ContactRow(*row), emails, phones) for row in rows]


def contact(connection: Connection, contact_id: int) -> ContactRow | None:
    """The contact with this id, with addresses and phones."""
    row = connection.execute(select(*_COLUMNS).where(col(ContactTable.id) == contact_id)).one_or_none()
    if row is None:
        return None
    emails, phones = _emails(connection, row[1]), _phones(connection, [contact_id])
    return _whole(ContactRow(*row), emails, phones)


def own_addresses(connection: Connection, client_id: int) -> list[str]:
    """The addresses of the client itself (info@ and the like)."""
    return _emails(connection, client_id).get(None, [])


def all_addresses(connection: Connection, client_id: int) -> list[str]:
    """Every address of a client and of its contacts, by address."""
    return sorted(email for emails in _emails(connection, client_id).values() for email in emails)


def address_contact(connection: Connection, client_id: int, email: str) -> tuple[int, int | None] | None:
    """The row of this address at this client and the contact who has it; None where it has no such address."""
    here = (col(ContactAddress.client_id) == client_id, col(ContactAddress.email) == email)
    row = connection.execute(select(*_ADDRESS).where(*here)).one_or_none()
    return (row[0], row[1]) if row else None


def owners(connection: Connection, email: str) -> list[tuple[int, str]]:
    """The clients (id, name) that have this address."""
    query = (
        select(*_CLIENT)
        .join(ContactAddress, col(ContactAddress.client_id) == col(Client.id))
        .where(col(ContactAddress.email) == email)
        .order_by(col(Client.name_key))
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def add_contact(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a contact from columns; returns the id."""
    row = {**values, "name_key": name_key(values["name"])}
    return int(connection.execute(insert(ContactTable).values(row).returning(_ID)).scalar_one())


def change_contact(connection: Connection, contact_id: int, values: dict[str, Any]) -> None:
    """Set columns of a contact."""
    row = {**values, "name_key": name_key(values["name"])} if "name" in values else values
    connection.execute(update(ContactTable).where(col(ContactTable.id) == contact_id).values(row))


def remove_contact(connection: Connection, contact_id: int) -> None:
    """Delete a contact with addresses and phones."""
    connection.execute(delete(ContactTable).where(col(ContactTable.id) == contact_id))


def add_address(connection: Connection, client_id: int, email: str, contact_id: int | None) -> None:
    """Give a client, or one of its contacts, an address."""
    connection.execute(insert(ContactAddress).values(client_id=client_id, contact_id=contact_id, email=email))


def move_address(connection: Connection, address_id: int, contact_id: int | None) -> None:
    """Give an address of a client to another of its contacts, or to the client itself."""
    connection.execute(update(ContactAddress).where(col(ContactAddress.id) == address_id).values(contact_id=contact_id))


def remove_address(connection: Connection, client_id: int, email: str) -> int:
    """Take an address away; returns how many there were (0 or 1)."""
    return connection.execute(
        delete(ContactAddress).where(col(ContactAddress.client_id) == client_id, col(ContactAddress.email) == email)
    ).rowcount


def set_phones(connection: Connection, contact_id: int, phones: Iterable[tuple[str, str]]) -> None:
    """Replace the phones of a contact by these (number, as written)."""
    connection.execute(delete(ContactPhone).where(col(ContactPhone.contact_id) == contact_id))
    rows = [{"contact_id": contact_id, "number": number, "raw": raw} for number, raw in phones]
    if rows:
        connection.execute(insert(ContactPhone), rows)


def drop_double_phones(connection: Connection, contact_id: int) -> list[Change]:
    """Of equal numbers of a contact the first one stays; says what went, for the journal."""
    rows = journal.rows(connection, "contact_phone", "contact_id", [contact_id])
    seen: set[str] = set()
    twice = {}
    for key, row in sorted(rows.items()):
        if row["number"] in seen:
            twice[key] = row
        seen.add(row["number"])
    connection.execute(delete(ContactPhone).where(col(ContactPhone.id).in_([key[0] for key in twice])))
    return journal.differences("contact_phone", twice, {})


def _emails(connection: Connection, client_id: int) -> dict[int | None, list[str]]:
    query = select(col(ContactAddress.contact_id), col(ContactAddress.email))
    found: dict[int | None, list[str]] = defaultdict(list)
    for owner, email in connection.execute(
        query.where(col(ContactAddress.client_id) == client_id).order_by(col(ContactAddress.id))
    ):
        found[owner].append(email)
    return dict(found)


def _phones(connection: Connection, contact_ids: list[int]) -> dict[int, list[Phone]]:
    query = select(*_PHONE)
    found: dict[int, list[Phone]] = defaultdict(list)
    for row in connection.execute(
        query.where(col(ContactPhone.contact_id).in_(contact_ids)).order_by(col(ContactPhone.id))
    ):
        found[row[0]].append(Phone(*row[1:]))
    return found


def _whole(row: ContactRow, emails: dict[int | None, list[str]], phones: dict[int, list[Phone]]) -> ContactRow:
    return replace(row, addresses=tuple(emails.get(row.id, ())), phones=tuple(phones.get(row.id, ())))
