"""Follow-ups as rows: who was silent for long enough, what is proposed, what became of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select, update
from sqlmodel import col

from mailcrm.mailing.replies import CERTAIN
from mailcrm.model import Client, Entry, Event, FollowUp, Mailing, Offer, Recipient, SendAccount, User
from mailcrm.store.rows import insert_missing
from mailcrm.store.suppressions import suppressed_recipient
from mailcrm.store.visibility import Viewer, sees_client

_ENDS = ("reply", "bounce", "complaint", "unsubscribe", "accept", "decline")
"""Certain events after which nobody is asked again."""


@dataclass(frozen=True, slots=True)
class Silent:
    """One recipient who has not answered."""

    recipient_id: int
    mailing_id: int
    client_id: int | None
    owner_id: int | None
    address: str
    name: str
    client: str
    offer_number: str
    offer_title: str
    sent_at: datetime
    days: int
    token: str
    sender: str


@dataclass(frozen=True, slots=True)
class FollowUpRow:
    """One proposal."""

    id: int
    recipient_id: int
    mailing_id: int
    mailing: str
    client_id: int | None
    client: str
    address: str
    name: str
    owner: str
    state: str
    due: date
    subject: str
    text: str
    sent_at: datetime
    account_id: int | None
    account: str


def silent(connection: Connection, now: datetime, limit: int = 500) -> list[Silent]:
    """Recipients of mailings with follow-ups who got the offer long enough ago and for whom nothing is proposed yet."""
    columns: Any = (
        col(Recipient.id), col(Recipient.mailing_id), col(Recipient.client_id),
        func.coalesce(col(Client.owner_id), col(SendAccount.user_id)), col(Recipient.address), col(Recipient.name),
        func.coalesce(col(Client.name), ""), col(Offer.number), col(Offer.title), col(Recipient.accepted_at),
        col(Mailing.follow_up_days), col(Recipient.token), func.coalesce(col(User.name), col(SendAccount.name), ""),
    )  # fmt: skip
    query = (
        select(*columns)
        .select_from(Recipient)
        .join(Mailing, col(Mailing.id) == col(Recipient.mailing_id))
        .join(Offer, col(Offer.id) == col(Mailing.offer_id))
        .join(Client, col(Client.id) == col(Recipient.client_id), isouter=True)
        .join(SendAccount, col(SendAccount.id) == col(Recipient.account_id), isouter=True)
        .join(User, col(User.id) == col(SendAccount.user_id), isouter=True)
        .where(
            col(Mailing.follow_up_days) > 0, col(Offer.state) == "open", _quiet(),
            ~exists().where(col(FollowUp.recipient_id) == col(Recipient.id)),
        )
        .order_by(col(Recipient.id))
        .limit(limit)
    )  # fmt: skip
    found = [Silent(*row) for row in connection.execute(query)]
    return [one for one in found if (now - one.sent_at).days >= one.days]


def _quiet() -> ColumnElement[bool]:
    """No decision, no certain event that ends it, no mail of any person at that client since, and not suppressed."""
    ended = exists().where(
        col(Event.recipient_id) == col(Recipient.id), col(Event.kind).in_(_ENDS), col(Event.confidence) >= CERTAIN
    )
    wrote = exists().where(
        col(Entry.client_id) == col(Recipient.client_id), col(Entry.kind) == "message", col(Entry.direction) == "in",
        col(Entry.message_kind) == "human", col(Entry.at) > col(Recipient.accepted_at),
    )  # fmt: skip
    return and_(
        col(Recipient.state) == "accepted", col(Recipient.decision) == "", ~ended, ~wrote, ~suppressed_recipient()
    )


def returns(connection: Connection, recipient_ids: Sequence[int]) -> dict[int, date]:
    """Recipient → the last day of return that an automatic reply named."""
    query = select(col(Event.recipient_id), col(Event.detail)).where(
        col(Event.recipient_id).in_(recipient_ids), col(Event.kind) == "auto-reply"
    )
    found: dict[int, date] = {}
    for recipient, detail in connection.execute(query):
        day = json.loads(detail).get("back", "") if detail else ""
        if day:
            found[recipient] = max(date.fromisoformat(day), found.get(recipient, date.min))
    return found


def add(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Enter proposals; one a recipient."""
    insert_missing(connection, FollowUp, rows)


def stop_answered(connection: Connection, at: datetime) -> int:
    """Stop proposals whose clients are not silent any more; returns how many."""
    quiet = exists().where(col(Recipient.id) == col(FollowUp.recipient_id), _quiet())
    done = connection.execute(
        update(FollowUp).where(col(FollowUp.state) == "proposed", ~quiet).values(state="stopped", changed_at=at)
    )
    return int(done.rowcount)


def postpone(connection: Connection, recipient_id: int, day: date) -> None:
    """Let a proposal wait."""
    connection.execute(
        update(FollowUp)
        .where(col(FollowUp.recipient_id) == recipient_id, col(FollowUp.state) == "proposed", col(FollowUp.due) < day)
        .values(due=day)
    )


def proposed(connection: Connection) -> list[int]:
    """The recipients for whom something is proposed."""
    query = select(col(FollowUp.recipient_id)).where(col(FollowUp.state) == "proposed")
    return [int(one) for one in connection.execute(query).scalars()]


_ROW: Any = (
    col(FollowUp.id), col(FollowUp.recipient_id), col(FollowUp.mailing_id), col(Mailing.name), col(FollowUp.client_id),
    func.coalesce(col(Client.name), ""), col(Recipient.address), col(Recipient.name), func.coalesce(col(User.name), ""),
    col(FollowUp.state), col(FollowUp.due), col(FollowUp.subject), col(FollowUp.text), col(Recipient.accepted_at),
    col(Recipient.account_id), func.coalesce(col(SendAccount.address), ""),
)  # fmt: skip


def listed(connection: Connection, who: Viewer, mine: bool, after: int = 0, limit: int = 30) -> list[FollowUpRow]:
    """Proposals for clients that `who` may see, his own or all, the oldest first; only those who are still silent."""
    query = _query(who).where(col(FollowUp.state) == "proposed", _quiet(), col(FollowUp.id) > after)
    if mine:
        query = query.where(or_(col(FollowUp.owner_id).in_(who.stands_for), col(FollowUp.owner_id) == who.user_id))
    return [FollowUpRow(*row) for row in connection.execute(query.order_by(col(FollowUp.id)).limit(limit))]


def find(connection: Connection, who: Viewer, follow_up_id: int) -> FollowUpRow | None:
    """One proposal whose client `who` may see."""
    row = connection.execute(_query(who).where(col(FollowUp.id) == follow_up_id)).first()
    return None if row is None else FollowUpRow(*row)


def is_silent(connection: Connection, recipient_id: int) -> bool:
    """Whether the client has still not answered."""
    return bool(connection.execute(select(exists().where(col(Recipient.id) == recipient_id, _quiet()))).scalar_one())


def _query(who: Viewer) -> Any:
    return (
        select(*_ROW)
        .select_from(FollowUp)
        .join(Recipient, col(Recipient.id) == col(FollowUp.recipient_id))
        .join(Mailing, col(Mailing.id) == col(FollowUp.mailing_id))
        .join(Client, col(Client.id) == col(FollowUp.client_id), isouter=True)
        .join(User, col(User.id) == col(FollowUp.owner_id), isouter=True)
        .join(SendAccount, col(SendAccount.id) == col(Recipient.account_id), isouter=True)
        .where(sees_client(who, col(FollowUp.client_id)))
    )


def change(connection: Connection, follow_up_id: int, values: dict[str, Any]) -> None:
    """Change columns of a proposal."""
    connection.execute(update(FollowUp).where(col(FollowUp.id) == follow_up_id).values(**values))


def set_days(connection: Connection, mailing_id: int, days: int) -> None:
    """After how many days of silence follow-ups of a mailing are proposed; 0 for never."""
    connection.execute(update(Mailing).where(col(Mailing.id) == mailing_id).values(follow_up_days=days))


@dataclass(frozen=True, slots=True)
class Source:
    """What a follow-up repeats of the recipient it is about."""

    mailing_id: int
    offer_id: int
    name: str
    scope: str
    address: str
    person: str
    client_id: int | None
    contact_id: int | None
    account_id: int | None
    message_id: str
    terms: str
    group_id: int | None
    document_sha256: str
    document_name: str


def source(connection: Connection, recipient_id: int) -> Source:
    """The recipient whom a follow-up is about; raises NoResultFound where there is none."""
    columns: Any = (
        col(Mailing.id), col(Mailing.offer_id), col(Mailing.name), col(Mailing.scope), col(Recipient.address),
        col(Recipient.name), col(Recipient.client_id), col(Recipient.contact_id), col(Recipient.account_id),
        func.coalesce(col(Recipient.message_id), ""), col(Recipient.terms), col(Recipient.group_id),
        col(Recipient.document_sha256), col(Recipient.document_name),
    )  # fmt: skip
    query = select(*columns).select_from(Recipient).join(Mailing, col(Mailing.id) == col(Recipient.mailing_id))
    return Source(*connection.execute(query.where(col(Recipient.id) == recipient_id)).one())


def mailing_for(connection: Connection, one: Source, actor_id: int | None, at: datetime) -> int:
    """The mailing that carries the follow-ups of another one: made when first needed, and running from then on."""
    name = f"↻ {one.name}"[:200]
    found = connection.execute(
        select(col(Mailing.id)).where(col(Mailing.offer_id) == one.offer_id, col(Mailing.name) == name)
    ).scalar()
    if found is not None:
        connection.execute(update(Mailing).where(col(Mailing.id) == found).values(state="running"))
        return int(found)
    values = {"offer_id": one.offer_id, "name": name, "state": "running", "scope": one.scope, "created_by": actor_id,
              "approved_by": actor_id, "approved_at": at, "created_at": at, "started_at": at}  # fmt: skip
    return int(connection.execute(insert(Mailing).values(**values).returning(col(Mailing.id))).scalar_one() or 0)


def add_recipient(connection: Connection, mailing_id: int, one: Source, at: datetime) -> int:
    """A recipient of a follow-up, not yet ready to be sent; returns the id."""
    values = {"mailing_id": mailing_id, "client_id": one.client_id, "contact_id": one.contact_id,
              "address": one.address, "name": one.person, "account_id": one.account_id, "group_id": one.group_id,
              "terms": one.terms, "document_sha256": one.document_sha256, "document_name": one.document_name,
              "state": "rendered", "not_before": at, "priority": 0, "thread_refs": one.message_id}  # fmt: skip
    found = connection.execute(insert(Recipient).values(**values).returning(col(Recipient.id))).scalar_one()
    return int(found or 0)


def queue(connection: Connection, recipient_id: int, values: dict[str, Any]) -> None:
    """Give a recipient the bytes he gets, and put him into the queue."""
    connection.execute(update(Recipient).where(col(Recipient.id) == recipient_id).values(**values, state="queued"))
