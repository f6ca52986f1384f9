"""Webhooks and what is on its way to them, as rows; and what happened lately, as far as a viewer may see it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update
from sqlmodel import col

from mailcrm.model import (
    Answer,
    Client,
    Delivery,
    Document,
    Entry,
    MailAddress,
    Message,
    MessageAddress,
    Version,
    Webhook,
)
from mailcrm.store.rows import insert_missing
from mailcrm.store.visibility import STUB, SUBJECT, Viewer, level, sees

WINDOW = 500
"""Entries below the last one seen that are looked at again: PostgreSQL may commit a lower number later."""


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """One webhook."""

    id: int
    user_id: int
    url: str
    events: tuple[str, ...]
    state: str
    position: int
    failures: int
    last_error: str
    last_success_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """Something to be told: what it is, a key that is the same whenever it is found, and its facts."""

    event: str
    key: str
    at: datetime
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery whose time has come."""

    id: int
    webhook_id: int
    key: str
    payload: str
    attempts: int
    url: str
    secret: bytes


_ID: Any = col(Webhook.id)
_COLUMNS: Any = tuple(col(getattr(Webhook, name)) for name in WebhookRow.__dataclass_fields__)
_DELIVERY: Any = (
    col(Delivery.id),
    col(Delivery.webhook_id),
    col(Delivery.key),
    col(Delivery.payload),
    col(Delivery.attempts),
    col(Webhook.url),
    col(Webhook.secret),
)


def webhooks(connection: Connection, state: str = "") -> list[WebhookRow]:
    """All webhooks, or those in one state, the newest first."""
    query = select(*_COLUMNS).order_by(_ID.desc())
    rows = connection.execute(query.where(col(Webhook.state) == state) if state else query)
    return [replace(WebhookRow(*row), events=tuple(row[3].split())) for row in rows]


def webhook(connection: Connection, webhook_id: int) -> WebhookRow | None:
    """The webhook with this id."""
    return next((one for one in webhooks(connection) if one.id == webhook_id), None)


def add(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a webhook from columns; returns the id."""
    return int(connection.execute(insert(Webhook).values(values).returning(_ID)).scalar_one())


def change(connection: Connection, webhook_id: int, values: dict[str, Any]) -> int:
    """Set columns of a webhook; returns how many there were (0 or 1)."""
    return connection.execute(update(Webhook).where(webhook_id == _ID).values(values)).rowcount


def remove(connection: Connection, webhook_id: int) -> int:
    """Delete a webhook and what is on its way to it; returns how many there were (0 or 1)."""
    return connection.execute(delete(Webhook).where(webhook_id == _ID)).rowcount


def newest_entry(connection: Connection) -> int:
    """The greatest id of an entry; 0 where there is none."""
    return connection.execute(select(func.max(col(Entry.id)))).scalar_one() or 0


def received(
    connection: Connection, who: Viewer, after: int, since: datetime, limit: int
) -> list[tuple[int, Happening]]:
    """(entry, happening) of messages of clients whose entries are above `after` and younger than `since`, in order."""
    seen = level(who)
    query = (
        select(col(Entry.id), col(Entry.at), col(Message.id), col(Message.thread_id), *_subject(seen), *_CLIENT)
        .join(Message, col(Message.id) == col(Entry.message_id))
        .join(Client, col(Client.id) == col(Entry.client_id))
        .where(col(Entry.id) > after, col(Entry.direction) == "in", col(Entry.at) >= since)
        .where(sees(who), seen >= STUB)
        .order_by(col(Entry.id))
        .limit(limit)
    )
    found = []
    for entry, at, message, thread, shown, subject, client, name in connection.execute(query):
        facts = {"client": {"id": client, "name": name}, "message": {"id": message, "thread_id": thread}}
        facts["message"]["subject"] = subject if shown >= SUBJECT else None
        found.append((int(entry or 0), Happening("message.received", f"message:{message}:{client}", at, facts)))
    return found


def answered(connection: Connection, who: Viewer, since: datetime, limit: int) -> list[Happening]:
    """Answers of clients to versions, in messages younger than `since`, the newest first."""
    seen = level(who)
    author = and_(col(MessageAddress.message_id) == col(Message.id), col(MessageAddress.position) == 0)
    query = (
        select(
            col(Message.id),
            col(Message.at),
            col(Answer.version_id),
            col(Version.number),
            col(Document.id),
            col(Document.title),
            col(Answer.stale),
            col(MailAddress.email),
        )
        .join(Answer, col(Answer.message_id) == col(Message.id))
        .join(Version, col(Version.id) == col(Answer.version_id))
        .join(Document, col(Document.id) == col(Version.document_id))
        .join(MessageAddress, author)
        .join(MailAddress, col(MailAddress.id) == col(MessageAddress.address_id))
        .where(col(Message.at) >= since, seen >= SUBJECT)
        .order_by(col(Message.id).desc())
        .limit(limit)
    )
    return [
        Happening(
            "answer.received",
            f"answer:{message}:{version}",
            at,
            {
                "message": {"id": message, "from": email},
                "document": {"id": document, "title": title, "version": number, "stale": bool(stale)},
            },
        )
        for message, at, version, number, document, title, stale, email in connection.execute(query)
    ]


def queue(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Put deliveries on their way, each key once."""
    insert_missing(connection, Delivery, rows)


def due(connection: Connection, now: datetime, limit: int) -> list[Due]:
    """Deliveries to active webhooks whose time has come, the oldest first."""
    query = (
        select(*_DELIVERY)
        .join(Webhook, col(Delivery.webhook_id) == _ID)
        .where(col(Delivery.state) == "waiting", col(Delivery.not_before) <= now, col(Webhook.state) == "active")
        .order_by(col(Delivery.not_before), col(Delivery.id))
        .limit(limit)
    )
    return [Due(*row) for row in connection.execute(query)]


def settle(connection: Connection, delivery_id: int, values: dict[str, Any]) -> None:
    """Note what came of a try."""
    connection.execute(update(Delivery).where(col(Delivery.id) == delivery_id).values(values))


def forget(connection: Connection, before: datetime) -> None:
    """Drop deliveries that were settled before a time."""
    settled = or_(col(Delivery.state) == "delivered", col(Delivery.state) == "failed")
    connection.execute(delete(Delivery).where(settled, col(Delivery.created_at) < before))


def waiting(connection: Connection, ids: Iterable[int]) -> dict[int, int]:
    """How many deliveries wait, by webhook."""
    query = (
        select(col(Delivery.webhook_id), func.count())
        .where(col(Delivery.webhook_id).in_(list(ids)), col(Delivery.state) == "waiting")
        .group_by(col(Delivery.webhook_id))
    )
    return {int(number): int(count) for number, count in connection.execute(query)}


_CLIENT: Any = (col(Client.id), col(Client.name))


def _subject(seen: Any) -> tuple[Any, ...]:
    return seen.label("level"), col(Message.subject)
