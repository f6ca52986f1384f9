"""What the public pages read: one offer by the recipient that its token names, and where a link leads."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlmodel import col

from mailcrm.model import (
    Client,
    Event,
    Hit,
    Limiter,
    Mailing,
    Offer,
    Recipient,
    SendAccount,
    Suppression,
    TermKind,
    TrackedLink,
    User,
)
from mailcrm.store.reactions import SENT
from mailcrm.store.rows import insert_missing


@dataclass(frozen=True, slots=True)
class OfferSeen:
    """One offer as its recipient sees it."""

    recipient_id: int
    mailing_id: int
    offer_id: int
    address: str
    name: str
    client_id: int | None
    client: str
    number: str
    title: str
    offer_state: str
    currency: str
    valid_until: date | None
    zone: str
    scope: str
    tracked: str
    """What of his message is counted: click, open, both or nothing."""
    terms: str
    total: int | None
    document_sha256: str
    document_name: str
    token: str
    decision: str
    decided_at: datetime | None
    sender_name: str
    sender_address: str
    sender_id: int | None
    """The user whose account sent it."""
    owner_id: int | None
    """The owner of the client."""


def offer(connection: Connection, recipient_id: int) -> OfferSeen | None:
    """The offer that a recipient got; None where nothing was sent to him."""
    columns: Any = (
        col(Recipient.id), col(Mailing.id), col(Offer.id), col(Recipient.address), col(Recipient.name),
        col(Recipient.client_id), func.coalesce(col(Client.name), ""), col(Offer.number), col(Offer.title),
        col(Offer.state),
        col(Offer.currency), col(Offer.valid_until), col(Mailing.zone), col(Mailing.scope), col(Recipient.tracked),
        col(Recipient.terms), col(Recipient.total), col(Recipient.document_sha256), col(Recipient.document_name),
        col(Recipient.token), col(Recipient.decision), col(Recipient.decided_at),
        func.coalesce(col(SendAccount.name), ""),
        func.coalesce(col(SendAccount.address), ""), col(SendAccount.user_id), col(Client.owner_id),
    )  # fmt: skip
    query = (
        select(*columns)
        .join(Mailing, col(Mailing.id) == col(Recipient.mailing_id))
        .join(Offer, col(Offer.id) == col(Mailing.offer_id))
        .join(Client, col(Client.id) == col(Recipient.client_id), isouter=True)
        .join(SendAccount, col(SendAccount.id) == col(Recipient.account_id), isouter=True)
        .where(col(Recipient.id) == recipient_id, col(Recipient.state).in_(SENT))
    )
    row = connection.execute(query).first()
    return None if row is None else OfferSeen(*row)


def term_labels(connection: Connection, offer_id: int) -> list[tuple[str, str, str]]:
    """Key, label and kind of the terms of an offer, in their order."""
    query = select(col(TermKind.key), col(TermKind.label), col(TermKind.kind)).where(col(TermKind.offer_id) == offer_id)
    return [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(col(TermKind.position)))]


def history(connection: Connection, recipient_id: int) -> list[tuple[str, datetime, str]]:
    """Kind, time and detail of what the client decided on the web or staff entered, oldest first."""
    query = (
        select(col(Event.kind), col(Event.at), col(Event.detail))
        .where(col(Event.recipient_id) == recipient_id, col(Event.kind).in_(["accept", "decline"]))
        .order_by(col(Event.id))
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def user_address(connection: Connection, user_id: int) -> tuple[str, str] | None:
    """Sign-in address and name of an active user."""
    query = select(col(User.login), col(User.name)).where(col(User.id) == user_id, col(User.is_active))
    row = connection.execute(query).first()
    return None if row is None else (row[0], row[1])


def suppressed_by(connection: Connection, recipient_id: int, address: str) -> list[str]:
    """The scopes in which an address was suppressed because this recipient asked for it."""
    query = select(col(Suppression.scope)).where(
        col(Suppression.address) == address,
        col(Suppression.recipient_id) == recipient_id,
        col(Suppression.reason) == "unsubscribed",
    )
    return [str(scope) for scope in connection.execute(query).scalars()]


def link_target(connection: Connection, mailing_id: int, position: int) -> tuple[int, str, bool] | None:
    """Id, address and whether it is a trap, of a link in a mailing."""
    query = select(col(TrackedLink.id), col(TrackedLink.url), col(TrackedLink.trap))
    row = connection.execute(
        query.where(col(TrackedLink.mailing_id) == mailing_id, col(TrackedLink.position) == position)
    ).first()
    return None if row is None else (int(row[0] or 0), str(row[1]), bool(row[2]))


def add_hit(connection: Connection, values: dict[str, Any]) -> None:
    """Note one request."""
    connection.execute(insert(Hit).values(**values))


def allow(connection: Connection, key: str, now: datetime, latest: datetime, step: float) -> bool:
    """Whether one more request under `key` is within its rate (GCRA): each costs `step` seconds, and what is asked for
    beyond `latest` is too much. Shared by all processes."""
    insert_missing(connection, Limiter, [{"key": key, "tat": now}])
    from_ = connection.execute(select(col(Limiter.tat)).where(col(Limiter.key) == key).with_for_update()).scalar_one()
    if from_ > latest:
        return False
    values = {"tat": max(from_, now) + timedelta(seconds=step)}
    connection.execute(update(Limiter).where(col(Limiter.key) == key).values(**values))
    return True
