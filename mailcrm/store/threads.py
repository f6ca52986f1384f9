"""Threads and single messages as a person reads them, with why they are filed where they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, or_, select, true
from sqlmodel import col

from mailcrm.model import Client, Link, Mailbox, Message, MessageBody, MessageCopy, User
from mailcrm.store import heard
from mailcrm.store.heard import Heard
from mailcrm.store.rows import table
from mailcrm.store.visibility import FULL, STUB, SUBJECT, Viewer, level, sees

SHOWN_TEXT = 100_000
"""Characters of a text that a page shows; the whole of it is in the raw message."""
THREAD_TEXT = 20_000
"""The same on the page of a thread, which shows many."""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message with what the viewer may see of it; `level` says how much that is."""

    id: int
    thread_id: int
    level: int
    at: datetime
    subject: str
    direction: str
    kind: str
    size: int
    security: str
    has_html: bool
    conflict: bool
    removed_at: datetime | None
    text: str
    reply_text: str | None
    message_id: str
    in_reply_to: str
    header_date: datetime | None
    raw_sha256: str
    defects: str
    heard: Heard
    """A promise in it, a meeting that it is about."""


@dataclass(frozen=True, slots=True)
class WhyRow:
    """Why a message stands on a client's timeline."""

    id: int
    client_id: int
    client_name: str
    rule: str
    evidence: str
    confidence: float
    role: str
    state: str
    actor: str
    at: datetime


def message(connection: Connection, who: Viewer, message_id: int) -> MessageRow | None:
    """One message; None where there is none that he may know of."""
    row = connection.execute(_messages(who, SHOWN_TEXT).where(col(Message.id) == message_id)).one_or_none()
    return _row(row) if row else None


def thread(
    connection: Connection, who: Viewer, thread_id: int, before: int | None = None, size: int = 30
) -> tuple[list[MessageRow], int | None]:
    """The newest messages of a thread below the id `before`, oldest first, and the id below which older ones are."""
    statement = _messages(who, THREAD_TEXT).where(col(Message.thread_id) == thread_id)
    if before is not None:
        statement = statement.where(col(Message.id) < before)
    rows = [_row(row) for row in connection.execute(statement.order_by(col(Message.id).desc()).limit(size + 1))]
    older = rows[size - 1].id if len(rows) > size else None
    return rows[:size][::-1], older


def thread_size(connection: Connection, who: Viewer, thread_id: int) -> int:
    """How many messages of a thread the viewer may know of."""
    query = select(func.count()).select_from(Message).where(col(Message.thread_id) == thread_id)
    return int(connection.execute(query.where(level(who) >= STUB) if who.assigned else query).scalar_one())


def _messages(who: Viewer, longest: int) -> Any:
    seen = level(who)

    def full(value: Any, hidden: Any) -> ColumnElement[Any]:
        return case((seen >= FULL, value), else_=hidden)

    columns = (
        col(Message.id),
        col(Message.thread_id),
        seen,
        col(Message.at),
        case((seen >= SUBJECT, col(Message.subject)), else_=""),
        col(Message.direction),
        col(Message.kind),
        col(Message.size),
        col(Message.security),
        full(col(Message.has_html), False),
        col(Message.conflict),
        col(Message.removed_from_server_at),
        full(func.substr(col(MessageBody.text), 1, longest), ""),
        full(func.substr(col(MessageBody.reply_text), 1, longest), None),
        case((seen >= SUBJECT, col(Message.message_id)), else_=""),
        case((seen >= SUBJECT, col(Message.in_reply_to)), else_=""),
        col(Message.header_date),
        full(col(Message.raw_sha256), ""),
        full(col(Message.defects), ""),
    )
    query = select(*columns, *heard.columns(seen >= FULL)).outerjoin(
        MessageBody, col(MessageBody.message_id) == col(Message.id)
    )
    return heard.joined(query).where(seen >= STUB if who.assigned else true())


def _row(row: Any) -> MessageRow:
    fields: list[Any] = [*row[: -heard.WIDTH], heard.heard(row[-heard.WIDTH :])]
    return MessageRow(*fields)


def why(connection: Connection, who: Viewer, message_id: int) -> list[WhyRow]:
    """The clients of a message that he may see, undone ones last; the evidence of a Bcc only to who may see the Bcc."""
    seen = level(who)
    shown = seen >= SUBJECT
    bcc = select(col(MessageCopy.mailbox_id)).where(
        col(MessageCopy.message_id) == message_id, col(MessageCopy.mailbox_id).in_(who.mailbox_ids)
    )
    evident = case((shown & or_(col(Link.role) != "bcc", bcc.exists()), col(Link.evidence)), else_="")
    statement = (
        select(
            col(Link.id),
            col(Link.client_id),
            col(Client.name),
            col(Link.rule),
            evident,
            col(Link.confidence),
            case((col(Link.role) == "bcc", ""), else_=col(Link.role)),
            col(Link.state),
            func.coalesce(col(User.name), ""),
            func.coalesce(col(Link.changed_at), col(Link.created_at)),
        )
        .join(Message, col(Message.id) == col(Link.message_id))
        .join(Client, col(Client.id) == col(Link.client_id))
        .outerjoin(User, col(User.id) == col(Link.actor_id))
        .where(col(Link.message_id) == message_id, sees(who))
        .order_by(case((col(Link.state) == "undone", 1), else_=0), col(Link.id))
    )
    return [WhyRow(*row) for row in connection.execute(statement)]


def mailboxes(connection: Connection, who: Viewer, message_id: int) -> list[str]:
    """The addresses of the mailboxes that hold or held a copy, for who may see its people."""
    # An alias, because level() asks for copies of its own.
    copy = table(MessageCopy).alias("holder")
    statement = (
        select(col(Mailbox.address))
        .join(copy, copy.c.mailbox_id == col(Mailbox.id))
        .join(Message, col(Message.id) == copy.c.message_id)
        .where(copy.c.message_id == message_id, level(who) >= SUBJECT)
        .order_by(col(Mailbox.address))
    )
    return [str(address) for address in connection.execute(statement).scalars()]


def thread_clients(connection: Connection, who: Viewer, thread_id: int) -> list[tuple[int, str]]:
    """The clients that he may see on whose timelines a thread stands: (id, name), by name."""
    statement = (
        select(col(Client.id), col(Client.name))
        .join(Link, col(Link.client_id) == col(Client.id))
        .join(Message, col(Message.id) == col(Link.message_id))
        .where(col(Message.thread_id) == thread_id, col(Link.state) == "active", sees(who))
        .distinct()
        .order_by(col(Client.name))
        .limit(20)
    )
    return [(number or 0, name) for number, name in connection.execute(statement)]
