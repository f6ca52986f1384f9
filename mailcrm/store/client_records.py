"""Many clients at once, with all that a list can say of them: read into drafts, and what was drafted written."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, literal, select, union_all, update
from sqlmodel import SQLModel, col

from mailcrm.crm.importing.drafts import ClientDraft, ContactDraft
from mailcrm.crm.importing.match import Face
from mailcrm.model import (
    Client,
    ClientDomain,
    ClientField,
    ClientTag,
    Contact,
    ContactAddress,
    ContactPhone,
    Tag,
)
from mailcrm.store import journal, ownership, tags
from mailcrm.store.clients import name_key
from mailcrm.store.journal import Change
from mailcrm.store.rows import insert, insert_missing, parts, table

_CLIENT = ("name", "kind", "owner_id", "note", "website", "tax_id", "postal_address")
_CONTACT = ("name", "position", "note")


@dataclass(slots=True)
class Saved:
    """What writing drafts did."""

    changes: list[Change] = field(default_factory=list)
    real: dict[int, int] = field(default_factory=dict)
    """Negative id of a new client → its id."""
    names: dict[int, list[str]] = field(default_factory=dict)
    """Client → addresses and domains that are new to it."""


def faces(connection: Connection) -> list[Face]:
    """Every client that is not archived, as the rules see it."""
    query = select(col(Client.id), col(Client.name), col(Client.kind), col(Client.tax_id))
    rows = connection.execute(query.where(col(Client.archived_at).is_(None)))
    return [Face(int(number or 0), name, kind, tax_id) for number, name, kind, tax_id in rows]


def reaches(connection: Connection) -> dict[str, list[tuple[str, int]]]:
    """(address, client), (domain, client) and (telephone number, client) of all clients that are not archived."""
    live = col(Client.archived_at).is_(None)
    email: Any = (ContactAddress.email, ContactAddress.client_id)
    domain: Any = (ClientDomain.domain, ClientDomain.client_id)
    phone: Any = (ContactPhone.number, Contact.client_id)
    sources = (
        select(literal("email"), *email).join(Client, col(Client.id) == col(ContactAddress.client_id)).where(live),
        select(literal("domain"), *domain).join(Client, col(Client.id) == col(ClientDomain.client_id)).where(live),
        select(literal("phone"), *phone)
        .join(Contact, col(Contact.id) == col(ContactPhone.contact_id))
        .join(Client, col(Client.id) == col(Contact.client_id))
        .where(live),
    )
    found: dict[str, list[tuple[str, int]]] = {"email": [], "domain": [], "phone": []}
    for kind, name, client in connection.execute(union_all(*sources)):
        found[kind].append((name, client))
    return found


def drafts(connection: Connection, client_ids: Collection[int]) -> dict[int, ClientDraft]:
    """These clients as drafts, in seven queries for every 800 of them."""
    found: dict[int, ClientDraft] = {}
    for part in parts(client_ids):
        columns: Any = [getattr(Client, name) for name in ("id", *_CLIENT)]
        for row in connection.execute(select(*columns).where(col(Client.id).in_(part))).mappings():
            values = {name: row[name] for name in _CLIENT}
            found[row["id"]] = ClientDraft(row["id"], values, dict(values))
        contacts = _contacts(connection, found, part)
        _reach(connection, found, contacts, part)
        _noted(connection, found, part)
    return found


def _contacts(connection: Connection, found: dict[int, ClientDraft], part: list[int]) -> dict[int, ContactDraft]:
    columns: Any = [getattr(Contact, name) for name in ("id", "client_id", *_CONTACT)]
    contacts: dict[int, ContactDraft] = {}
    query = select(*columns).where(col(Contact.client_id).in_(part)).order_by(col(Contact.id))
    for row in connection.execute(query).mappings():
        values = {name: row[name] for name in _CONTACT}
        contacts[row["id"]] = ContactDraft(row["id"], values, dict(values))
        found[row["client_id"]].contacts.append(contacts[row["id"]])
    return contacts


def _reach(
    connection: Connection, found: dict[int, ClientDraft], contacts: dict[int, ContactDraft], part: list[int]
) -> None:
    address: Any = (ContactAddress.client_id, ContactAddress.contact_id, ContactAddress.email)
    for client, contact, email in connection.execute(
        select(*address).where(col(ContactAddress.client_id).in_(part)).order_by(col(ContactAddress.id))
    ):
        found[client].emails[email] = contacts.get(contact or 0)
    phone: Any = (ContactPhone.contact_id, ContactPhone.number, ContactPhone.raw)
    query = select(*phone).join(Contact, col(Contact.id) == col(ContactPhone.contact_id))
    for contact, number, raw in connection.execute(query.where(col(Contact.client_id).in_(part))):
        contacts[contact].phones[number] = raw
    domain: Any = (ClientDomain.client_id, ClientDomain.domain)
    for client, name in connection.execute(select(*domain).where(col(ClientDomain.client_id).in_(part))):
        found[client].domains.add(name)


def _noted(connection: Connection, found: dict[int, ClientDraft], part: list[int]) -> None:
    value: Any = (ClientField.client_id, ClientField.field_id, ClientField.value, ClientField.sort_key)
    for client, number, text, key in connection.execute(select(*value).where(col(ClientField.client_id).in_(part))):
        found[client].fields[number] = (text, key)
    tag: Any = (ClientTag.client_id, Tag.name_key, Tag.name)
    query = select(*tag).join(Tag, col(Tag.id) == col(ClientTag.tag_id)).order_by(col(Tag.name_key))
    for client, key, name in connection.execute(query.where(col(ClientTag.client_id).in_(part))):
        found[client].tags.add(key)
        found[client].tag_names.append(name)


def save(connection: Connection, changed: Sequence[ClientDraft], at: datetime, actor_id: int | None) -> Saved:
    """Write drafts in bulk; says what that changed, for the journal."""
    saved = Saved()
    _save_clients(connection, [one for one in changed if one.is_changed], (at, actor_id), saved)
    _save_contacts(connection, changed, at, saved)
    _save_reach(connection, changed, saved)
    _save_fields(connection, changed, saved)
    _save_tags(connection, changed, saved)
    return saved


def _save_clients(
    connection: Connection, changed: Sequence[ClientDraft], when: tuple[datetime, int | None], saved: Saved
) -> None:
    at, _ = when
    fresh = [one for one in changed if one.id < 0]
    stamps = {"created_at": at, "updated_at": at, "message_count": 0}
    rows = [{**one.columns, "name_key": name_key(one.columns["name"]), **stamps} for one in fresh]
    saved.real = dict(zip((one.id for one in fresh), _inserted(connection, Client, rows), strict=True))
    saved.changes += journal.added("client", ([number] for number in saved.real.values()))
    known = [one for one in changed if one.id > 0]
    before = journal.rows(connection, "client", "id", [one.id for one in known])
    _save_owners(connection, known, when, saved)
    _update(connection, Client, [(one.id, _keyed(one.columns) | {"updated_at": at}) for one in known])
    after = journal.rows(connection, "client", "id", [one.id for one in known])
    saved.changes += journal.differences("client", before, after)


def _save_owners(
    connection: Connection, known: Sequence[ClientDraft], when: tuple[datetime, int | None], saved: Saved
) -> None:
    """Who owned them until now stays told, as after any other change of owner."""
    given: dict[int | None, list[int]] = {}
    for one in known:
        if one.columns["owner_id"] != one.before["owner_id"]:
            given.setdefault(one.columns["owner_id"], []).append(one.id)
    ids = [client for some in given.values() for client in some]
    before = journal.rows(connection, "owner_change", "client_id", ids)
    for owner_id, some in given.items():
        for part in parts(some):
            ownership.give(connection, col(Client.id).in_(part), ownership.Change(owner_id, *when))
    after = journal.rows(connection, "owner_change", "client_id", ids)
    saved.changes += journal.differences("owner_change", before, after)


def _save_contacts(connection: Connection, changed: Sequence[ClientDraft], at: datetime, saved: Saved) -> None:
    fresh = [(client, one) for client in changed for one in client.contacts if one.id == 0]
    rows = [
        {**_keyed(one.columns), "client_id": saved.real.get(client.id, client.id), "created_at": at}
        for client, one in fresh
    ]
    for (_, one), number in zip(fresh, _inserted(connection, Contact, rows), strict=True):
        one.id = number
        one.before = dict(one.columns)
    saved.changes += journal.added("contact", ([one.id] for _, one in fresh))
    known = [one for client in changed for one in client.contacts if one.columns != one.before]
    before = journal.rows(connection, "contact", "id", [one.id for one in known])
    _update(connection, Contact, [(one.id, _keyed(one.columns)) for one in known])
    after = journal.rows(connection, "contact", "id", [one.id for one in known])
    saved.changes += journal.differences("contact", before, after)
    phones = [
        {"contact_id": one.id, "number": number, "raw": raw}
        for client in changed
        for one in client.contacts
        for number, raw in one.new_phones.items()
    ]
    saved.changes += journal.added("contact_phone", ([i] for i in _inserted(connection, ContactPhone, phones)))


def _save_reach(connection: Connection, changed: Sequence[ClientDraft], saved: Saved) -> None:
    addresses, domains = [], []
    for one in changed:
        number = saved.real.get(one.id, one.id)
        for email, contact in one.new_emails.items():
            addresses.append({"client_id": number, "contact_id": contact.id if contact else None, "email": email})
        domains += [{"client_id": number, "domain": domain} for domain in one.new_domains]
        if names := [*one.new_emails, *one.new_domains]:
            saved.names[number] = names
    saved.changes += journal.added("contact_address", ([i] for i in _inserted(connection, ContactAddress, addresses)))
    insert(connection, ClientDomain, domains)
    saved.changes += journal.added("client_domain", ([row["client_id"], row["domain"]] for row in domains))
    _move_addresses(connection, changed, saved)


def _move_addresses(connection: Connection, changed: Sequence[ClientDraft], saved: Saved) -> None:
    moved = [(one.id, email, contact.id) for one in changed for email, contact in one.moved_emails.items()]
    clients = {client for client, _, _ in moved}
    before = journal.rows(connection, "contact_address", "client_id", clients)
    for client, email, contact in moved:
        here = (col(ContactAddress.client_id) == client, col(ContactAddress.email) == email)
        connection.execute(update(ContactAddress).where(*here).values(contact_id=contact))
    after = journal.rows(connection, "contact_address", "client_id", clients)
    saved.changes += journal.differences("contact_address", before, after)


def _save_fields(connection: Connection, changed: Sequence[ClientDraft], saved: Saved) -> None:
    filled = [one for one in changed if one.new_fields]
    ids = [saved.real.get(one.id, one.id) for one in filled]
    before = journal.rows(connection, "client_field", "client_id", ids)
    rows = [
        {"client_id": client, "field_id": number, "value": value, "sort_key": key}
        for client, one in zip(ids, filled, strict=True)
        for number, (value, key) in one.new_fields.items()
    ]
    insert(connection, ClientField, [row for row in rows if (row["client_id"], row["field_id"]) not in before])
    for row in rows:
        key = (row["client_id"], row["field_id"])
        if key in before:
            here = (col(ClientField.client_id) == key[0], col(ClientField.field_id) == key[1])
            connection.execute(update(ClientField).where(*here).values(value=row["value"], sort_key=row["sort_key"]))
    after = journal.rows(connection, "client_field", "client_id", ids)
    saved.changes += journal.differences("client_field", before, after)


def _save_tags(connection: Connection, changed: Sequence[ClientDraft], saved: Saved) -> None:
    names = {name for one in changed for name in one.new_tags.values()}
    if not names:
        return
    keys = {name_key(name) for name in names}
    before = journal.rows(connection, "tag", "name_key", keys)
    numbers = tags.tag_ids(connection, names)
    after = journal.rows(connection, "tag", "name_key", keys)
    saved.changes += journal.differences("tag", before, after)
    rows = [
        {"client_id": saved.real.get(one.id, one.id), "tag_id": numbers[key]} for one in changed for key in one.new_tags
    ]
    insert_missing(connection, ClientTag, rows)
    saved.changes += journal.added("client_tag", ([row["client_id"], row["tag_id"]] for row in rows))


def _keyed(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {**columns, "name_key": name_key(columns["name"])}


def _inserted(connection: Connection, model: type[SQLModel], rows: list[dict[str, Any]]) -> list[int]:
    """Insert rows; their ids, in the same order."""
    if not rows:
        return []
    known = table(model)
    statement = known.insert().returning(known.c.id, sort_by_parameter_order=True)
    return [int(number) for number in connection.execute(statement, rows).scalars()]


def _update(connection: Connection, model: type[SQLModel], rows: Iterable[tuple[int, dict[str, Any]]]) -> None:
    items = list(rows)
    if not items:
        return
    known = table(model)
    names = list(items[0][1])
    statement = known.update().where(known.c.id == bindparam("key")).values({n: bindparam(f"new_{n}") for n in names})
    connection.execute(statement, [{"key": i, **{f"new_{n}": values[n] for n in names}} for i, values in items])


def names(connection: Connection, client_ids: Collection[int]) -> dict[int, str]:
    """Client → its name."""
    found: dict[int, str] = {}
    for part in parts(client_ids):
        rows = connection.execute(select(col(Client.id), col(Client.name)).where(col(Client.id).in_(part)))
        found.update({int(number or 0): name for number, name in rows})
    return found
