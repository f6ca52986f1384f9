"""Answers for pages: which message of a client answers which version; and what deciding on answers has to know."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, select
from sqlmodel import col

from mailcrm.model import Answer, Document, Link, MailAddress, Message, MessageAddress, Version
from mailcrm.store.visibility import FULL, Viewer, level


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A message of a client that answers a version."""

    message_id: int
    at: datetime
    email: str
    name: str
    """Its author."""
    subject: str
    preview: str
    version_id: int
    document_id: int
    title: str
    number: int
    basis: str
    """stamp, prefix, digest, original_text, comments, same_file, likeness, thread, named or recent."""
    confidence: float
    decided_by: str
    newest: int
    """The number of the last version that had been sent when they wrote."""
    stale: bool
    """They answer a version although a later one had been sent."""


def of_document(connection: Connection, who: Viewer, document_id: int) -> list[AnswerRow]:
    """The answers to all versions of a document, oldest first."""
    query = _answers(who).where(col(Version.document_id) == document_id).order_by(col(Message.id))
    return [AnswerRow(*row) for row in connection.execute(query)]


def of_messages(connection: Connection, who: Viewer, messages: Iterable[int]) -> dict[int, list[AnswerRow]]:
    """Message → the versions that it answers."""
    wanted = list(messages)
    found: dict[int, list[AnswerRow]] = defaultdict(list)
    query = _answers(who).where(col(Answer.message_id).in_(wanted)).order_by(col(Document.title), col(Version.number))
    for row in connection.execute(query) if wanted else ():
        found[row[0]].append(AnswerRow(*row))
    return found


def of_client(connection: Connection, who: Viewer, client_id: int, limit: int = 100) -> list[AnswerRow]:
    """The answers of a client to whatever was sent, the newest first."""
    theirs = exists().where(
        col(Link.message_id) == col(Message.id), col(Link.client_id) == client_id, col(Link.state) == "active"
    )
    query = _answers(who).where(theirs).order_by(col(Message.at).desc(), col(Message.id).desc(), col(Version.number))
    return [AnswerRow(*row) for row in connection.execute(query.limit(limit))]


def answered(connection: Connection, who: Viewer, version_ids: Collection[int]) -> set[tuple[int, int]]:
    """(version, address) for everyone who answered one of these versions."""
    query = _answers(who).with_only_columns(col(Answer.version_id), col(MessageAddress.address_id))
    return {(v, a) for v, a in connection.execute(query.where(col(Answer.version_id).in_(list(version_ids))))}


def _answers(who: Viewer) -> Any:
    author = and_(col(MessageAddress.message_id) == col(Message.id), col(MessageAddress.position) == 0)
    query: Any = (
        select(
            col(Message.id),
            col(Message.at),
            col(MailAddress.email),
            col(MessageAddress.name),
            col(Message.subject),
            col(Message.preview),
            col(Answer.version_id),
            col(Version.document_id),
            col(Document.title),
            col(Version.number),
            col(Answer.basis),
            col(Answer.confidence),
            col(Answer.decided_by),
            col(Answer.newest),
            col(Answer.stale),
        )
        .select_from(Answer)
        .join(Version, col(Version.id) == col(Answer.version_id))
        .join(Document, col(Document.id) == col(Version.document_id))
        .join(Message, col(Message.id) == col(Answer.message_id))
        .join(MessageAddress, author)
        .join(MailAddress, col(MailAddress.id) == col(MessageAddress.address_id))
        .where(level(who) >= FULL)
    )
    return query
