"""What deciding on answers has to know: the reply, and what was delivered to its client before it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from mailcrm.documents import answers
from mailcrm.documents.names import name_key
from mailcrm.mail.thread import base_subject
from mailcrm.model import (
    Answer,
    Blob,
    Document,
    MailAddress,
    Message,
    MessageAddress,
    MessageBody,
    Occurrence,
    Sending,
    ThreadReference,
    Version,
)
from mailcrm.store.message_parts import clients_of
from mailcrm.store.rows import insert


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of a client as far as it may answer something."""

    id: int
    at: datetime
    kind: str
    direction: str
    author: str
    subject: str
    text: str
    clients: tuple[int, ...]
    ancestors: tuple[int, ...]
    """The stored messages that it refers to, the nearest first."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A document part of the reply, and the version that it is."""

    role: str
    sha256: str
    """Of the part."""
    parent: str
    """SHA-256 of the version that it was made from; empty for the first of a document."""
    evidence: str
    decided_by: str
    theirs: bool
    """A client made it; we have never sent it."""


def letter(connection: Connection, message_id: int) -> Letter | None:
    """The message; None where there is none."""
    author = and_(col(MessageAddress.message_id) == col(Message.id), col(MessageAddress.position) == 0)
    columns: Any = (Message.id, Message.at, Message.kind, Message.direction, MailAddress.email, Message.subject)
    query: Any = (
        select(*columns, col(MessageBody.text), col(MessageBody.reply_text), col(Message.reference_ids))
        .join(MessageBody, col(MessageBody.message_id) == col(Message.id))
        .join(MessageAddress, author, isouter=True)
        .join(MailAddress, col(MailAddress.id) == col(MessageAddress.address_id), isouter=True)
        .where(col(Message.id) == message_id)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    words = row[6] if row[7] is None else row[7]
    clients = clients_of(connection, [message_id]).get(message_id, ())
    known = _ancestors(connection, row[8].split())
    return Letter(row[0], row[1], row[2], row[3], row[4] or "", base_subject(row[5]), words, clients, known)


def _ancestors(connection: Connection, keys: list[str]) -> tuple[int, ...]:
    query = select(col(ThreadReference.reference), col(ThreadReference.message_id)).where(
        col(ThreadReference.reference).in_(keys[:50]), col(ThreadReference.message_id).is_not(None)
    )
    found = {str(key): int(number or 0) for key, number in connection.execute(query)} if keys else {}
    return tuple(dict.fromkeys(found[key] for key in keys if key in found))


def returned(connection: Connection, message_id: int) -> list[Returned]:
    """The document and signature parts of a message with what they are versions of."""
    blob: Any = aliased(Blob)
    parent: Any = aliased(Blob)
    query: Any = (
        select(
            col(Occurrence.role),
            blob.sha256,
            parent.sha256,
            col(Version.evidence),
            col(Version.decided_by),
            col(Version.theirs),
        )
        .join(blob, blob.id == col(Occurrence.blob_id))
        .join(Version, and_(col(Version.id) == col(Occurrence.blob_id), col(Occurrence.placed).is_(True)), isouter=True)
        .join(parent, parent.id == col(Version.parent_id), isouter=True)
        .where(col(Occurrence.message_id) == message_id, col(Occurrence.role).in_(("document", "signature")))
        .order_by(col(Occurrence.path))
    )
    rows = connection.execute(query)
    return [Returned(r[0], r[1], r[2] or "", r[3] or "", r[4] or "", bool(r[5])) for r in rows]


def made_from(connection: Connection, sha: str) -> Returned:
    """The version with this content, as a part of a message would be it. Raises NoResultFound."""
    parent: Any = aliased(Blob)
    query: Any = (
        select(parent.sha256, col(Version.evidence), col(Version.decided_by), col(Version.theirs))
        .select_from(Version)
        .join(parent, parent.id == col(Version.parent_id), isouter=True)
        .where(col(Version.sha256) == sha)
    )
    row = connection.execute(query).one()
    return Returned("document", sha, row[0] or "", row[1], row[2], bool(row[3]))


def documents_near(connection: Connection, one: Letter, shas: Collection[str], recent: timedelta) -> set[int]:
    """The documents that a message may be about: those in the messages it refers to, those with these contents, and
    those that went to its author lately."""
    lately = (col(Sending.at) < one.at, col(Sending.at) >= one.at - recent)
    to_author = and_(col(MailAddress.email) == one.author, col(Sending.direction) == "out", *lately)
    query = (
        select(col(Version.document_id))
        .join(Sending, col(Sending.blob_id) == col(Version.id))
        .join(MailAddress, col(MailAddress.id) == col(Sending.address_id))
        .where(col(Sending.message_id).in_(one.ancestors) if one.ancestors else to_author)
        .distinct()
    )
    found = set(connection.execute(query).scalars())
    named = select(col(Version.document_id)).where(col(Version.sha256).in_(list(shas)))
    return found | (set(connection.execute(named).scalars()) if shas else set())


def delivered(connection: Connection, one: Letter, documents: Collection[int]) -> dict[int, list[answers.Delivered]]:
    """Version → its deliveries to the clients of a message before it, of these documents."""
    query: Any = (
        select(
            col(Version.id),
            col(Version.sha256),
            col(Document.sha256),
            col(Version.number),
            col(Message.id),
            col(Message.at),
            col(Message.subject),
            col(Occurrence.name),
            col(Occurrence.clients),
        )
        .join(Document, col(Document.id) == col(Version.document_id))
        .join(Occurrence, and_(col(Occurrence.blob_id) == col(Version.id), col(Occurrence.placed).is_(True)))
        .join(Message, col(Message.id) == col(Occurrence.message_id))
        .where(col(Version.document_id).in_(list(documents)), col(Message.direction) == "out")
        .where(col(Message.at) < one.at)
        .order_by(col(Message.id), col(Occurrence.path))
    )
    rows = [row for row in connection.execute(query) if set(one.clients) & {int(c) for c in row[8].split()}]
    people = _recipients(connection, {row[4] for row in rows})
    found: dict[int, list[answers.Delivered]] = defaultdict(list)
    for row in rows:
        to = frozenset(people.get(row[4], ()))
        subject, key = base_subject(row[6]), name_key(row[7])
        found[row[0]].append(answers.Delivered(row[1], row[2], row[3], row[4], row[5], to, subject, key))
    return found


def _recipients(connection: Connection, ids: Iterable[int]) -> dict[int, list[str]]:
    query = (
        select(col(MessageAddress.message_id), col(MailAddress.email))
        .join(MailAddress, col(MailAddress.id) == col(MessageAddress.address_id))
        .where(col(MessageAddress.message_id).in_(list(ids)), col(MessageAddress.role).in_(("to", "cc", "bcc")))
    )
    found: dict[int, list[str]] = defaultdict(list)
    for message, email in connection.execute(query):
        found[message].append(email)
    return found


def replace_answers(connection: Connection, message_id: int, rows: Iterable[dict[str, Any]]) -> None:
    """What a message answers, instead of what it answered so far."""
    connection.execute(delete(Answer).where(col(Answer.message_id) == message_id))
    insert(connection, Answer, [{"message_id": message_id, **row} for row in rows])
