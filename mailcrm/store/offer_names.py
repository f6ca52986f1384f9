"""Offers as other pages name them."""

from typing import Any

from sqlalchemy import Connection, exists, select
from sqlmodel import col

from mailcrm.model import Mailing, Offer, Recipient
from mailcrm.store.deal_items import NamedItem


def of_client(connection: Connection, client_id: int, limit: int = 50) -> list[NamedItem]:
    """The offers that were made to a client, the newest first; `detail` is the number."""
    made = (
        select(col(Recipient.id))
        .join(Mailing, col(Mailing.id) == col(Recipient.mailing_id))
        .where(col(Recipient.client_id) == client_id, col(Mailing.offer_id) == col(Offer.id))
    )
    query: Any = select(col(Offer.id), col(Offer.title), col(Offer.number)).where(exists(made))
    return [NamedItem(*row) for row in connection.execute(query.order_by(col(Offer.id).desc()).limit(limit))]
