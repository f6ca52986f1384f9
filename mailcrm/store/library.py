"""Everything that was placed, as the values of lineage: to be compared with what a rebuild makes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from mailcrm.documents import values
from mailcrm.documents.lineage import Found
from mailcrm.documents.place import Asked
from mailcrm.model import Blob, Document, Occurrence, Suggestion, Version, VersionClient
from mailcrm.store import known_contents
from mailcrm.store.fingerprints import fingerprints
from mailcrm.store.versions import evidence_of


@dataclass(frozen=True, slots=True)
class Stored:
    """Documents, versions and suggestions by SHA-256, as `documents.library.Library` has them."""

    documents: Mapping[str, values.Document]
    versions: Mapping[str, values.Version]
    suggestions: Mapping[str, tuple[Asked, ...]]


class Prints(Mapping[str, values.Fingerprint]):
    """The fingerprints of all contents, read when they are asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        rows = connection.execute(select(col(Blob.sha256), col(Blob.id)))
        self._ids = {str(sha): int(number or 0) for sha, number in rows}

    def __getitem__(self, sha: str) -> values.Fingerprint:
        """The fingerprint of a content."""
        return fingerprints(self._connection, [self._ids[sha]])[self._ids[sha]]

    def __iter__(self) -> Iterator[str]:
        """The SHA-256 of all blobs."""
        return iter(self._ids)

    def __len__(self) -> int:
        """How many blobs there are."""
        return len(self._ids)


def prints(connection: Connection) -> Prints:
    """The fingerprints of all contents."""
    return Prints(connection)


def placed(connection: Connection) -> list[values.Occurrence]:
    """Every occurrence that documents take into account, in the order of time."""
    return known_contents.occurrences(connection, col(Occurrence.placed).is_(True))


def stored(connection: Connection) -> Stored:
    """All documents, versions and suggestions."""
    ids = connection.execute(select(col(Document.id))).scalars().all()
    documents = {one.key: one for one in known_contents.documents(connection, ids).values()}
    versions = {one.sha256: one for one in known_contents.versions(connection, col(Version.id) > 0)}
    return Stored(documents, versions, _suggestions(connection))


def contents_of(connection: Connection, client_id: int) -> set[str]:
    """The SHA-256 of all contents in documents of which a client has seen any."""
    theirs = (
        select(col(Version.document_id))
        .join(VersionClient, col(VersionClient.version_id) == col(Version.id))
        .where(col(VersionClient.client_id) == client_id)
    )
    return set(connection.execute(select(col(Version.sha256)).where(col(Version.document_id).in_(theirs))).scalars())


def _suggestions(connection: Connection) -> dict[str, tuple[Asked, ...]]:
    new: Any = aliased(Blob)
    document: Any = aliased(Blob)
    parent: Any = aliased(Blob)
    query: Any = (
        select(new.sha256, document.sha256, parent.sha256, col(Suggestion.score), col(Suggestion.evidence))
        .select_from(Suggestion)
        .join(new, new.id == col(Suggestion.version_id))
        .join(document, document.id == col(Suggestion.document_id))
        .join(parent, parent.id == col(Suggestion.parent_id))
        .order_by(col(Suggestion.version_id), col(Suggestion.position))
    )
    found: dict[str, tuple[Asked, ...]] = defaultdict(tuple)
    for sha, key, near, score, evidence in connection.execute(query):
        found[sha] += (Asked(sha, Found(key, near, score, evidence_of(evidence))),)
    return found
