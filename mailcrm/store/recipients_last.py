"""What a client got last, and what is open with him."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlmodel import col

from mailcrm.model import Mailing, Offer, Recipient


@dataclass(frozen=True, slots=True)
class Last:
    """The last offer that reached a client."""

    mailing_id: int
    offer_id: int
    number: str
    title: str
    currency: str
    values: dict[str, str]
    document_sha256: str
    document_name: str
    at: datetime
    decision: str


def last(connection: Connection, client_id: int) -> Last | None:
    """The last offer that a server took for a client."""
    query = (
        select(
            col(Recipient.mailing_id),
            col(Offer.id),
            col(Offer.number),
            col(Offer.title),
            col(Offer.currency),
            col(Recipient.terms),
            col(Recipient.document_sha256),
            col(Recipient.document_name),
            col(Recipient.accepted_at),
            col(Recipient.decision),
        )
        .join(Mailing, col(Mailing.id) == col(Recipient.mailing_id))
        .join(Offer, col(Offer.id) == col(Mailing.offer_id))
        .where(col(Recipient.client_id) == client_id, col(Recipient.accepted_at).is_not(None))
        .order_by(col(Recipient.accepted_at).desc(), col(Recipient.id).desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None or row[1] is None or row[8] is None:
        return None
    return Last(row[0], row[1], row[2], row[3], row[4], json.loads(row[5] or "{}"), row[6], row[7], row[8], row[9])
