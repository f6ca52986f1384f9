"""Versions for pages: those of a document with their evidence, and what each message carried."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from mailcrm.documents.values import Evidence
from mailcrm.model import Blob, Document, Message, Occurrence, Version
from mailcrm.store.visibility import FULL, Viewer, level


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One content of a document, as one page shows it."""

    id: int
    document_id: int
    sha256: str
    number: int
    relation: str
    """first, edit, resave, rendition, client_edit, commented, signed or scan."""
    parent_id: int | None
    theirs: bool
    at: datetime
    score: float
    decided_by: str
    changes: int | None
    """In how many places its text differs from that of its parent."""
    kind: str
    size: int
    state: str
    """stored, extracted, refused or failed."""
    reason: str
    """A key of `net.extract.values.REASONS`; empty for one that was read."""
    evidence: tuple[Evidence, ...]
    """`documents.explain.reasons` makes sentences of it."""
    name: str
    """The file name that it had when the viewer could see it first."""
    message_id: int
    """The first message with it that the viewer may see."""
    path: str
    """Its place in that message; members of a zip have a "/" in it."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A version in a message: "v3 of Offer Acme, 2 changes since v2"."""

    message_id: int
    path: str
    name: str
    version_id: int
    sha256: str
    document_id: int
    title: str
    number: int
    relation: str
    parent_id: int | None
    parent_number: int | None
    changes: int | None
    first: bool
    """This message was the first to carry this content; else it is a copy sent again."""


_PLAIN = ("id", "document_id", "sha256", "number", "relation", "parent_id", "theirs", "at", "score", "decided_by")


def versions(connection: Connection, who: Viewer, document_id: int) -> list[VersionRow]:
    """The contents of a document that the viewer may see, in the order in which they came."""
    first = (
        select(col(Occurrence.blob_id), func.min(col(Message.id)).label("message_id"))
        .join(Message, col(Message.id) == col(Occurrence.message_id))
        .join(Version, col(Version.id) == col(Occurrence.blob_id))
        .where(col(Version.document_id) == document_id, col(Occurrence.placed).is_(True), level(who) >= FULL)
        .group_by(col(Occurrence.blob_id))
        .subquery()
    )
    query: Any = (
        select(
            *(col(getattr(Version, name)) for name in (*_PLAIN, "changes")),
            col(Blob.kind),
            col(Blob.size),
            col(Blob.state),
            col(Blob.reason),
            col(Version.evidence),
            col(Occurrence.name),
            col(Occurrence.message_id),
            col(Occurrence.path),
        )
        .join(first, first.c.blob_id == col(Version.id))
        .join(Blob, col(Blob.id) == col(Version.id))
        .join(
            Occurrence,
            and_(col(Occurrence.blob_id) == first.c.blob_id, col(Occurrence.message_id) == first.c.message_id),
        )
        .order_by(col(Version.position), col(Occurrence.path))
    )
    found: Any = connection.execute(query).all()
    rows = [VersionRow(*(*row[:-4], evidence_of(row[-4]), *row[-3:])) for row in found]
    return list({row.id: row for row in reversed(rows)}.values())[::-1]


def carried(connection: Connection, who: Viewer, messages: Iterable[int]) -> dict[int, list[Carried]]:
    """Message → the versions in it, by their place; messages without any are not among the keys."""
    parent: Any = aliased(Version)
    wanted = list(messages)
    query: Any = (
        select(
            col(Occurrence.message_id),
            col(Occurrence.path),
            col(Occurrence.name),
            col(Version.id),
            col(Version.sha256),
            col(Version.document_id),
            col(Document.title),
            col(Version.number),
            col(Version.relation),
            col(Version.parent_id),
            parent.number,
            col(Version.changes),
            col(Version.at) == col(Message.at),
        )
        .join(Version, col(Version.id) == col(Occurrence.blob_id))
        .join(Document, col(Document.id) == col(Version.document_id))
        .join(Message, col(Message.id) == col(Occurrence.message_id))
        .join(parent, parent.id == col(Version.parent_id), isouter=True)
        .where(col(Occurrence.message_id).in_(wanted), col(Occurrence.placed).is_(True), level(who) >= FULL)
        .order_by(col(Occurrence.message_id), col(Occurrence.path))
    )
    found: dict[int, list[Carried]] = defaultdict(list)
    for row in connection.execute(query) if wanted else ():
        found[row[0]].append(Carried(*row))
    return found


def may_see(connection: Connection, who: Viewer, version_ids: Collection[int]) -> bool:
    """Whether the viewer may see every one of these contents: to be asked before a person's act on them."""
    query = (
        select(col(Occurrence.blob_id))
        .join(Message, col(Message.id) == col(Occurrence.message_id))
        .where(col(Occurrence.blob_id).in_(list(version_ids)), level(who) >= FULL)
        .distinct()
    )
    return set(connection.execute(query).scalars()) >= set(version_ids)


def evidence_of(text: str) -> tuple[Evidence, ...]:
    """The evidence that a column holds."""
    found = json.loads(text) if text else []
    return tuple(
        Evidence(name, weight, tuple((key, value) for key, value in detail), veto)
        for name, weight, detail, veto in found
    )


def evidence_text(found: Iterable[Evidence]) -> str:
    """Evidence as a column holds it."""
    rows = [[one.name, one.weight, one.detail, one.veto] for one in found]
    return json.dumps(rows) if rows else ""
