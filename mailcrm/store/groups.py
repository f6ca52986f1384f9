"""Groups of clients as rows: listed with their counts, one of them, their members, and the writes of `flow.groups`."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, insert, literal, or_, select, true, update
from sqlmodel import col

from mailcrm.model import Client, ClientGroup, GroupClient, GroupDeputy, User
from mailcrm.model.columns import UtcTime
from mailcrm.store.clients import name_key
from mailcrm.store.rows import insert as insert_rows
from mailcrm.store.rows import insert_missing
from mailcrm.store.visibility import Viewer, sees


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group."""

    id: int
    name: str
    kind: str
    """hand or rule."""
    rule: str
    manager_id: int | None
    manager: str
    """The manager's name; "" where there is none."""
    answer_hours: int
    note: str
    refreshed_at: datetime | None
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the members that the viewer may see: all, and those whose last message is theirs."""

    clients: int = 0
    wrote_last: int = 0


_ID: Any = col(ClientGroup.id)
_COLUMNS: Any = (
    _ID,
    col(ClientGroup.name),
    col(ClientGroup.kind),
    col(ClientGroup.rule),
    col(ClientGroup.manager_id),
    func.coalesce(col(User.name), ""),
    col(ClientGroup.answer_hours),
    col(ClientGroup.note),
    col(ClientGroup.refreshed_at),
    col(ClientGroup.archived_at),
)


def groups(connection: Connection, who: Viewer, archived: bool = False) -> list[GroupRow]:
    """The groups that the viewer may see, by name."""
    state = col(ClientGroup.archived_at).is_not(None) if archived else col(ClientGroup.archived_at).is_(None)
    query = _select(who).where(state).order_by(col(ClientGroup.name_key), _ID)
    return [GroupRow(*row) for row in connection.execute(query)]


def group(connection: Connection, who: Viewer, group_id: int) -> GroupRow | None:
    """One group, archived or not, where the viewer may see it."""
    row = connection.execute(_select(who).where(group_id == _ID)).one_or_none()
    return GroupRow(*row) if row else None


def named(connection: Connection, name: str) -> int | None:
    """The group of this name, whoever may see it: names are given once."""
    found = connection.execute(select(_ID).where(col(ClientGroup.name_key) == name_key(name))).scalar_one_or_none()
    return None if found is None else int(found)


def counts(connection: Connection, who: Viewer, group_ids: Collection[int]) -> dict[int, Counts]:
    """Group → how many clients it has; groups without any are not among the keys."""
    last_in, last_out = col(Client.last_in_at), col(Client.last_out_at)
    theirs = and_(last_in.is_not(None), or_(last_out.is_(None), last_in > last_out))
    query = (
        select(col(GroupClient.group_id), func.count(), func.sum(case((theirs, 1), else_=0)))
        .join(Client, col(Client.id) == col(GroupClient.client_id))
        .where(col(GroupClient.group_id).in_(list(group_ids)), col(Client.archived_at).is_(None), sees(who))
        .group_by(col(GroupClient.group_id))
    )
    rows = connection.execute(query) if group_ids else ()
    return {group_id: Counts(int(number), int(waiting or 0)) for group_id, number, waiting in rows}


def of_client(connection: Connection, who: Viewer, client_id: int) -> list[GroupRow]:
    """The groups that a client is in, as far as the viewer may see them, by name."""
    here = select(col(GroupClient.group_id)).where(col(GroupClient.client_id) == client_id)
    query = _select(who).where(_ID.in_(here), col(ClientGroup.archived_at).is_(None))
    return [GroupRow(*row) for row in connection.execute(query.order_by(col(ClientGroup.name_key), _ID))]


def deputies(connection: Connection, group_ids: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """Group → its deputies as (id, name), by name."""
    query = (
        select(col(GroupDeputy.group_id), col(User.id), col(User.name))
        .join(User, col(User.id) == col(GroupDeputy.user_id))
        .where(col(GroupDeputy.group_id).in_(list(group_ids)))
        .order_by(func.lower(col(User.name)), col(User.id))
    )
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for group_id, user_id, name in connection.execute(query) if group_ids else ():
        found[group_id].append((int(user_id or 0), name))
    return found


def managed_by(connection: Connection, user_id: int) -> list[int]:
    """The groups that a user manages, archived ones too."""
    query = select(_ID).where(col(ClientGroup.manager_id) == user_id).order_by(_ID)
    return [int(number) for number in connection.execute(query).scalars()]


def add_group(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a group from columns; `name_key` follows from the name. Returns the id."""
    row = {**values, "name_key": name_key(values["name"])}
    return int(connection.execute(insert(ClientGroup).values(row).returning(_ID)).scalar_one())


def change_group(connection: Connection, group_id: int, values: dict[str, Any]) -> None:
    """Set columns of a group; `name_key` follows from the name."""
    row = {**values, "name_key": name_key(values["name"])} if "name" in values else values
    if row:
        connection.execute(update(ClientGroup).where(group_id == _ID).values(row))


def set_deputies(connection: Connection, group_id: int, user_ids: Collection[int]) -> None:
    """Write who are the deputies, instead of those there were."""
    connection.execute(delete(GroupDeputy).where(col(GroupDeputy.group_id) == group_id))
    insert_rows(connection, GroupDeputy, [{"group_id": group_id, "user_id": user} for user in user_ids])


def add_members(connection: Connection, group_id: int, client_ids: Collection[int], at: datetime) -> None:
    """Put clients into a group; those in it stay as they are."""
    rows = [{"group_id": group_id, "client_id": client, "added_at": at} for client in client_ids]
    insert_missing(connection, GroupClient, rows)


def remove_member(connection: Connection, group_id: int, client_id: int) -> None:
    """Take a client out of a group."""
    here = (col(GroupClient.group_id) == group_id, col(GroupClient.client_id) == client_id)
    connection.execute(delete(GroupClient).where(*here))


def rules(connection: Connection) -> list[tuple[int, str]]:
    """The groups with a rule that are in use: (id, JSON of the rule)."""
    query = select(_ID, col(ClientGroup.rule)).where(
        col(ClientGroup.kind) == "rule", col(ClientGroup.archived_at).is_(None)
    )
    return [(int(number), rule) for number, rule in connection.execute(query.order_by(_ID))]


def settle_members(
    connection: Connection, group_id: int, fits: ColumnElement[bool], at: datetime, client_id: int | None = None
) -> None:
    """Make the members of a group those clients that fit, or only see to one client; who stays keeps his date."""
    here: Any = true() if client_id is None else col(GroupClient.client_id) == client_id
    this: Any = true() if client_id is None else col(Client.id) == client_id
    members = select(col(Client.id)).where(col(Client.archived_at).is_(None), fits, this)
    gone = delete(GroupClient).where(col(GroupClient.group_id) == group_id, here)
    connection.execute(gone.where(col(GroupClient.client_id).not_in(members)))
    had = select(col(GroupClient.client_id)).where(col(GroupClient.group_id) == group_id)
    new = select(literal(group_id), col(Client.id), literal(at, UtcTime())).where(
        col(Client.archived_at).is_(None), fits, this, col(Client.id).not_in(had)
    )
    connection.execute(insert(GroupClient).from_select(["group_id", "client_id", "added_at"], new))


def fitting(
    connection: Connection, who: Viewer, fits: ColumnElement[bool], most: int
) -> tuple[int, list[tuple[int, str]]]:
    """How many clients that the viewer may see fit a rule, and the first of them by name: (id, name)."""
    where = (col(Client.archived_at).is_(None), sees(who), fits)
    query = (
        select(col(Client.id), col(Client.name), func.count().over())
        .where(*where)
        .order_by(col(Client.name_key), col(Client.id))
        .limit(most)
    )
    rows: Any = connection.execute(query).all()
    return (int(rows[0][2]) if rows else 0), [(int(number), str(name)) for number, name, _ in rows]


def _select(who: Viewer) -> Any:
    query = select(*_COLUMNS).join(User, col(User.id) == col(ClientGroup.manager_id), isouter=True)
    return query.where(_ID.in_(who.group_ids)) if who.assigned else query
