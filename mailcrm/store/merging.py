"""What templates may say of clients, for many clients at once: the client, whom to write to, and who writes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlmodel import col

from mailcrm.mailing.merge import ClientFacts, Person
from mailcrm.model import Client, Contact, ContactAddress, User
from mailcrm.store import fields
from mailcrm.store.rows import parts
from mailcrm.store.visibility import Viewer, sees


@dataclass(frozen=True, slots=True)
class Target:
    """A client with one address that may be written to."""

    email: str
    contact_id: int | None
    person: Person


@dataclass(frozen=True, slots=True)
class Facts:
    """One client as a mailing sees it."""

    client_id: int
    client: ClientFacts
    owner_id: int | None
    owner: Person
    targets: tuple[Target, ...]
    """Every address: those of contacts in the order they were added, then the client's own."""


_COLUMNS: Any = (
    col(Client.id),
    col(Client.name),
    col(Client.tax_id),
    col(Client.postal_address),
    col(Client.website),
    col(Client.owner_id),
    col(User.name),
    col(User.login),
    col(ContactAddress.email),
    col(ContactAddress.contact_id),
    col(Contact.name),
    col(Contact.position),
)


def facts(connection: Connection, who: Viewer, client_ids: Collection[int]) -> dict[int, Facts]:
    """Client id → its facts, for those that the viewer may see and that are not archived; two queries for each 800."""
    found: dict[int, Facts] = {}
    for part in parts(client_ids):
        for number, *client, owner_id, owner, login, email, contact_id, name, position in connection.execute(
            _select().where(col(Client.id).in_(part), sees(who))
        ):
            if number not in found:
                found[number] = Facts(number, ClientFacts(*client), owner_id, Person(owner or "", login or ""), ())
            if email:
                target = Target(email, contact_id, Person(name or "", email, position or ""))
                found[number] = replace(found[number], targets=(*found[number].targets, target))
    custom = fields.values(connection, found)
    return {number: _with_fields(one, custom[number]) for number, one in found.items()}


def _with_fields(one: Facts, custom: Mapping[str, fields.Value]) -> Facts:
    texts = {key: str(value) for key, value in custom.items()}
    return replace(one, client=replace(one.client, custom=texts)) if texts else one


def _select() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(User, col(User.id) == col(Client.owner_id), isouter=True)
        .join(ContactAddress, col(ContactAddress.client_id) == col(Client.id), isouter=True)
        .join(Contact, col(Contact.id) == col(ContactAddress.contact_id), isouter=True)
        .where(col(Client.archived_at).is_(None))
        .order_by(
            col(Client.id),
            col(ContactAddress.contact_id).is_(None),
            col(ContactAddress.contact_id),
            col(ContactAddress.id),
        )
    )
