"""Documents for pages: those of a client, one of them, those with words in their title; as far as a viewer may see.

A person sees a document as far as he may see all of a message that carried one of its contents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select
from sqlmodel import col

from mailcrm.model import DealItem, Document, Link, Message, Occurrence, Suggestion, Version
from mailcrm.store.visibility import FULL, Viewer, level, sees_client


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document with what the viewer may see of it."""

    id: int
    title: str
    kind: str
    """The Kind of `documents.values`: docx, pdf, …"""
    scope: str
    """"client:12", "broadcast" or "internal"."""
    versions: int
    """Contents that he may see: versions, re-saves and renditions."""
    number: int
    """The highest number among them: v3 is 3."""
    first_at: datetime
    last_at: datetime
    """When one of them went or came last."""
    open_suggestions: int = 0
    """Lines in the tray that ask whether this document belongs to another one."""


@dataclass(frozen=True, slots=True)
class DocumentKeyset:
    """Where a page of documents begins: below (`last_at`, `document_id`)."""

    last_at: datetime
    document_id: int


def of_client(
    connection: Connection, who: Viewer, client_id: int, before: DocumentKeyset | None = None, size: int = 50
) -> list[DocumentRow]:
    """The documents that went to or came from a client, the last moved first; price lists for many are among them."""
    theirs = exists().where(
        col(Link.message_id) == col(Message.id), col(Link.client_id) == client_id, col(Link.state) == "active"
    )
    return _rows(connection, _grouped(who).where(theirs), before, size)


def of_deal(connection: Connection, who: Viewer, deal_id: int) -> list[DocumentRow]:
    """The documents that belong to a deal, the last moved first."""
    there = exists().where(
        col(DealItem.deal_id) == deal_id, col(DealItem.kind) == "document", col(DealItem.record_id) == col(Document.id)
    )
    return _rows(connection, _grouped(who).where(there), None, 100)


def named(
    connection: Connection, who: Viewer, words: Sequence[str], before: DocumentKeyset | None = None, size: int = 50
) -> list[DocumentRow]:
    """The documents with all of these words (beginnings of words too) in their titles, the last moved first."""
    like = [
        col(Document.title_key).contains(word.casefold().replace("ё", "е"), autoescape=True) for word in words if word
    ]
    return _rows(connection, _grouped(who).where(*like), before, size)


def document(connection: Connection, who: Viewer, document_id: int) -> DocumentRow | None:
    """One document; None where there is none of which he may see anything."""
    found = _rows(connection, _grouped(who).where(col(Document.id) == document_id), None, 1)
    return found[0] if found else None


def clients_of(connection: Connection, who: Viewer, document_id: int) -> list[int]:
    """The clients that he may see and that a visible content of the document went to or came from, in order."""
    query = (
        select(col(Link.client_id))
        .join(Message, col(Message.id) == col(Link.message_id))
        .join(Occurrence, col(Occurrence.message_id) == col(Message.id))
        .join(Version, col(Version.id) == col(Occurrence.blob_id))
        .where(col(Version.document_id) == document_id, col(Link.state) == "active", level(who) >= FULL)
        .where(sees_client(who, col(Link.client_id)))
        .distinct()
    )
    return sorted(connection.execute(query).scalars())


def open_lines(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Document → how many lines in the tray ask about it."""
    query = (
        select(col(Version.document_id), func.count())
        .join(Suggestion, col(Suggestion.version_id) == col(Version.id))
        .where(col(Version.document_id).in_(ids), col(Suggestion.state) == "open", col(Suggestion.position) == 0)
        .group_by(col(Version.document_id))
    )
    return {int(key): int(count) for key, count in connection.execute(query)}


def _grouped(who: Viewer) -> Any:
    return (
        select(
            col(Document.id),
            col(Document.title),
            col(Document.kind),
            col(Document.scope),
            func.count(func.distinct(col(Version.id))),
            func.max(col(Version.number)),
            func.min(col(Message.at)),
            func.max(col(Message.at)),
        )
        .join(Version, col(Version.document_id) == col(Document.id))
        .join(Occurrence, and_(col(Occurrence.blob_id) == col(Version.id), col(Occurrence.placed).is_(True)))
        .join(Message, col(Message.id) == col(Occurrence.message_id))
        .where(level(who) >= FULL)
        .group_by(col(Document.id), col(Document.title), col(Document.kind), col(Document.scope))
    )


def _rows(connection: Connection, query: Select[Any], before: DocumentKeyset | None, size: int) -> list[DocumentRow]:
    last: ColumnElement[Any] = func.max(col(Message.at))
    if before is not None:
        later = and_(last == before.last_at, col(Document.id) < before.document_id)
        query = query.having(or_(last < before.last_at, later))
    query = query.order_by(last.desc(), col(Document.id).desc()).limit(size)
    rows: Any = connection.execute(query).all()
    lines = open_lines(connection, [row[0] for row in rows]) if rows else {}
    return [DocumentRow(*(*row, lines.get(row[0], 0))) for row in rows]
