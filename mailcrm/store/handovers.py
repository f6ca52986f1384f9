"""Handovers as rows: what passes to whom and when, what that would move, and the writes of `flow.handover`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, true, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from mailcrm.model import Client, ClientGroup, GroupClient, Handover, User
from mailcrm.store.rows import parts
from mailcrm.store.visibility import Viewer, sees, sees_client


@dataclass(frozen=True, slots=True)
class Subject:
    """What is handed over: one client, the clients of a group, or all that a user owns."""

    kind: str
    """client, group, user, or clients (those that were chosen from the list)."""
    id: int


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """One handover; a name is "" where there is none, or where its bearer is gone."""

    id: int
    kind: str
    client_id: int | None
    client: str
    group_id: int | None
    group: str
    from_id: int | None
    owner: str
    to_id: int | None
    heir: str
    manages: bool
    due_at: datetime
    state: str
    """planned, done, undone or cancelled."""
    note: str
    moved: int
    created_by: int | None
    author: str
    done_at: datetime | None
    groups_before: str

    @property
    def subject(self) -> Subject:
        """What is handed over."""
        return Subject(self.kind, self.client_id or self.group_id or self.from_id or 0)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a handover would move."""

    total: int
    owners: tuple[tuple[str, int], ...]
    """Who owns them now ("" for nobody), and how many of them."""
    first: tuple[tuple[int, str], ...]
    """The first by name: (id, name)."""
    managed: tuple[str, ...] = ()
    """The groups whose manager could change with it."""


_ID: Any = col(Handover.id)


def which(subject: Subject) -> ColumnElement[bool]:
    """The clients of a subject, as a condition on `client`."""
    if subject.kind == "client":
        return col(Client.id) == subject.id
    if subject.kind == "user":
        return col(Client.owner_id) == subject.id
    return col(Client.id).in_(select(col(GroupClient.client_id)).where(col(GroupClient.group_id) == subject.id))


def among(ids: Iterable[int]) -> Iterator[ColumnElement[bool]]:
    """These clients, as conditions on `client` that any database takes."""
    return (col(Client.id).in_(part) for part in parts(ids))


def givable(connection: Connection, who: Viewer, ids: Iterable[int]) -> list[int]:
    """Of these clients, those that he may hand over: all for an admin, else his own and those of groups he manages."""
    groups = select(col(ClientGroup.id)).where(col(ClientGroup.manager_id).in_(who.stands_for))
    groups = groups.where(col(ClientGroup.archived_at).is_(None))
    managed_too = select(col(GroupClient.client_id)).where(col(GroupClient.group_id).in_(groups))
    his = or_(col(Client.owner_id).in_(who.stands_for), col(Client.id).in_(managed_too))
    found: list[int] = []
    for here in among(ids):
        query = select(col(Client.id)).where(here, true() if who.role == "admin" else his)
        found += sorted(int(number or 0) for number in connection.execute(query).scalars())
    return found


def preview(connection: Connection, who: Viewer, subject: Subject, most: int = 12) -> Preview:
    """What a handover of this would move, as far as the viewer may see it."""
    here = (which(subject), sees(who))
    owners = (
        select(func.coalesce(col(User.name), ""), func.count())
        .select_from(Client)
        .outerjoin(User, col(User.id) == col(Client.owner_id))
        .where(*here)
        .group_by(col(User.id), col(User.name))
        .order_by(func.count().desc(), func.coalesce(col(User.name), ""))
    )
    counted = tuple((str(name), int(number)) for name, number in connection.execute(owners))
    first = select(col(Client.id), col(Client.name)).where(*here).order_by(col(Client.name_key), col(Client.id))
    names = tuple((int(number or 0), name) for number, name in connection.execute(first.limit(most)))
    return Preview(sum(number for _, number in counted), counted, names, _managed(connection, subject))


def _managed(connection: Connection, subject: Subject) -> tuple[str, ...]:
    query = select(col(ClientGroup.name)).where(col(ClientGroup.archived_at).is_(None), managed(subject))
    return tuple(connection.execute(query.order_by(col(ClientGroup.name_key))).scalars())


def managed(subject: Subject) -> ColumnElement[bool]:
    """The groups whose manager a handover may change, as a condition on `client_group`."""
    if subject.kind == "group":
        return col(ClientGroup.id) == subject.id
    return col(ClientGroup.manager_id) == (subject.id if subject.kind == "user" else -1)


def handovers(connection: Connection, who: Viewer, limit: int = 200) -> list[HandoverRow]:
    """The handovers that concern the viewer, planned ones first and then the latest; all of them for admins."""
    query = _select(who).order_by(col(Handover.state) != "planned", col(Handover.due_at).desc(), _ID.desc())
    return [HandoverRow(*row) for row in connection.execute(query.limit(limit))]


def handover(connection: Connection, who: Viewer, handover_id: int) -> HandoverRow | None:
    """One handover, where it concerns the viewer."""
    row = connection.execute(_select(who).where(handover_id == _ID)).one_or_none()
    return HandoverRow(*row) if row else None


def due(connection: Connection, now: datetime) -> list[int]:
    """The planned handovers whose time has come, in their order."""
    query = select(_ID).where(col(Handover.state) == "planned", col(Handover.due_at) <= now)
    return [int(number) for number in connection.execute(query.order_by(col(Handover.due_at), _ID)).scalars()]


def add_handover(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a handover from columns; returns the id."""
    return int(connection.execute(insert(Handover).values(values).returning(_ID)).scalar_one())


def remove(connection: Connection, handover_id: int) -> None:
    """Forget a handover that moved nothing."""
    connection.execute(delete(Handover).where(handover_id == _ID))


def settle(connection: Connection, handover_id: int, expected: str, values: dict[str, Any]) -> bool:
    """Set columns of a handover that is in the expected state; False where it no longer is."""
    here = (handover_id == _ID, col(Handover.state) == expected)
    return connection.execute(update(Handover).where(*here).values(values)).rowcount == 1


def change_managers(connection: Connection, subject: Subject, manager_id: int) -> list[tuple[int, int | None]]:
    """Make a user the manager of the groups of a subject; returns each changed group with its manager before."""
    query = select(col(ClientGroup.id), col(ClientGroup.manager_id)).where(managed(subject))
    before = [(int(group or 0), old) for group, old in connection.execute(query) if old != manager_id]
    ids = [group for group, _ in before]
    connection.execute(update(ClientGroup).where(col(ClientGroup.id).in_(ids)).values(manager_id=manager_id))
    return before


def restore_manager(connection: Connection, group_id: int, before: int | None, after: int | None) -> None:
    """Give a group its manager back, unless it got yet another one."""
    here = (col(ClientGroup.id) == group_id, col(ClientGroup.manager_id) == after)
    connection.execute(update(ClientGroup).where(*here).values(manager_id=before))


def _select(who: Viewer) -> Any:
    owner, heir, author = aliased(User), aliased(User), aliased(User)
    names = ("due_at", "state", "note", "moved", "created_by")
    query: Any = (
        select(
            _ID,
            col(Handover.kind),
            col(Handover.client_id),
            func.coalesce(col(Client.name), ""),
            col(Handover.group_id),
            func.coalesce(col(ClientGroup.name), ""),
            col(Handover.from_id),
            func.coalesce(col(owner.name), ""),
            col(Handover.to_id),
            func.coalesce(col(heir.name), ""),
            col(Handover.manages),
            *(col(getattr(Handover, name)) for name in names),
            func.coalesce(col(author.name), ""),
            col(Handover.done_at),
            col(Handover.groups_before),
        )
        .outerjoin(Client, col(Client.id) == col(Handover.client_id))
        .outerjoin(ClientGroup, col(ClientGroup.id) == col(Handover.group_id))
        .outerjoin(owner, col(owner.id) == col(Handover.from_id))
        .outerjoin(heir, col(heir.id) == col(Handover.to_id))
        .outerjoin(author, col(author.id) == col(Handover.created_by))
    )
    return query if who.role == "admin" else query.where(_concerns(who))


def _concerns(who: Viewer) -> ColumnElement[bool]:
    """He planned it, gives or gets the clients, or looks after the group; and he may see the client."""
    people = (Handover.created_by, Handover.from_id, Handover.to_id)
    his = or_(*(col(one) == who.user_id for one in people), col(Handover.group_id).in_(who.group_ids))
    return his & or_(col(Handover.client_id).is_(None), sees_client(who, col(Handover.client_id)))
