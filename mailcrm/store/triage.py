"""The triage tray: metadata of mail that no rule could file, as rows."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update
from sqlmodel import col

from mailcrm.model import Mailbox, Triage
from mailcrm.store.rows import parts
from mailcrm.store.visibility import Viewer


@dataclass(frozen=True, slots=True)
class TriageRow:
    """One message in the tray."""

    id: int
    placement_id: int
    mailbox_id: int
    mailbox: str
    at: datetime
    direction: str
    counterpart: str
    counterpart_name: str
    subject: str
    message_id: str
    reason: str
    state: str


_COLUMNS: Any = (
    col(Triage.id),
    col(Triage.placement_id),
    col(Triage.mailbox_id),
    col(Mailbox.address),
    col(Triage.at),
    col(Triage.direction),
    col(Triage.counterpart),
    col(Triage.counterpart_name),
    col(Triage.subject),
    col(Triage.message_id),
    col(Triage.reason),
    col(Triage.state),
)


def rows(
    connection: Connection,
    who: Viewer,
    state: str = "open",
    before: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> list[TriageRow]:
    """One page of the tray, newest first: of the viewer's own mailboxes and of shared ones."""
    query = select(*_COLUMNS).join(Mailbox, col(Mailbox.id) == col(Triage.mailbox_id))
    query = query.where(col(Triage.state) == state, _mine(who))
    if before:
        at, number = before
        query = query.where(or_(col(Triage.at) < at, (col(Triage.at) == at) & (col(Triage.id) < number)))
    found = connection.execute(query.order_by(col(Triage.at).desc(), col(Triage.id).desc()).limit(limit))
    return [TriageRow(*row) for row in found]


def row(connection: Connection, triage_id: int, who: Viewer) -> TriageRow | None:
    """One row of the tray, where the viewer may see it."""
    query = select(*_COLUMNS).join(Mailbox, col(Mailbox.id) == col(Triage.mailbox_id))
    found = connection.execute(query.where(col(Triage.id) == triage_id, _mine(who))).one_or_none()
    return TriageRow(*found) if found else None


def count(connection: Connection, who: Viewer) -> int:
    """How many open rows the viewer has to look at."""
    query = select(func.count()).select_from(Triage).join(Mailbox, col(Mailbox.id) == col(Triage.mailbox_id))
    return int(connection.execute(query.where(col(Triage.state) == "open", _mine(who))).scalar_one())


def settle(
    connection: Connection, where: ColumnElement[bool], state: str, at: datetime, actor_id: int | None
) -> list[int]:
    """Move the open rows that fit into another state; returns their ids."""
    query = update(Triage).where(where, col(Triage.state) == "open")
    changed = connection.execute(query.values(state=state, changed_at=at, actor_id=actor_id).returning(col(Triage.id)))
    return [i for i in changed.scalars() if i is not None]


def settle_stored(connection: Connection, placements: Iterable[int], at: datetime) -> None:
    """Take the copies out of the tray whose message was stored after all, by its thread or by a wish."""
    for part in parts(placements):
        settle(connection, col(Triage.placement_id).in_(part), "attached", at, None)


def open_ids(connection: Connection, where: ColumnElement[bool]) -> list[int]:
    """The open rows that fit."""
    rows = connection.execute(select(col(Triage.id)).where(where, col(Triage.state) == "open"))
    return [i for i in rows.scalars() if i is not None]


def among(ids: Collection[int]) -> ColumnElement[bool]:
    """The rows with these ids."""
    return col(Triage.id).in_(list(ids))


def reopen(connection: Connection, ids: Collection[int]) -> None:
    """Put rows back into the tray."""
    closed = {"state": "open", "changed_at": None, "actor_id": None}
    connection.execute(update(Triage).where(col(Triage.id).in_(list(ids))).values(closed))


def drop_older(connection: Connection, before: datetime) -> int:
    """Forget the rows of messages older than this; returns how many."""
    return int(connection.execute(delete(Triage).where(col(Triage.at) < before)).rowcount)


def of_people(emails: Collection[str], domains: Collection[str]) -> ColumnElement[bool]:
    """The rows whose counterpart is one of these addresses, or is at one of these domains or below it."""
    where: list[ColumnElement[bool]] = [col(Triage.counterpart).in_(list(emails))]
    for name in domains:
        where += [col(Triage.counterpart).like(f"%@{name}"), col(Triage.counterpart).like(f"%.{name}")]
    return or_(*where)


def in_mailboxes_of(user_id: int) -> ColumnElement[bool]:
    """The rows of the mailboxes that a user owns."""
    return col(Triage.mailbox_id).in_(select(col(Mailbox.id)).where(col(Mailbox.user_id) == user_id))


def _mine(who: Viewer) -> ColumnElement[bool]:
    return or_(col(Mailbox.user_id).is_(None), col(Mailbox.user_id) == who.user_id)


def forget(connection: Connection, emails: Collection[str]) -> None:
    """Drop every line about mail with these addresses, whatever was decided on it."""
    connection.execute(delete(Triage).where(col(Triage.counterpart).in_(emails)))
