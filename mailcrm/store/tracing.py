"""Where a Message-ID was met: stored messages, placements on servers, rows of the tray."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select
from sqlmodel import col

from mailcrm.model import Folder, Mailbox, Message, Placement, ThreadReference, Triage


@dataclass(frozen=True, slots=True)
class Met:
    """One placement of a message, and what was decided on it."""

    placement_id: int
    mailbox: str
    folder: str
    uid: int
    state: str
    verdict: str
    rule: str
    error: str
    attempts: int
    next_try_at: datetime | None
    message_id: int | None


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored message."""

    id: int
    at: datetime
    subject: str
    direction: str
    kind: str
    conflict: bool


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A folder in which the message may still be waiting to be discovered."""

    mailbox: str
    folder: str
    why: str


_MET: Any = (
    col(Placement.id),
    col(Mailbox.address),
    col(Folder.name),
    col(Placement.uid),
    col(Placement.state),
    col(Placement.verdict),
    col(Placement.rule),
    col(Placement.error),
    col(Placement.attempts),
    col(Placement.next_try_at),
    col(Placement.message_id),
)
_STORED: Any = tuple(getattr(Message, name) for name in Stored.__dataclass_fields__)


def stored(connection: Connection, message_id: str) -> list[Stored]:
    """The stored messages that have this Message-ID (key) or had it as an alias."""
    alias = select(col(ThreadReference.message_id)).where(col(ThreadReference.reference) == message_id)
    query = select(*_STORED).where(or_(col(Message.message_id) == message_id, col(Message.id).in_(alias)))
    return [Stored(*row) for row in connection.execute(query.order_by(col(Message.id)))]


def met(connection: Connection, message_id: str, fingerprint: int) -> list[Met]:
    """Every placement of this Message-ID: by its fingerprint, by the stored message, or by the tray."""
    messages = select(col(Message.id)).where(col(Message.message_id) == message_id)
    tray = select(col(Triage.placement_id)).where(col(Triage.message_id) == message_id)
    where = or_(
        col(Placement.message_ref) == fingerprint, col(Placement.message_id).in_(messages), col(Placement.id).in_(tray)
    )
    query = (
        select(*_MET)
        .join(Folder, col(Folder.id) == col(Placement.folder_id))
        .join(Mailbox, col(Mailbox.id) == col(Folder.mailbox_id))
        .where(where)
        .order_by(col(Mailbox.address), col(Folder.name), col(Placement.uid))
    )
    return [Met(*row) for row in connection.execute(query)]


def unfinished(connection: Connection) -> list[Unfinished]:
    """Mailboxes and folders that are not read completely, each with the reason in words."""
    query = (
        select(col(Mailbox.address), col(Mailbox.state), col(Mailbox.last_error), Folder.__table__)  # type: ignore[attr-defined]
        .join(Folder, col(Folder.mailbox_id) == col(Mailbox.id), isouter=True)
        .where(col(Mailbox.host) != "")
        .order_by(col(Mailbox.address), col(Folder.name))
    )
    found = []
    for row in connection.execute(query):
        why = _why(row)
        if why:
            found.append(Unfinished(row.address, row.name or "", why))
    return found


def _why(row: Any) -> str:
    if row.state != "active":
        return f"the mailbox is {row.state}"
    if row.last_error:
        return str(row.last_error)
    if row.name is None:
        return "the mailbox was never read"
    if not row.wanted:
        return "the folder is not read"
    if row.error:
        return str(row.error)
    return "older mail is still to be discovered" if row.backfill > 1 else ""
