"""Suggestions: the small tray of documents that may be versions of others; a person says yes or no."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from mailcrm.documents.values import Evidence
from mailcrm.model import Document, Message, Occurrence, Suggestion, Version, VersionClient
from mailcrm.store.versions import evidence_of
from mailcrm.store.visibility import FULL, Viewer, level


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """One line: may the version `version_id` (of `document_id`, "title") be a version of "other_title"?"""

    version_id: int
    document_id: int
    title: str
    at: datetime
    other_id: int
    """The document that it may belong to."""
    other_title: str
    parent_id: int
    """The version of that document that is nearest."""
    parent_number: int
    score: float
    evidence: tuple[Evidence, ...]


def open_suggestions(
    connection: Connection, who: Viewer, client_id: int | None = None, document_id: int | None = None, limit: int = 50
) -> list[SuggestionRow]:
    """The lines of which the viewer may see both sides, newest first and the likeliest of each first; of one client or
    of one document where that is given."""
    other: Any = aliased(Document)
    parent: Any = aliased(Version)
    query: Any = (
        select(
            col(Suggestion.version_id),
            col(Version.document_id),
            col(Document.title),
            col(Version.at),
            other.id,
            other.title,
            col(Suggestion.parent_id),
            parent.number,
            col(Suggestion.score),
            col(Suggestion.evidence),
        )
        .join(Version, col(Version.id) == col(Suggestion.version_id))
        .join(Document, col(Document.id) == col(Version.document_id))
        .join(other, other.id == col(Suggestion.document_id))
        .join(parent, parent.id == col(Suggestion.parent_id))
        .where(col(Suggestion.state) == "open", _seen(who, Suggestion.version_id), _seen(who, Suggestion.parent_id))
        .order_by(col(Version.at).desc(), col(Suggestion.version_id), col(Suggestion.position))
        .limit(limit)
    )
    if client_id is not None:
        query = query.where(
            exists().where(
                col(VersionClient.version_id) == col(Suggestion.version_id), col(VersionClient.client_id) == client_id
            )
        )
    if document_id is not None:
        query = query.where((col(Version.document_id) == document_id) | (other.id == document_id))
    rows: Any = connection.execute(query)
    return [SuggestionRow(*(*row[:-1], evidence_of(row[-1]))) for row in rows]


@dataclass(frozen=True, slots=True)
class Line:
    """One line as an act on it needs it."""

    document_id: int
    parent_id: int
    own_id: int
    """The document that the version is in now."""


def lines_of(connection: Connection, version_id: int) -> list[Line]:
    """The open lines about a version, the likeliest first."""
    query = (
        select(col(Suggestion.document_id), col(Suggestion.parent_id), col(Version.document_id))
        .join(Version, col(Version.id) == col(Suggestion.version_id))
        .where(col(Suggestion.version_id) == version_id, col(Suggestion.state) == "open")
        .order_by(col(Suggestion.position))
    )
    return [Line(*row) for row in connection.execute(query)]


def waiting(connection: Connection) -> int:
    """How many documents wait for a word, whoever may see them."""
    query = select(func.count()).where(col(Suggestion.state) == "open", col(Suggestion.position) == 0)
    return int(connection.execute(query).scalar_one())


def close(connection: Connection, version_id: int, documents: Iterable[int]) -> None:
    """Take lines off the tray; the rule that was made of them speaks when the documents are placed anew."""
    connection.execute(
        update(Suggestion)
        .where(col(Suggestion.version_id) == version_id, col(Suggestion.document_id).in_(list(documents)))
        .values(state="decided")
    )


def _seen(who: Viewer, version: Any) -> Any:
    return exists(
        select(col(Occurrence.id))
        .join(Message, col(Message.id) == col(Occurrence.message_id))
        .where(col(Occurrence.blob_id) == col(version), level(who) >= FULL)
        .correlate(Suggestion)
    )
