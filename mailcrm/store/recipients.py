"""Who has which document: the sendings of a document told briefly, and the people who got documents, for lists."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from mailcrm.model import Answer, Client, Document, Link, MailAddress, Message, MessageAddress, Sending, Version
from mailcrm.store.visibility import FULL, Viewer, level, sees


@dataclass(frozen=True, slots=True)
class Sent:
    """One of the last sendings of a version in one direction."""

    version_id: int
    message_id: int
    at: datetime
    direction: str
    """in, out or internal."""
    address_id: int
    email: str
    name: str
    bounced: bool
    sender: str
    """The name, else the address, of the author."""
    total: int
    """How many there are of this version in this direction; only the last are told."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person to whom versions of a document went: one line of the list "who has it"."""

    document_id: int
    title: str
    address_id: int
    email: str
    name: str
    number: int
    """The highest number that reached him."""
    last_at: datetime
    bounced: bool
    """Something that was sent to him came back."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The last answer of a person to a document."""

    number: int
    """The version that it answers."""
    message_id: int


def lately(connection: Connection, who: Viewer, document_id: int, most: int = 4) -> dict[int, list[Sent]]:
    """Version → its last sendings, at most `most` in each direction, newest first."""
    side: Any = (col(Sending.blob_id), col(Sending.direction))
    newest: Any = (col(Sending.at).desc(), col(Sending.message_id), col(Sending.address_id))
    author: Any = aliased(MailAddress)
    written = and_(col(MessageAddress.message_id) == col(Message.id), col(MessageAddress.position) == 0)
    ranked = (
        _sendings(
            who,
            col(Sending.blob_id).label("blob_id"),
            col(Sending.message_id),
            col(Sending.at).label("at"),
            col(Sending.direction),
            col(Sending.address_id),
            col(MailAddress.email),
            col(MailAddress.name),
            col(Sending.bounced),
            case((author.name != "", author.name), else_=author.email).label("sender"),
            func.count().over(partition_by=side).label("total"),
            func.row_number().over(partition_by=side, order_by=newest).label("rank"),
        )
        .join(MessageAddress, written)
        .join(author, author.id == col(MessageAddress.address_id))
        .where(col(Version.document_id) == document_id)
        .subquery()
    )
    columns = [column for column in ranked.c if column.name != "rank"]
    query = select(*columns).where(ranked.c.rank <= most).order_by(ranked.c.at.desc(), ranked.c.rank)
    found: dict[int, list[Sent]] = defaultdict(list)
    for row in connection.execute(query):
        found[row[0]].append(Sent(*row))
    return found


def recipients(
    connection: Connection, who: Viewer, document_ids: Collection[int], offset: int = 0, limit: int = 100
) -> list[Recipient]:
    """Everybody outside to whom versions of these documents went, by document and then the last served first."""
    query = (
        _sendings(
            who,
            col(Document.id),
            col(Document.title),
            col(MailAddress.id),
            col(MailAddress.email),
            col(MailAddress.name),
            func.max(col(Version.number)),
            func.max(col(Sending.at)),
            func.max(case((col(Sending.bounced), 1), else_=0)),
        )
        .join(Document, col(Document.id) == col(Version.document_id))
        .where(col(Document.id).in_(list(document_ids)), col(Sending.direction) == "out")
        .group_by(
            col(Document.id), col(Document.title), col(MailAddress.id), col(MailAddress.email), col(MailAddress.name)
        )
        .order_by(col(Document.title), col(Document.id), func.max(col(Sending.at)).desc(), col(MailAddress.id))
    )
    rows: Any = connection.execute(query.offset(offset).limit(limit)) if document_ids else ()
    return [Recipient(*(*row[:-1], bool(row[-1]))) for row in rows]


def clients_of(
    connection: Connection, who: Viewer, document_ids: Collection[int], addresses: Iterable[int]
) -> dict[tuple[int, int], list[tuple[int, str]]]:
    """(document, address) → the clients (id, name) whom the messages to that address concern."""
    query = (
        _sendings(who, col(Version.document_id), col(Sending.address_id), col(Client.id), col(Client.name))
        .join(Link, and_(col(Link.message_id) == col(Sending.message_id), col(Link.state) == "active"))
        .join(Client, col(Client.id) == col(Link.client_id))
        .where(
            col(Version.document_id).in_(list(document_ids)),
            col(Sending.address_id).in_(set(addresses)),
            col(Sending.direction) == "out",
            sees(who),
        )
        .distinct()
        .order_by(col(Client.name), col(Client.id))
    )
    found: dict[tuple[int, int], list[tuple[int, str]]] = defaultdict(list)
    for document, address, client, name in connection.execute(query) if document_ids else ():
        found[document, address].append((client, name))
    return found


def replies(connection: Connection, who: Viewer, document_ids: Collection[int]) -> dict[tuple[int, int], Reply]:
    """(document, address) → the last answer of that person to the document."""
    author = and_(col(MessageAddress.message_id) == col(Message.id), col(MessageAddress.position) == 0)
    query: Any = (
        select(col(Version.document_id), col(MessageAddress.address_id), col(Version.number), col(Message.id))
        .select_from(Answer)
        .join(Version, col(Version.id) == col(Answer.version_id))
        .join(Message, col(Message.id) == col(Answer.message_id))
        .join(MessageAddress, author)
        .where(col(Version.document_id).in_(list(document_ids)), level(who) >= FULL)
        .order_by(col(Message.id), col(Version.number))
    )
    found = connection.execute(query) if document_ids else ()
    return {(document, address): Reply(number, message) for document, address, number, message in found}


def named_clients(connection: Connection, who: Viewer, document_id: int) -> list[tuple[int, str]]:
    """The clients (id, name) in his sight whom a message with a visible content of the document concerns."""
    query: Any = (
        _sendings(who, col(Client.id), col(Client.name))
        .join(Link, and_(col(Link.message_id) == col(Message.id), col(Link.state) == "active"))
        .join(Client, col(Client.id) == col(Link.client_id))
        .where(col(Version.document_id) == document_id, sees(who))
        .distinct()
        .order_by(col(Client.name), col(Client.id))
    )
    return [(int(number), str(name)) for number, name in connection.execute(query)]


def _sendings(who: Viewer, *columns: Any) -> Any:
    """Sendings of messages that the viewer may see all of; a Bcc only from his own mailboxes."""
    return (
        select(*columns)
        .select_from(Sending)
        .join(Version, col(Version.id) == col(Sending.blob_id))
        .join(Message, col(Message.id) == col(Sending.message_id))
        .join(MailAddress, col(MailAddress.id) == col(Sending.address_id))
        .where(level(who) >= FULL, or_(col(Sending.role) != "bcc", col(Sending.mailbox_id).in_(who.mailbox_ids)))
    )
