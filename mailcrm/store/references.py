"""What refers to clients, whatever tables there are: found by the foreign keys of the schema."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Column, Connection, Table, select
from sqlmodel import SQLModel, col

from mailcrm.model import Client, ClientGroup, Contact, ContactAddress, ContactPhone, Link
from mailcrm.store.journal import Change
from mailcrm.store.rows import parts

_RECORD = frozenset({"client_domain", "contact", "contact_address", "client_field", "client_tag", "duplicate"})
"""Tables that belong to the record of a client: rows there are no work on it."""


def to(name: str) -> Iterator[tuple[Table, Column[Any]]]:
    """Every table and column with a foreign key to the id of this table, in the order of their names."""
    for _, table in sorted(SQLModel.metadata.tables.items()):
        for column in table.columns:
            if any(key.target_fullname == f"{name}.id" for key in column.foreign_keys):
                yield table, column


def worked_on(connection: Connection, client_ids: Collection[int]) -> set[int]:
    """Those of the clients that somebody has worked on since they were added: changed, with new contacts, links by
    hand, tasks, deals, notes or anything else that refers to them."""
    found: set[int] = set()
    for part in parts(client_ids):
        for query in _signs(part):
            found.update(int(i) for i in connection.execute(query).scalars() if i is not None)
    return found


def _signs(part: list[int]) -> Iterator[Any]:
    yield select(col(Client.id)).where(col(Client.id).in_(part), col(Client.updated_at) != col(Client.created_at))
    yield (
        select(col(Contact.client_id))
        .join(Client, col(Client.id) == col(Contact.client_id))
        .where(col(Client.id).in_(part), col(Contact.created_at) != col(Client.created_at))
    )
    yield select(col(Link.client_id)).where(col(Link.client_id).in_(part), col(Link.actor_id).is_not(None))
    for table, column in to("client"):
        if table.name in _RECORD or table.name == "link":
            continue
        query = select(column).where(column.in_(part)).distinct()
        if table.name == "entry":
            query = query.where(table.c.kind != "message")
        if table.name == "group_client":
            # A rule finds new clients by itself.
            query = query.join(ClientGroup, col(ClientGroup.id) == table.c.group_id).where(
                col(ClientGroup.kind) == "hand"
            )
        if table.name == "owner_change":
            # A later row of the same list may name the owner.
            query = query.join(Client, column == col(Client.id)).where(table.c.at != col(Client.created_at))
        yield query


def without(connection: Connection, change: Change, stay: Collection[int]) -> list[Change]:
    """The change without the rows of clients that stay as they are; nothing where no row is left."""
    kind, name, items = change
    if not stay:
        return [change]
    keys = [item[0] if kind == "~" else item for item in items] if kind != "-" else []
    owners = _owners(connection, name, [tuple(key) for key in keys])
    kept = [item for item, key in zip(items, keys, strict=True) if owners.get(tuple(key)) not in stay]
    return [[kind, name, kept]] if kept else [] if kind != "-" else [change]


def _owners(connection: Connection, name: str, keys: list[tuple[Any, ...]]) -> dict[tuple[Any, ...], int]:
    """Key → the client whose row that is, for the tables that have such rows."""
    table = SQLModel.metadata.tables[name]
    names = [column.name for column in table.primary_key.columns]
    if "client_id" in names:
        return {key: key[names.index("client_id")] for key in keys}
    if name == "client":
        return {key: key[0] for key in keys}
    owner: Any = table.c.client_id if "client_id" in table.c else None
    query: Any = select(table.c[names[0]], owner) if owner is not None else None
    if name == "contact_phone":
        query = select(col(ContactPhone.id), col(Contact.client_id)).join(
            Contact, col(Contact.id) == col(ContactPhone.contact_id)
        )
    found: dict[tuple[Any, ...], int] = {}
    for part in parts([key[0] for key in keys] if query is not None else []):
        found.update({(row[0],): row[1] for row in connection.execute(query.where(table.c[names[0]].in_(part)))})
    return found


def messages_of(connection: Connection, client_ids: Collection[int]) -> set[int]:
    """The messages that are linked to these clients."""
    found: set[int] = set()
    for part in parts(client_ids):
        query = select(col(Link.message_id)).where(col(Link.client_id).in_(part))
        found.update(connection.execute(query).scalars())
    return found


def names(connection: Connection, changes: Collection[Change]) -> dict[int, list[str]]:
    """Client → the addresses and domains that these changes gave it."""
    found: dict[int, list[str]] = defaultdict(list)
    for kind, table, items in changes:
        if kind == "+" and table == "client_domain":
            for client, domain in items:
                found[client].append(domain)
        if kind == "+" and table == "contact_address":
            for part in parts([key[0] for key in items]):
                query = select(col(ContactAddress.client_id), col(ContactAddress.email))
                for client, email in connection.execute(query.where(col(ContactAddress.id).in_(part))):
                    found[client].append(email)
    return dict(found)
