"""Users who left, as rows, and what a departure would touch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlmodel import col

from mailcrm.model import Client, Departure, Mailbox, MessageCopy, UserSession


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
    handover_id: int | None
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
            col(Departure.handover_id),
            col(Departure.mailboxes),
        )
        .where(col(Departure.user_id) == user_id, col(Departure.undone_at).is_(None))
        .order_by(_ID.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return DepartureRow(*row) if row else None


def undone(connection: Connection, departure_id: int, at: datetime) -> None:
    """The user is back."""
    connection.execute(update(Departure).where(col(Departure.id) == departure_id).values(undone_at=at))
