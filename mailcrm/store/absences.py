"""Absences as rows: who is away from when to when, and who covers for him."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, insert, not_, or_, select, true, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from mailcrm.model import Absence, Client, ClientGroup, GroupClient, GroupDeputy, User
from mailcrm.store.visibility import Viewer, sees


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """One absence."""

    id: int
    user_id: int
    name: str
    cover_id: int
    cover: str
    starts_at: datetime
    ends_at: datetime
    """The first moment at which he is back."""
    note: str
    created_by: int | None
    cancelled_at: datetime | None


_ID: Any = col(Absence.id)


def absences(connection: Connection, who: Viewer, now: datetime, limit: int = 200) -> list[AbsenceRow]:
    """What is and what comes, the next first: of everybody for admins, else of those that he plans for or covers."""
    query = _select().where(col(Absence.ends_at) > now, col(Absence.cancelled_at).is_(None))
    if who.role != "admin":
        query = query.where(or_(col(Absence.cover_id) == who.user_id, _planned_by(who, col(Absence.user_id))))
    query = query.order_by(col(Absence.starts_at), _ID).limit(limit)
    return [AbsenceRow(*row) for row in connection.execute(query)]


def absence(connection: Connection, absence_id: int) -> AbsenceRow | None:
    """One absence, cancelled or not."""
    row = connection.execute(_select().where(absence_id == _ID)).one_or_none()
    return AbsenceRow(*row) if row else None


def of_user(connection: Connection, user_id: int, now: datetime) -> AbsenceRow | None:
    """The absence of a user at this moment."""
    query = _select().where(
        col(Absence.user_id) == user_id,
        col(Absence.starts_at) <= now,
        col(Absence.ends_at) > now,
        col(Absence.cancelled_at).is_(None),
    )
    row = connection.execute(query.order_by(_ID).limit(1)).one_or_none()
    return AbsenceRow(*row) if row else None


def overlapping(connection: Connection, user_id: int, starts_at: datetime, ends_at: datetime) -> AbsenceRow | None:
    """An absence of the user that has a moment in common with this time."""
    query = _select().where(
        col(Absence.user_id) == user_id,
        col(Absence.starts_at) < ends_at,
        col(Absence.ends_at) > starts_at,
        col(Absence.cancelled_at).is_(None),
    )
    row = connection.execute(query.order_by(col(Absence.starts_at)).limit(1)).one_or_none()
    return AbsenceRow(*row) if row else None


def charges(connection: Connection, who: Viewer) -> list[tuple[int, str]]:
    """The active users whose absences he may plan, himself among them, by name: (id, name)."""
    query = select(col(User.id), col(User.name)).where(col(User.is_active))
    if who.role != "admin":
        query = query.where(_planned_by(who, col(User.id)))
    return [
        (int(number or 0), name) for number, name in connection.execute(query.order_by(col(User.name), col(User.id)))
    ]


def add_absence(connection: Connection, values: dict[str, Any]) -> int:
    """Insert an absence from columns; returns the id."""
    return int(connection.execute(insert(Absence).values(values).returning(_ID)).scalar_one())


def set_cancelled(connection: Connection, absence_id: int, at: datetime | None) -> None:
    """Say that he is not away after all, or that he is."""
    connection.execute(update(Absence).where(absence_id == _ID).values(cancelled_at=at))


def _planned_by(who: Viewer, user_id: Any) -> ColumnElement[bool]:
    """Himself; and for managers those who own clients of a group that he manages, or are its deputies.

    Where clients are seen by those alone who look after them, only users all of whose clients he sees: who covers sees
    them too, and nobody may give a sight that he does not have.
    """
    himself: ColumnElement[bool] = user_id == who.user_id
    if who.role != "manager":
        return himself
    managed = select(col(ClientGroup.id)).where(
        col(ClientGroup.manager_id) == who.user_id, col(ClientGroup.archived_at).is_(None)
    )
    deputies = select(col(GroupDeputy.user_id)).where(col(GroupDeputy.group_id).in_(managed))
    owners = (
        select(col(Client.owner_id))
        .join(GroupClient, col(GroupClient.client_id) == col(Client.id))
        .where(col(GroupClient.group_id).in_(managed), col(Client.owner_id).is_not(None))
    )
    hidden = exists(select(col(Client.id)).where(col(Client.owner_id) == user_id, not_(sees(who))))
    theirs = or_(user_id.in_(deputies), user_id.in_(owners))
    return or_(himself, theirs & (~hidden if who.assigned else true()))


def _select() -> Any:
    cover: Any = aliased(User)
    return (
        select(
            _ID,
            col(Absence.user_id),
            col(User.name),
            col(Absence.cover_id),
            cover.name,
            col(Absence.starts_at),
            col(Absence.ends_at),
            col(Absence.note),
            col(Absence.created_by),
            col(Absence.cancelled_at),
        )
        .join(User, col(User.id) == col(Absence.user_id))
        .join(cover, cover.id == col(Absence.cover_id))
    )
