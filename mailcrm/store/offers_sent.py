"""Offers that reached clients, as entries of their timelines."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select
from sqlmodel import col

from mailcrm.model import Entry, Recipient, SendAccount
from mailcrm.store.entries import NewEntry

KIND = "offer"
_ID: Any = col(Recipient.id)


def unlisted(connection: Connection, since: datetime, limit: int = 500) -> list[NewEntry]:
    """The entries of offers that servers took since then and that stand on no timeline yet."""
    stands = exists().where(
        col(Entry.kind) == KIND, col(Entry.record_id) == _ID, col(Entry.client_id) == col(Recipient.client_id)
    )
    query = (
        select(col(Recipient.client_id), col(Recipient.accepted_at), _ID, col(SendAccount.user_id))
        .join(SendAccount, col(SendAccount.id) == col(Recipient.account_id), isouter=True)
        .where(col(Recipient.accepted_at) >= since, col(Recipient.client_id).is_not(None), ~stands)
        .order_by(_ID)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    return [
        NewEntry(client, at, KIND, number, user, "out")
        for client, at, number, user in rows
        if client is not None and at is not None
    ]
