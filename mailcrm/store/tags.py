"""Tags of clients, as rows."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlmodel import col

from mailcrm.model import Client, ClientTag, Tag
from mailcrm.store.clients import name_key
from mailcrm.store.rows import insert_missing, parts
from mailcrm.store.visibility import Viewer, sees

_ID: Any = col(Tag.id)


def tags(connection: Connection, client_ids: Collection[int]) -> dict[int, list[str]]:
    """Client → its tags by name; clients without any have an empty list."""
    found: dict[int, list[str]] = {client: [] for client in client_ids}
    for part in parts(client_ids):
        query = (
            select(col(ClientTag.client_id), col(Tag.name))
            .join(Tag, col(ClientTag.tag_id) == _ID)
            .where(col(ClientTag.client_id).in_(part))
            .order_by(col(Tag.name_key))
        )
        for client, name in connection.execute(query):
            found[client].append(name)
    return found


def all_tags(connection: Connection, who: Viewer) -> list[tuple[int, str, int]]:
    """Every tag of clients that the viewer may see: (id, name, number of those that are not archived), by name."""
    query = (
        select(_ID, col(Tag.name), func.count(col(Client.id)))
        .join(ClientTag, col(ClientTag.tag_id) == _ID)
        .join(Client, col(Client.id) == col(ClientTag.client_id))
        .where(col(Client.archived_at).is_(None), sees(who))
        .group_by(_ID, col(Tag.name), col(Tag.name_key))
        .order_by(col(Tag.name_key))
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def tag_ids(connection: Connection, names: Collection[str]) -> dict[str, int]:
    """Key of a name → the tag of that name, made where there is none."""
    wanted = {name_key(name): " ".join(name.split()) for name in names}
    insert_missing(connection, Tag, [{"name": name, "name_key": key} for key, name in wanted.items() if key])
    found: dict[str, int] = {}
    for part in parts(wanted):
        rows = connection.execute(select(col(Tag.name_key), _ID).where(col(Tag.name_key).in_(part)))
        found.update((key, int(number)) for key, number in rows)
    return found


def set_tags(connection: Connection, client_id: int, names: Collection[str]) -> None:
    """Give a client these tags and no others; tags that nobody has any more are forgotten."""
    wanted = set(tag_ids(connection, names).values())
    here = col(ClientTag.client_id) == client_id
    connection.execute(delete(ClientTag).where(here, col(ClientTag.tag_id).not_in(wanted)))
    insert_missing(connection, ClientTag, [{"client_id": client_id, "tag_id": tag} for tag in sorted(wanted)])
    drop_unused(connection)


def drop_unused(connection: Connection) -> None:
    """Forget tags that no client has."""
    used = select(col(ClientTag.tag_id)).where(col(ClientTag.tag_id) == _ID)
    connection.execute(delete(Tag).where(~used.exists()))
