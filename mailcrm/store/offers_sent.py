"""Offers that reached clients, as entries of their timelines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, select
from sqlmodel import col

from mailcrm.model import Entry, Mailing, Offer, Recipient, SendAccount
from mailcrm.store.entries import NewEntry
from mailcrm.store.visibility import Viewer, sees_client

KIND = "offer"


@dataclass(frozen=True, slots=True)
class SentOffer:
    """One offer that a client got."""

    recipient_id: int
    offer_id: int
    number: str
    title: str
    currency: str
    address: str
    sender: str
    total: int | None
    document_name: str
    document_sha256: str
    decision: str


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


def sent(connection: Connection, who: Viewer, recipient_ids: Sequence[int]) -> dict[int, SentOffer]:
    """Recipient → the offer that he got, of clients that the viewer may see."""
    query = (
        select(
            _ID,
            col(Offer.id),
            col(Offer.number),
            col(Offer.title),
            col(Offer.currency),
            col(Recipient.address),
            col(SendAccount.name),
            col(Recipient.total),
            col(Recipient.document_name),
            col(Recipient.document_sha256),
            col(Recipient.decision),
        )
        .join(Mailing, col(Mailing.id) == col(Recipient.mailing_id))
        .join(Offer, col(Offer.id) == col(Mailing.offer_id))
        .join(SendAccount, col(SendAccount.id) == col(Recipient.account_id), isouter=True)
        .where(_ID.in_(recipient_ids), sees_client(who, col(Recipient.client_id)))
    )
    found: dict[int, SentOffer] = {}
    for number, offer_id, *texts, sender, total, name, sha, decision in connection.execute(query):
        number_, title, currency, address = texts
        found[number] = SentOffer(
            number, offer_id, number_, title, currency, address, sender or "", total, name, sha, decision
        )
    return found
