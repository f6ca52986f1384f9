"""Promises that were read in letters: written when a message is recorded, offered until a person decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update
from sqlmodel import col

from mailcrm.model import Client, Entry, Message, SpokenPromise, User
from mailcrm.store.rows import insert_missing
from mailcrm.store.visibility import FULL, Viewer, level, sees_client


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """One promise with the message that holds it and the client that it was made to, or that made it."""

    message_id: int
    by_us: bool
    user_id: int | None
    user_name: str
    due_on: date
    sentence: str
    words: str
    client_id: int
    client_name: str
    at: datetime


def add(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep promises; a message has one at most."""
    insert_missing(connection, SpokenPromise, rows)


def set_state(connection: Connection, message_id: int, state: str) -> None:
    """Say what became of the promise in a message: open, taken or dismissed."""
    connection.execute(update(SpokenPromise).where(col(SpokenPromise.message_id) == message_id).values(state=state))


def open_ones(connection: Connection, who: Viewer, since: date, limit: int = 8) -> list[PromiseRow]:
    """The open promises by and to the viewer that are not long past, the soonest first."""
    mine = or_(col(SpokenPromise.user_id) == who.user_id, col(Client.owner_id) == who.user_id)
    query = _select(who).where(mine, col(SpokenPromise.due_on) >= since)
    rows = connection.execute(query.order_by(col(SpokenPromise.due_on), col(SpokenPromise.message_id)).limit(2 * limit))
    found = {row[0]: PromiseRow(*row) for row in rows}
    return list(found.values())[:limit]


def _select(who: Viewer) -> Any:
    columns: Any = (
        col(SpokenPromise.message_id),
        col(SpokenPromise.by_us),
        col(SpokenPromise.user_id),
        func.coalesce(col(User.name), ""),
        col(SpokenPromise.due_on),
        col(SpokenPromise.sentence),
        col(SpokenPromise.words),
        col(Entry.client_id),
        col(Client.name),
        col(Message.at),
    )
    return (
        select(*columns)
        .join(Message, col(Message.id) == col(SpokenPromise.message_id))
        .join(Entry, col(Entry.message_id) == col(SpokenPromise.message_id))
        .join(Client, col(Client.id) == col(Entry.client_id))
        .outerjoin(User, col(User.id) == col(SpokenPromise.user_id))
        .where(col(SpokenPromise.state) == "open", level(who) >= FULL, sees_client(who, col(Entry.client_id)))
    )
