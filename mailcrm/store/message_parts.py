"""What the documents step has to know of messages, and the occurrences and sendings that it makes of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select
from sqlmodel import col

from mailcrm.model import (
    Attachment,
    Blob,
    Link,
    MailAddress,
    Message,
    MessageAddress,
    Occurrence,
    Sending,
)
from mailcrm.store.rows import insert, parts


@dataclass(frozen=True, slots=True)
class Piece:
    """One attachment of a message."""

    path: str
    sha256: str
    filename: str
    content_type: str
    size: int
    inline: bool
    hidden: bool
    seen: int
    """In how many messages of the same author the same bytes are."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as the documents step sees it."""

    id: int
    at: datetime
    direction: str
    kind: str
    thread_id: int
    raw_sha256: str
    clients: tuple[int, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part with its role, to be kept as an occurrence."""

    path: str
    blob_id: int
    name: str
    role: str


def letters(connection: Connection, ids: Collection[int]) -> list[Letter]:
    """These messages, newest first."""
    found: list[Letter] = []
    for some in parts(ids, 200):
        pieces, clients = _pieces(connection, some), clients_of(connection, some)
        columns: Any = (Message.id, Message.at, Message.direction, Message.kind, Message.thread_id, Message.raw_sha256)
        query = select(*columns).where(col(Message.id).in_(some))
        rows = connection.execute(query)
        found.extend(Letter(*(*row, clients.get(row[0], ()), tuple(pieces.get(row[0], ())))) for row in rows)
    return sorted(found, key=lambda one: -one.id)


def clients_of(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Message → the clients that it is actively linked to, ascending."""
    query = select(col(Link.message_id), col(Link.client_id)).where(
        col(Link.message_id).in_(ids), col(Link.state) == "active"
    )
    found: dict[int, tuple[int, ...]] = defaultdict(tuple)
    for message, client in connection.execute(query.order_by(col(Link.client_id))):
        found[message] += (client,)
    return found


def _pieces(connection: Connection, ids: Sequence[int]) -> dict[int, list[Piece]]:
    names = ("path", "sha256", "filename", "content_type", "size", "inline", "hidden")
    query = select(col(Attachment.message_id), *(col(getattr(Attachment, name)) for name in names))
    query = query.where(col(Attachment.message_id).in_(ids)).order_by(
        col(Attachment.message_id), col(Attachment.position)
    )
    rows: Any = connection.execute(query).all()
    pictures = [row for row in rows if row[4].startswith("image/")]
    counts = _repeated(connection, [row[0] for row in pictures], [row[2] for row in pictures])
    found: dict[int, list[Piece]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(Piece(*(*row[1:], counts.get((row[0], row[2]), 0))))
    return found


def _repeated(connection: Connection, ids: Sequence[int], shas: Sequence[str]) -> dict[tuple[int, str], int]:
    """(message, bytes) → in how many messages of the author of that message the same bytes are."""
    if not ids:
        return {}
    mine = and_(col(MessageAddress.message_id) == col(Attachment.message_id), col(MessageAddress.position) == 0)
    query = (
        select(col(MessageAddress.address_id), col(Attachment.sha256), func.count(func.distinct(Attachment.message_id)))
        .join(MessageAddress, mine)
        .where(col(Attachment.sha256).in_(set(shas)))
        .group_by(col(MessageAddress.address_id), col(Attachment.sha256))
    )
    counts = {(int(author), str(sha)): int(number) for author, sha, number in connection.execute(query)}
    first = select(col(MessageAddress.message_id), col(MessageAddress.address_id)).where(
        col(MessageAddress.message_id).in_(set(ids)), col(MessageAddress.position) == 0
    )
    authors = {int(message): int(author) for message, author in connection.execute(first)}
    return {(m, sha): counts.get((authors.get(m, 0), sha), 0) for m, sha in zip(ids, shas, strict=True)}


def elsewhere(connection: Connection, blob_ids: Collection[int]) -> list[int]:
    """The messages that have one of these contents as a document."""
    query = select(col(Occurrence.message_id)).where(
        col(Occurrence.blob_id).in_(list(blob_ids)), col(Occurrence.role) == "document"
    )
    return list(connection.execute(query.distinct()).scalars())


def bounces_in(connection: Connection, thread_ids: Collection[int]) -> list[int]:
    """The delivery reports in these threads."""
    query = select(col(Message.id)).where(col(Message.thread_id).in_(list(thread_ids)), col(Message.kind) == "bounce")
    return [number for number in connection.execute(query).scalars() if number]


def with_message_id(connection: Connection, key: str) -> list[int]:
    """The messages with this Message-ID."""
    query = select(col(Message.id)).where(col(Message.message_id) == key)
    return [number for number in connection.execute(query).scalars() if number]


def stored_parts(connection: Connection, message_id: int) -> list[dict[str, Any]]:
    """The occurrences of a message, as rows without their ids."""
    names = ("message_id", "path", "blob_id", "name", "role", "thread_id", "clients", "inbound")
    query: Any = select(*(col(getattr(Occurrence, name)) for name in names))
    query = query.where(col(Occurrence.message_id) == message_id).order_by(col(Occurrence.path))
    return [dict(row) for row in connection.execute(query).mappings()]


def wanted_parts(letter: Letter, found: Iterable[Part]) -> list[dict[str, Any]]:
    """The occurrences that a message has now, as rows without their ids."""
    clients = " ".join(str(client) for client in letter.clients)
    common = {
        "message_id": letter.id,
        "thread_id": letter.thread_id,
        "clients": clients,
        "inbound": letter.direction == "in",
    }
    rows = [{**common, "path": p.path, "blob_id": p.blob_id, "name": p.name, "role": p.role} for p in found]
    return sorted(rows, key=lambda row: str(row["path"]))


def replace_parts(connection: Connection, letter: Letter, rows: Sequence[dict[str, Any]]) -> None:
    """Write the occurrences of a message and the sendings of its documents, instead of those it had."""
    connection.execute(delete(Occurrence).where(col(Occurrence.message_id) == letter.id))
    insert(connection, Occurrence, [{**row, "placed": False} for row in rows])
    connection.execute(delete(Sending).where(col(Sending.message_id) == letter.id))
    carried = {row["blob_id"] for row in rows if row["role"] == "document"}
    people = (
        select(col(MessageAddress.address_id), col(MessageAddress.role), col(MessageAddress.mailbox_id))
        .where(col(MessageAddress.message_id) == letter.id, col(MessageAddress.role).in_(("to", "cc", "bcc")))
        .order_by(col(MessageAddress.position))
    )
    common = {"message_id": letter.id, "direction": letter.direction, "at": letter.at, "bounced": False}
    sendings = {
        (blob, address, role): {"blob_id": blob, "address_id": address, "role": role, "mailbox_id": mailbox, **common}
        for address, role, mailbox in connection.execute(people)
        for blob in sorted(carried)
    }
    insert(connection, Sending, list(sendings.values()))


def shas(connection: Connection, blob_ids: Iterable[int]) -> dict[int, str]:
    """Blob → its SHA-256."""
    found: dict[int, str] = {}
    for some in parts(set(blob_ids)):
        query = select(col(Blob.id), col(Blob.sha256)).where(col(Blob.id).in_(some))
        found.update({int(number or 0): sha for number, sha in connection.execute(query)})
    return found


def emails(connection: Connection, address_ids: Iterable[int]) -> dict[int, str]:
    """Address → e-mail."""
    found: dict[int, str] = {}
    for some in parts(set(address_ids)):
        query = select(col(MailAddress.id), col(MailAddress.email)).where(col(MailAddress.id).in_(some))
        found.update({int(number or 0): email for number, email in connection.execute(query)})
    return found


def carrying(connection: Connection, blob_ids: Collection[int]) -> list[int]:
    """The messages that have one of these contents in any role, oldest first."""
    query = select(col(Occurrence.message_id)).where(col(Occurrence.blob_id).in_(list(blob_ids))).distinct()
    return sorted(connection.execute(query).scalars())
