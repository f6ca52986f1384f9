"""Copies for Sent as rows: who waits for one, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, or_, select, text, update
from sqlmodel import col

from mailcrm.model import Recipient, SendAccount
from mailcrm.model.columns import UtcTime
from mailcrm.store.rows import parts

# In words, since a partial index serves only a condition that the database can read. A copy of what perhaps never left
# would come back through the sync as the proof that it had.
_PENDING = text("recipient.sent_copy = 'pending' AND recipient.state = 'accepted'")


@dataclass(frozen=True, slots=True)
class CopyAccount:
    """An account with something to append or to look for."""

    id: int
    address: str
    mailbox_id: int
    sent_copy: str


@dataclass(frozen=True, slots=True)
class Copy:
    """One sent message; `dated_at` is its Date."""

    id: int
    message_id: str
    raw_sha256: str
    dated_at: datetime
    accepted_at: datetime


_COPY: Any = (
    col(Recipient.id),
    col(Recipient.message_id),
    col(Recipient.raw_sha256),
    col(Recipient.dated_at),
    func.coalesce(col(Recipient.accepted_at), col(Recipient.dated_at), type_=UtcTime()),
)


def accounts(connection: Connection) -> list[CopyAccount]:
    """The accounts that wait for the Sent folder of their mailbox."""
    waits = exists().where(col(Recipient.account_id) == col(SendAccount.id), _PENDING)
    unknown = exists().where(col(Recipient.account_id) == col(SendAccount.id), col(Recipient.state) == "uncertain")
    query = select(
        col(SendAccount.id), col(SendAccount.address), col(SendAccount.mailbox_id), col(SendAccount.sent_copy)
    ).where(col(SendAccount.mailbox_id).is_not(None), or_(waits, (col(SendAccount.sent_copy) == "server") & unknown))
    rows: Any = connection.execute(query.order_by(col(SendAccount.id)))
    return [CopyAccount(*row) for row in rows]


def pending(connection: Connection, account_id: int, limit: int) -> list[Copy]:
    """Messages that wait for their copy, the oldest first."""
    query = select(*_COPY).where(
        col(Recipient.account_id) == account_id, _PENDING, col(Recipient.dated_at).is_not(None)
    )
    return [Copy(*row) for row in connection.execute(query.order_by(col(Recipient.accepted_at)).limit(limit))]


def uncertain(connection: Connection, account_id: int, limit: int) -> list[Copy]:
    """Messages of which nobody knows whether they left, the newest first."""
    here = (col(Recipient.account_id) == account_id, col(Recipient.state) == "uncertain")
    query = select(*_COPY).where(*here, col(Recipient.dated_at).is_not(None))
    return [Copy(*row) for row in connection.execute(query.order_by(col(Recipient.dated_at).desc()).limit(limit))]


def settle(connection: Connection, ids: Sequence[int], state: str, error: str) -> None:
    """Write down what became of copies that waited: done, pending or failed, with the reason in words."""
    for some in parts(ids):
        row = update(Recipient).where(col(Recipient.id).in_(some), col(Recipient.sent_copy) == "pending")
        connection.execute(row.values(sent_copy=state, sent_copy_error=error[:500]))
