"""Contents, versions and documents as the values that lineage works on, read in batches."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from mailcrm.documents import values
from mailcrm.documents.names import name_key
from mailcrm.documents.values import Known, known
from mailcrm.model import Blob, Document, Message, Occurrence, Version
from mailcrm.store.fingerprints import fingerprints
from mailcrm.store.rows import parts
from mailcrm.store.versions import evidence_of


def occurrences(connection: Connection, where: Any) -> list[values.Occurrence]:
    """The document parts that fit, in the order in which they are placed."""
    query = (
        select(
            col(Message.at),
            col(Occurrence.message_id),
            col(Occurrence.path),
            col(Blob.sha256),
            col(Occurrence.name),
            col(Occurrence.thread_id),
            col(Occurrence.clients),
            col(Occurrence.inbound),
        )
        .select_from(Occurrence)
        .join(Message, col(Message.id) == col(Occurrence.message_id))
        .join(Blob, col(Blob.id) == col(Occurrence.blob_id))
        .where(col(Occurrence.role) == "document", where)
    )
    return sorted(_occurrence(row) for row in connection.execute(query))


def of_message(connection: Connection, message_id: int) -> list[values.Occurrence]:
    """The document parts of one message."""
    return occurrences(connection, col(Occurrence.message_id) == message_id)


def occurrence_id(message_id: int, path: str) -> str:
    """The id of an occurrence: sorts like the message."""
    return f"{message_id:020d}/{path}"


def _occurrence(row: Sequence[Any]) -> values.Occurrence:
    at, message, path, sha, name, thread, clients, inbound = row
    numbers = frozenset(int(number) for number in clients.split())
    return values.Occurrence(at, occurrence_id(message, path), sha, name, message, thread, numbers, inbound)


def contents(connection: Connection, ids: Collection[int]) -> dict[str, Known]:
    """SHA-256 → the content, of those of these blobs that are versions, in the order in which they were first seen."""
    owners = _owners(connection, ids)
    prints = {one.sha256: one for one in fingerprints(connection, owners).values()}
    keys = dict(owners.values())
    found: dict[str, Known] = {}
    for part in parts(owners):
        where = (col(Occurrence.blob_id).in_(part)) & (col(Occurrence.placed).is_(True))
        for one in occurrences(connection, where):
            key = name_key(one.name)
            before = found.get(one.sha256)
            found[one.sha256] = before.again(one, key) if before else known(one, prints[one.sha256], key)
    ordered = sorted(found.values(), key=lambda one: one.at)
    return {one.sha: _in_document(one, keys[one.sha]) for one in ordered}


def _in_document(content: Known, key: str) -> Known:
    return Known(
        content.print,
        content.keys,
        content.at,
        content.messages,
        content.threads,
        content.clients,
        content.inbound,
        content.sent,
        key,
    )


def _owners(connection: Connection, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Version → its SHA-256 and the key of its document."""
    found: dict[int, tuple[str, str]] = {}
    for part in parts(set(ids)):
        query = (
            select(col(Version.id), col(Version.sha256), col(Document.sha256))
            .join(Document, col(Document.id) == col(Version.document_id))
            .where(col(Version.id).in_(part))
        )
        found.update({int(row[0]): (row[1], row[2]) for row in connection.execute(query)})
    return found


def versions(connection: Connection, where: Any) -> list[values.Version]:
    """The versions that fit, document by document in the order in which they came."""
    parent: Any = aliased(Blob)
    query: Any = (
        select(
            col(Version.sha256),
            col(Document.sha256),
            col(Version.number),
            col(Version.relation),
            func.coalesce(parent.sha256, ""),
            col(Version.theirs),
            col(Version.at),
            col(Version.evidence),
            col(Version.score),
            col(Version.decided_by),
        )
        .select_from(Version)
        .join(Document, col(Document.id) == col(Version.document_id))
        .join(parent, parent.id == col(Version.parent_id), isouter=True)
        .where(where)
        .order_by(col(Version.document_id), col(Version.position))
    )
    return [values.Version(*(*row[:7], evidence_of(row[7]), *row[8:])) for row in connection.execute(query)]


def documents(connection: Connection, ids: Iterable[int]) -> dict[int, values.Document]:
    """The documents with these ids."""
    found: dict[int, values.Document] = {}
    for part in parts(set(ids)):
        members: dict[int, list[str]] = defaultdict(list)
        order = (col(Version.document_id), col(Version.position))
        query = select(col(Version.document_id), col(Version.sha256)).where(col(Version.document_id).in_(part))
        for key, sha in connection.execute(query.order_by(*order)):
            members[key].append(sha)
        rows: Any = select(
            col(Document.id),
            col(Document.sha256),
            col(Document.scope),
            col(Document.title),
            col(Document.kind),
            col(Document.last),
            col(Document.pinned),
        )
        for row in connection.execute(rows.where(col(Document.id).in_(part))):
            shas = tuple(members[row[0]])
            kind = values.Kind(row[4])
            found[row[0]] = values.Document(row[1], row[2], row[3], kind, shas, row[5], row[6])
    return found
