"""Many clients at once: which were chosen, and what each act changes of them, so that it can be taken back."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select, true, union_all, update
from sqlmodel import col

from mailcrm.model import BulkEdit, Client, ClientDomain, ClientGroup, ClientTag, ContactAddress, GroupClient, Tag, User
from mailcrm.store import clients
from mailcrm.store.clients import ClientFilter, name_key
from mailcrm.store.rows import insert_missing, parts, table
from mailcrm.store.visibility import Viewer, sees

UNDOABLE = timedelta(days=1)
"""How long an act may be taken back."""
Changed = list[tuple[int, str]]
"""Clients, each with what was before (a time in ISO 8601) or ""."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The clients that somebody picked, or with `wanted` all that fit a filter."""

    ids: tuple[int, ...] = ()
    wanted: ClientFilter | None = None


@dataclass(frozen=True, slots=True)
class BulkRow:
    """An act on many clients."""

    id: int
    kind: str
    tag: str
    group_id: int | None
    actor_id: int | None
    at: datetime
    changed: str
    undone_at: datetime | None


_ID: Any = col(BulkEdit.id)
_CLIENT: Any = col(Client.id)


def chosen(connection: Connection, who: Viewer, which: Chosen) -> list[int]:
    """The clients that are meant and not archived, of those that the viewer may see, by number."""
    live = clients.fits(ClientFilter() if which.wanted is None else which.wanted)
    query = select(_CLIENT).where(*live, col(Client.archived_at).is_(None), sees(who)).order_by(_CLIENT)
    if which.wanted is not None:
        return [int(number) for number in connection.execute(query).scalars()]
    found: list[int] = []
    for part in parts(sorted(set(which.ids))):
        found += connection.execute(query.where(_CLIENT.in_(part))).scalars()
    return found


def takers(connection: Connection, who: Viewer) -> dict[str, list[tuple[int, str]]]:
    """Who and what takes clients, by name: "user" all who may sign in, "group" those by hand that he may fill."""
    fillable = true() if who.role == "admin" else col(ClientGroup.id).in_(who.group_ids)
    groups = select(literal("group"), col(ClientGroup.id), col(ClientGroup.name), col(ClientGroup.name_key))
    groups = groups.where(col(ClientGroup.kind) == "hand", col(ClientGroup.archived_at).is_(None), fillable)
    users = select(literal("user"), col(User.id), col(User.name), func.lower(col(User.name)))
    both = union_all(groups, users.where(col(User.is_active)))
    found: dict[str, list[tuple[int, str]]] = {"user": [], "group": []}
    for kind, number, name, _ in connection.execute(both.order_by(both.selected_columns[3], both.selected_columns[1])):
        found[kind].append((int(number), str(name)))
    return found


def tag(connection: Connection, tag_id: int, ids: Iterable[int]) -> Changed:
    """Give clients a tag; returns those that did not have it."""
    new: Changed = []
    for part in parts(ids):
        here = (col(ClientTag.tag_id) == tag_id, col(ClientTag.client_id).in_(part))
        had = set(connection.execute(select(col(ClientTag.client_id)).where(*here)).scalars())
        fresh = [client for client in part if client not in had]
        insert_missing(connection, ClientTag, [{"client_id": client, "tag_id": tag_id} for client in fresh])
        new += [(client, "") for client in fresh]
    return new


def untag(connection: Connection, name: str, ids: Iterable[int]) -> Changed:
    """Take a tag away from clients; returns those that had it."""
    lost: Changed = []
    number = select(col(Tag.id)).where(col(Tag.name_key) == name_key(name)).scalar_subquery()
    for part in parts(ids):
        here = (col(ClientTag.tag_id) == number, col(ClientTag.client_id).in_(part))
        gone = connection.execute(delete(ClientTag).where(*here).returning(col(ClientTag.client_id))).scalars()
        lost += [(client, "") for client in sorted(gone)]
    return lost


def put(connection: Connection, group_id: int, ids: Iterable[int], at: datetime) -> Changed:
    """Put clients into a group by hand; returns those that were not in it."""
    new: Changed = []
    for part in parts(ids):
        here = (col(GroupClient.group_id) == group_id, col(GroupClient.client_id).in_(part))
        had = set(connection.execute(select(col(GroupClient.client_id)).where(*here)).scalars())
        fresh = [client for client in part if client not in had]
        rows = [{"group_id": group_id, "client_id": client, "added_at": at} for client in fresh]
        insert_missing(connection, GroupClient, rows)
        new += [(client, at.isoformat()) for client in fresh]
    return new


def take(connection: Connection, group_id: int, ids: Iterable[int]) -> Changed:
    """Take clients out of a group; returns those that were in it, with since when."""
    lost: Changed = []
    for part in parts(ids):
        here = (col(GroupClient.group_id) == group_id, col(GroupClient.client_id).in_(part))
        gone = delete(GroupClient).where(*here).returning(col(GroupClient.client_id), col(GroupClient.added_at))
        lost += sorted((client, at.isoformat()) for client, at in connection.execute(gone))
    return lost


def archive(connection: Connection, ids: Iterable[int], at: datetime) -> Changed:
    """Put clients into the archive; returns them with when each was changed before."""
    gone: Changed = []
    for part in parts(ids):
        before = connection.execute(select(_CLIENT, col(Client.updated_at)).where(_CLIENT.in_(part))).all()
        gone += sorted((client, changed.isoformat()) for client, changed in before)
        connection.execute(update(Client).where(_CLIENT.in_(part)).values(archived_at=at, updated_at=at))
    return gone


def add(connection: Connection, values: dict[str, Any], changed: Changed) -> int:
    """Note what an act changed; returns its id."""
    row = {**values, "changed": json.dumps(changed, separators=(",", ":"))}
    return int(connection.execute(insert(BulkEdit).values(row).returning(_ID)).scalar_one())


def one(connection: Connection, bulk_id: int) -> BulkRow | None:
    """The act with this id."""
    columns: Any = [getattr(BulkEdit, name) for name in BulkRow.__dataclass_fields__]
    row = connection.execute(select(*columns).where(bulk_id == _ID)).one_or_none()
    return BulkRow(*row) if row else None


def settle(connection: Connection, bulk_id: int, at: datetime) -> bool:
    """Mark an act as taken back; False where it was so already."""
    here = (bulk_id == _ID, col(BulkEdit.undone_at).is_(None))
    return connection.execute(update(BulkEdit).where(*here).values(undone_at=at)).rowcount == 1


def changed(row: BulkRow) -> Changed:
    """What an act changed."""
    return [(int(client), str(before)) for client, before in json.loads(row.changed)]


def existing(connection: Connection, what: Changed) -> Changed:
    """Of these clients, those that are still there."""
    found: set[int] = set()
    for part in parts(client for client, _ in what):
        found.update(connection.execute(select(_CLIENT).where(_CLIENT.in_(part))).scalars())
    return [one for one in what if one[0] in found]


def leave(connection: Connection, group_id: int, what: Changed, at: datetime) -> int:
    """Take clients out of a group that came into it at this time; returns how many."""
    count = 0
    for part in parts(client for client, _ in what):
        here = (col(GroupClient.client_id).in_(part), col(GroupClient.added_at) == at)
        count += connection.execute(delete(GroupClient).where(col(GroupClient.group_id) == group_id, *here)).rowcount
    return count


def come_back(connection: Connection, group_id: int, what: Changed) -> int:
    """Put clients back into a group, each since when it was in it; returns how many."""
    rows = [
        {"group_id": group_id, "client_id": client, "added_at": datetime.fromisoformat(at)}
        for client, at in existing(connection, what)
    ]
    insert_missing(connection, GroupClient, rows)
    return len(rows)


def restore(connection: Connection, what: Changed, at: datetime) -> list[int]:
    """Take clients out of the archive that went there at this time; returns them."""
    back: list[int] = []
    for part in parts(what):
        before, here = dict(part), (_CLIENT.in_([client for client, _ in part]), col(Client.archived_at) == at)
        found = connection.execute(select(_CLIENT, col(Client.updated_at)).where(*here)).all()
        # Whoever changed it in the archive: that he did stays noted.
        rows = [
            {"key": client, "on": datetime.fromisoformat(before[client]) if on == at else on} for client, on in found
        ]
        again = update(table(Client)).where(table(Client).c.id == bindparam("key"))
        if rows:
            connection.execute(again.values(archived_at=None, updated_at=bindparam("on")), rows)
        back += [client for client, _ in found]
    return sorted(back)


def names(connection: Connection, ids: Collection[int]) -> dict[int, list[str]]:
    """Client → its addresses and domains; clients without any are not among the keys."""
    found: dict[int, list[str]] = {}
    for part in parts(ids):
        for column, owner in (
            (col(ContactAddress.email), col(ContactAddress.client_id)),
            (col(ClientDomain.domain), col(ClientDomain.client_id)),
        ):
            for client, name in connection.execute(
                select(owner, column).where(owner.in_(part)).order_by(owner, column)
            ):
                found.setdefault(client, []).append(name)
    return found


def drop_older(connection: Connection, at: datetime) -> None:
    """Forget acts that cannot be taken back any more."""
    connection.execute(delete(BulkEdit).where(col(BulkEdit.at) < at))
