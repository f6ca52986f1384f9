"""What is new: entries since a number, the state of the synchronisation, and the heartbeats of the processes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select
from sqlmodel import col

from mailcrm.model import Client, DocumentWork, Entry, Heartbeat, Mailbox, Placement, Triage
from mailcrm.store.visibility import Viewer


@dataclass(frozen=True, slots=True)
class Chrome:
    """What stands at the edge of every page: when mail was last read, what is wrong, what waits."""

    last_success_at: datetime | None
    mailboxes: int
    broken: int
    triage: int
    newest: int
    """The greatest id of an entry: what comes later is new."""


def newest(connection: Connection) -> int:
    """The greatest id of an entry; 0 where there is none."""
    return connection.execute(select(func.max(col(Entry.id)))).scalar_one() or 0


def since(connection: Connection, after: int, limit: int = 1000) -> list[tuple[int, int]]:
    """Entries with an id above `after` as (id, client), in order."""
    statement = (
        select(col(Entry.id), col(Entry.client_id)).where(col(Entry.id) > after).order_by(col(Entry.id)).limit(limit)
    )
    return [(entry or 0, client) for entry, client in connection.execute(statement)]


def of_client(connection: Connection, client_id: int, after: int, limit: int = 50) -> list[int]:
    """The newest entries of one client with an id above `after`, in order."""
    statement = (
        select(col(Entry.id))
        .where(col(Entry.id) > after, col(Entry.client_id) + 0 == client_id)
        .order_by(col(Entry.id).desc())
        .limit(limit)
    )
    return [entry or 0 for entry in connection.execute(statement).scalars()][::-1]


def chrome(connection: Connection, who: Viewer) -> Chrome:
    """The state of the company's mailboxes and what waits in the viewer's tray, in one query."""
    active = col(Mailbox.state) != "paused"
    live = col(Mailbox.origin) != "load"
    mine = select(col(Mailbox.id)).where(or_(col(Mailbox.user_id).is_(None), col(Mailbox.user_id) == who.user_id))
    waiting = select(func.count()).where(col(Triage.state) == "open", col(Triage.mailbox_id).in_(mine))
    broken = select(func.count()).where(col(Mailbox.last_error) != "", active).scalar_subquery()
    row = connection.execute(
        select(
            select(func.max(col(Mailbox.last_success_at))).scalar_subquery(),
            select(func.count()).where(live).scalar_subquery(),
            broken,
            waiting.scalar_subquery(),
            select(func.coalesce(func.max(col(Entry.id)), 0)).scalar_subquery(),
        )
    ).one()
    return Chrome(row[0], int(row[1]), int(row[2]), int(row[3]), int(row[4]))


def heartbeats(connection: Connection) -> list[tuple[str, datetime]]:
    """Every process that is or was running: (name, last sign of life)."""
    statement = select(col(Heartbeat.name), col(Heartbeat.seen_at)).order_by(col(Heartbeat.name))
    return [(str(name), seen) for name, seen in connection.execute(statement)]


def _documents(states: tuple[str, ...]) -> Any:
    # By the index on the state; those that are placed, nearly all, are not counted.
    return select(func.count()).where(col(DocumentWork.state).in_(states)).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that is worth watching over time."""

    name: str
    meaning: str
    value: float


def figures(connection: Connection) -> list[Figure]:
    """How much there is, and how much waits; from counters and small tables, never by counting messages."""
    working = select(func.count()).where(col(Placement.state).in_(("todo", "wanted"))).scalar_subquery()
    quarantined = select(func.count()).where(col(Placement.state) == "quarantine").scalar_subquery()
    row = connection.execute(
        select(
            select(func.count()).select_from(Client).where(col(Client.archived_at).is_(None)).scalar_subquery(),
            select(func.coalesce(func.max(col(Entry.id)), 0)).scalar_subquery(),
            select(func.count()).select_from(Mailbox).scalar_subquery(),
            select(func.count()).where(col(Mailbox.last_error) != "").scalar_subquery(),
            select(func.count()).where(col(Triage.state) == "open").scalar_subquery(),
            working,
            quarantined,
            _documents(("new", "again")),
            _documents(("ready", "reply", "redo")),
        )
    ).one()
    names = (
        ("mailcrm_clients", "Clients that are not archived"),
        ("mailcrm_entries", "Timeline entries ever made"),
        ("mailcrm_mailboxes", "Mailboxes"),
        ("mailcrm_mailboxes_failing", "Mailboxes whose last round failed"),
        ("mailcrm_tray", "Messages that wait in the tray"),
        ("mailcrm_placements_waiting", "Messages on servers that wait to be decided on or fetched"),
        ("mailcrm_placements_quarantined", "Messages that could not be read"),
        ("mailcrm_documents_unread", "Messages whose attachments are yet to be read"),
        ("mailcrm_documents_unplaced", "Messages whose documents or answers are yet to be placed"),
    )
    return [Figure(name, meaning, float(value)) for (name, meaning), value in zip(names, row, strict=True)]
