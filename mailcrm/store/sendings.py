"""Sendings for pages: which version went when, to whom, in which message; and who has a document."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, exists, func, literal, or_, select, update
from sqlmodel import col

from mailcrm.model import ClientDomain, ContactAddress, Document, Link, MailAddress, Message, Sending, Version
from mailcrm.store.visibility import FULL, SUBJECT, Viewer, level


@dataclass(frozen=True, slots=True)
class SendingRow:
    """One version that went to one address in one message."""

    version_id: int
    number: int
    message_id: int
    at: datetime
    direction: str
    """in, out or internal."""
    role: str
    """to, cc or bcc."""
    address_id: int
    email: str
    name: str
    bounced: bool
    subject: str


@dataclass(frozen=True, slots=True)
class SentRow:
    """One version of a document that went to one address of a client."""

    document_id: int
    title: str
    version_id: int
    number: int
    message_id: int
    at: datetime
    email: str
    name: str
    bounced: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """A person who got versions of a document: one row of the matrix document × person."""

    address_id: int
    email: str
    name: str
    number: int
    """The highest number that reached him."""
    last_at: datetime
    bounced: bool
    """Something that was sent to him came back."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One version at one person: how often, first and last."""

    address_id: int
    version_id: int
    count: int
    first_at: datetime
    last_at: datetime
    message_id: int
    """The first message that brought it."""
    bounced: bool


def sendings(
    connection: Connection, who: Viewer, version_ids: Collection[int], direction: str = "", limit: int = 500
) -> list[SendingRow]:
    """Where these versions went (or came from), newest first; `direction` in, out, internal or empty for all."""
    query = _visible(
        who,
        col(Sending.blob_id),
        col(Version.number),
        col(Sending.message_id),
        col(Sending.at),
        col(Sending.direction),
        col(Sending.role),
        col(Sending.address_id),
        col(MailAddress.email),
        col(MailAddress.name),
        col(Sending.bounced),
        case((level(who) >= SUBJECT, col(Message.subject)), else_=""),
    ).where(col(Sending.blob_id).in_(list(version_ids)), *_towards(direction))
    query = query.order_by(col(Sending.at).desc(), col(Sending.message_id).desc(), col(MailAddress.email))
    return [SendingRow(*row) for row in connection.execute(query.limit(limit))]


def to_client(connection: Connection, who: Viewer, client_id: int, limit: int = 100) -> list[SentRow]:
    """What went to addresses and domains of a client in messages that concern it, newest first."""
    concerned = exists().where(
        col(Link.message_id) == col(Message.id), col(Link.client_id) == client_id, col(Link.state) == "active"
    )
    address = exists().where(
        col(ContactAddress.client_id) == client_id, col(ContactAddress.email) == col(MailAddress.email)
    )
    below = col(MailAddress.domain).like(literal("%.").concat(col(ClientDomain.domain)))
    within = or_(col(MailAddress.domain) == col(ClientDomain.domain), below)
    domain = exists().where(col(ClientDomain.client_id) == client_id, within)
    columns = (
        col(Document.id),
        col(Document.title),
        col(Sending.blob_id),
        col(Version.number),
        col(Sending.message_id),
        col(Sending.at),
        col(MailAddress.email),
        col(MailAddress.name),
        col(Sending.bounced),
    )
    query = _visible(who, *columns).join(Document, col(Document.id) == col(Version.document_id))
    query = query.where(concerned, or_(address, domain), col(Sending.direction) == "out")
    query = query.order_by(
        col(Sending.at).desc(), col(Sending.message_id).desc(), col(Document.id), col(Version.number)
    )
    return [SentRow(*row) for row in connection.execute(query.limit(limit))]


def holders(connection: Connection, who: Viewer, document_id: int, offset: int = 0, limit: int = 50) -> list[Holder]:
    """Everybody outside to whom versions of a document went, the last served first."""
    query = (
        _visible(
            who,
            col(MailAddress.id),
            col(MailAddress.email),
            col(MailAddress.name),
            func.max(col(Version.number)),
            func.max(col(Sending.at)).label("last"),
            func.max(case((col(Sending.bounced), 1), else_=0)),
        )
        .where(col(Version.document_id) == document_id, col(Sending.direction) == "out")
        .group_by(col(MailAddress.id), col(MailAddress.email), col(MailAddress.name))
        .order_by(func.max(col(Sending.at)).desc(), col(MailAddress.email))
    )
    rows: Any = connection.execute(query.offset(offset).limit(limit))
    return [Holder(*(*row[:-1], bool(row[-1]))) for row in rows]


def cells(connection: Connection, who: Viewer, document_id: int, addresses: Iterable[int]) -> dict[int, list[Cell]]:
    """Address → its cells of the matrix: what went to it, by version."""
    query = (
        _visible(
            who,
            col(Sending.address_id),
            col(Sending.blob_id),
            func.count(),
            func.min(col(Sending.at)),
            func.max(col(Sending.at)),
            func.min(col(Sending.message_id)),
            func.min(case((col(Sending.bounced), 1), else_=0)),
        )
        .where(
            col(Version.document_id) == document_id,
            col(Sending.direction) == "out",
            col(Sending.address_id).in_(list(addresses)),
        )
        .group_by(col(Sending.address_id), col(Sending.blob_id))
        .order_by(func.min(col(Sending.at)))
    )
    found: dict[int, list[Cell]] = defaultdict(list)
    rows: Any = connection.execute(query)
    for row in rows:
        found[row[0]].append(Cell(*(*row[:-1], bool(row[-1]))))
    return found


def mark_bounced(connection: Connection, message_ids: Collection[int], emails: Collection[str]) -> None:
    """Note that these messages did not reach these addresses."""
    reached = select(col(MailAddress.id)).where(col(MailAddress.email).in_(list(emails)))
    connection.execute(
        update(Sending)
        .where(col(Sending.message_id).in_(list(message_ids)), col(Sending.address_id).in_(reached))
        .values(bounced=True)
    )


def _visible(who: Viewer, *columns: Any) -> Select[Any]:
    """Sendings of messages that the viewer may see all of; a Bcc only from his own mailboxes."""
    hidden = or_(col(Sending.role) != "bcc", col(Sending.mailbox_id).in_(who.mailbox_ids))
    return (
        select(*columns)
        .select_from(Sending)
        .join(Version, col(Version.id) == col(Sending.blob_id))
        .join(Message, col(Message.id) == col(Sending.message_id))
        .join(MailAddress, col(MailAddress.id) == col(Sending.address_id))
        .where(level(who) >= FULL, hidden)
    )


def _towards(direction: str) -> list[ColumnElement[bool]]:
    return [col(Sending.direction) == direction] if direction else []
