"""Users who left, as rows, and what a departure would touch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, update
from sqlmodel import col

from mailcrm.model import Client, ClientGroup, Departure, Mailbox, MessageCopy, UserSession
from mailcrm.store import ownership
from mailcrm.store.ownership import Change
from mailcrm.store.rows import parts


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a departure touches."""

    mailboxes: tuple[tuple[int, str, str, int], ...]
    """(number, address, state, stored messages)"""
    clients: int
    sessions: int


@dataclass(frozen=True, slots=True)
class DepartureRow:
    """What was done when a user left."""

    id: int
    user_id: int
    successor_id: int | None
    at: datetime
    clients: str
    groups: str
    mailboxes: str


_ID: Any = col(Departure.id)


def leaving(connection: Connection, user_id: int, now: datetime) -> Leaving:
    """What would happen to the user's mailboxes, clients and sessions."""
    stored = select(func.count()).where(col(MessageCopy.mailbox_id) == col(Mailbox.id)).scalar_subquery()
    boxes = (
        select(col(Mailbox.id), col(Mailbox.address), col(Mailbox.state), stored)
        .where(col(Mailbox.user_id) == user_id)
        .order_by(col(Mailbox.address))
    )
    clients = select(func.count()).select_from(Client).where(col(Client.owner_id) == user_id)
    live = (col(UserSession.revoked_at).is_(None), col(UserSession.expires_at) > now)
    sessions = select(func.count()).select_from(UserSession).where(col(UserSession.user_id) == user_id, *live)
    return Leaving(
        tuple((row[0], row[1], row[2], int(row[3])) for row in connection.execute(boxes)),
        int(connection.execute(clients).scalar_one()),
        int(connection.execute(sessions).scalar_one()),
    )


def add(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a departure; returns its id."""
    return int(connection.execute(insert(Departure).values(values).returning(_ID)).scalar_one())


def last(connection: Connection, user_id: int) -> DepartureRow | None:
    """The departure of a user that was not undone."""
    query = (
        select(
            _ID,
            col(Departure.user_id),
            col(Departure.successor_id),
            col(Departure.at),
            col(Departure.clients),
            col(Departure.groups),
            col(Departure.mailboxes),
        )
        .where(col(Departure.user_id) == user_id, col(Departure.undone_at).is_(None))
        .order_by(_ID.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return DepartureRow(*row) if row else None


def pass_on(connection: Connection, from_id: int, change: Change) -> tuple[list[int], list[int]]:
    """Make another user the owner of the clients and the manager of the groups of one; returns their numbers."""
    theirs = col(Client.owner_id) == from_id
    groups = update(ClientGroup).where(col(ClientGroup.manager_id) == from_id).values(manager_id=change.owner_id)
    moved = list(connection.execute(select(col(Client.id)).where(theirs)).scalars())
    ownership.give(connection, theirs, change)
    managed = list(connection.execute(groups.returning(col(ClientGroup.id))).scalars())
    return sorted(n for n in moved if n), sorted(n for n in managed if n)


def give_back(connection: Connection, row: DepartureRow, change: Change) -> None:
    """Give back what passed on, but for what got yet another owner or manager since."""
    if row.successor_id is None:
        return
    for part in parts(int(number) for number in row.clients.split()):
        ownership.give(connection, and_(col(Client.id).in_(part), col(Client.owner_id) == row.successor_id), change)
    for part in parts(int(number) for number in row.groups.split()):
        led = (col(ClientGroup.id).in_(part), col(ClientGroup.manager_id) == row.successor_id)
        connection.execute(update(ClientGroup).where(*led).values(manager_id=row.user_id))


def undone(connection: Connection, departure_id: int, at: datetime) -> None:
    """The user is back."""
    connection.execute(update(Departure).where(col(Departure.id) == departure_id).values(undone_at=at))
