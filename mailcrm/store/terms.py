"""Terms as rows: the values of an offer by scope (default, group, variant, client), and the grid of clients."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from mailcrm.model import Client, ClientGroup, ContactAddress, GroupClient, Terms
from mailcrm.store.clients import name_key
from mailcrm.store.rows import parts, table
from mailcrm.store.visibility import Viewer, sees, sees_client

Values = dict[str, str]


@dataclass(frozen=True, slots=True)
class GridRow:
    """A client in the grid of an offer, with the values set for it alone."""

    client_id: int
    name: str
    values: Values


@dataclass(frozen=True, slots=True)
class GridFilter:
    """Which clients stand in the grid: those with values of their own, or all; by words of the name."""

    words: str = ""
    only_set: bool = False
    after: tuple[str, int] | None = None
    """(name_key, id) of the last row of the page before."""


def of_scope(connection: Connection, offer_id: int, scope: str, ids: Collection[int] = (0,)) -> dict[int, Values]:
    """Scope id → values, for those ids of a scope that have any."""
    found: dict[int, Values] = {}
    query = select(col(Terms.scope_id), col(Terms.data)).where(
        col(Terms.offer_id) == offer_id, col(Terms.scope) == scope
    )
    for part in parts(ids):
        for number, data in connection.execute(query.where(col(Terms.scope_id).in_(part))):
            found[number] = json.loads(data)
    return found


def layers(connection: Connection, offer_id: int, client_ids: Collection[int] = ()) -> dict[str, dict[int, Values]]:
    """Scope → id → values: the defaults, those of all groups and of these (few) clients, in one query."""
    found: dict[str, dict[int, Values]] = {"default": {}, "group": {}, "client": {}}
    some = and_(col(Terms.scope) == "client", col(Terms.scope_id).in_(client_ids))
    query = select(col(Terms.scope), col(Terms.scope_id), col(Terms.data)).where(
        col(Terms.offer_id) == offer_id, or_(col(Terms.scope).in_(("default", "group")), some)
    )
    for scope, number, data in connection.execute(query):
        found[scope][number] = json.loads(data)
    return found


def members(
    connection: Connection, group_ids: Collection[int], client_ids: Collection[int]
) -> dict[int, tuple[int, ...]]:
    """Client → those of these groups that it is in, by name; archived groups count no more."""
    found: dict[int, tuple[int, ...]] = {}
    if not group_ids:
        return found
    query = (
        select(col(GroupClient.client_id), col(GroupClient.group_id))
        .join(ClientGroup, col(ClientGroup.id) == col(GroupClient.group_id))
        .where(col(ClientGroup.archived_at).is_(None), col(GroupClient.group_id).in_(group_ids))
        .order_by(col(ClientGroup.name), col(ClientGroup.id))
    )
    for part in parts(client_ids):
        for client_id, group_id in connection.execute(query.where(col(GroupClient.client_id).in_(part))):
            found[client_id] = (*found.get(client_id, ()), group_id)
    return found


def all_of_scope(connection: Connection, offer_id: int, scope: str) -> dict[int, Values]:
    """Scope id → values of all that have any (groups and variants are few)."""
    query = select(col(Terms.scope_id), col(Terms.data)).where(
        col(Terms.offer_id) == offer_id, col(Terms.scope) == scope
    )
    return {number: json.loads(data) for number, data in connection.execute(query)}


def count_clients(connection: Connection, who: Viewer, offer_id: int) -> int:
    """How many clients, of those that the viewer may see, have values of their own."""
    here = (col(Terms.offer_id) == offer_id, col(Terms.scope) == "client", sees_client(who, col(Terms.scope_id)))
    query = select(func.count()).where(*here)
    return int(connection.execute(query).scalar_one())


def save(connection: Connection, offer_id: int, scope: str, rows: Mapping[int, Values]) -> None:
    """Set the values of scope ids; an id without any value loses its row."""
    empty = [number for number, values in rows.items() if not any(values.values())]
    for part in parts(empty):
        here = (col(Terms.offer_id) == offer_id, col(Terms.scope) == scope, col(Terms.scope_id).in_(part))
        connection.execute(delete(Terms).where(*here))
    full: list[dict[str, Any]] = [
        {"offer_id": offer_id, "scope": scope, "scope_id": number, "data": _json(values)}
        for number, values in rows.items()
        if any(values.values())
    ]
    if full:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        statement = dialect.insert(table(Terms))
        keys = ["offer_id", "scope", "scope_id"]
        connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_={"data": statement.excluded.data}), full
        )


def grid(connection: Connection, who: Viewer, offer_id: int, wanted: GridFilter, limit: int = 50) -> list[GridRow]:
    """One page of the grid by name of the client, of the clients that the viewer may see."""
    own = and_(col(Terms.offer_id) == offer_id, col(Terms.scope) == "client", col(Terms.scope_id) == col(Client.id))
    identity: Any = col(Client.id)
    name = col(Client.name_key)
    query = (
        select(identity, col(Client.name), col(Terms.data))
        .join(Terms, own, isouter=not wanted.only_set)
        .where(col(Client.archived_at).is_(None), sees(who))
    )
    for word in name_key(wanted.words).split():
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        query = query.where(name.like(f"%{escaped}%", escape="\\"))
    if wanted.after:
        last, last_id = wanted.after
        query = query.where(or_(name > last, and_(name == last, identity > last_id)))
    rows = connection.execute(query.order_by(name, identity).limit(limit))
    return [GridRow(number, said, json.loads(data) if data else {}) for number, said, data in rows]


def seen(connection: Connection, who: Viewer, client_ids: Collection[int]) -> set[int]:
    """Those of the clients that exist and that the viewer may see."""
    found: set[int] = set()
    identity: Any = col(Client.id)
    for part in parts(client_ids):
        found.update(connection.execute(select(identity).where(identity.in_(part), sees(who))).scalars())
    return found


def names(connection: Connection, who: Viewer, client_ids: Collection[int]) -> list[str]:
    """The names of clients that the viewer may see, in order."""
    found: list[str] = []
    for part in parts(client_ids):
        query = select(col(Client.name)).where(col(Client.id).in_(part), sees(who)).order_by(col(Client.name_key))
        found += connection.execute(query).scalars()
    return found


def known_clients(connection: Connection, who: Viewer, words: Collection[str]) -> dict[str, list[int]]:
    """Name key, tax number or address → the clients that it names, of those that the viewer may see: for sheets that
    people paste."""
    found: dict[str, list[int]] = {}
    for part in parts(words, 400):
        identity: Any = col(Client.id)
        queries = (
            select(col(Client.name_key), identity).where(col(Client.name_key).in_(part)),
            select(col(Client.tax_id), identity).where(col(Client.tax_id).in_(part), col(Client.tax_id) != ""),
            select(col(ContactAddress.email), col(ContactAddress.client_id)).where(col(ContactAddress.email).in_(part)),
        )
        pairs = [pair for query in queries for pair in connection.execute(query).all()]
        visible = seen(connection, who, {number for _, number in pairs})
        for word, number in pairs:
            if number in visible and number not in found.setdefault(word, []):
                found[word].append(int(number))
    return found


def _json(values: Values) -> str:
    return json.dumps({key: value for key, value in values.items() if value}, ensure_ascii=False, sort_keys=True)
