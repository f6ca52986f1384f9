"""Catalogue: the Shelf of lineage over the database, for one transaction.

It answers exactly as `documents.library.Library` does, which holds everything in memory: what is asked for is found
through the sketch index and read in batches, and what was read or changed is remembered until the transaction ends.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, select
from sqlmodel import col

from mailcrm.documents import values
from mailcrm.documents.library import NEAR, groups, likeliest, search_keys
from mailcrm.documents.lineage import DEPTH
from mailcrm.documents.values import BROADCAST, INTERNAL, Known
from mailcrm.model import Document, Fingerprint, SeenHash, SketchHash, Version, VersionClient
from mailcrm.store import known_contents
from mailcrm.store.fingerprints import blobs
from mailcrm.store.rows import parts

COUNTED = -1
"""The hash under which every scope stands once, so that scopes can be counted."""


def scope_id(scope: str) -> int:
    """A scope or a group of the index as a number: the client, 0 for internal, -1 for documents for many."""
    if scope == BROADCAST:
        return -1
    return 0 if scope == INTERNAL else int(scope.partition(":")[2])


class Catalogue:
    """What was placed before. Reads only; `Register` also writes."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._ids: dict[str, int] = {}
        self._shas: dict[int, str] = {}
        self._known: dict[str, Known | None] = {}
        self._versions: dict[str, values.Version] = {}
        self._documents: dict[str, values.Document] = {}

    def number(self, sha: str) -> int:
        """The id of a blob, and so of its version and of the document that it founded."""
        if sha not in self._ids:
            self._note(blobs(self.connection, [sha])[sha].id, sha)
        return self._ids[sha]

    def known(self, sha: str) -> Known | None:
        """The content, if it was placed before."""
        if sha not in self._known:
            found = blobs(self.connection, [sha]).get(sha)
            self._known[sha] = None
            if found is not None:
                self._note(found.id, sha)
                self._load([found.id])
        return self._known[sha]

    def version(self, sha: str) -> values.Version:
        """The version that a placed content is."""
        if sha not in self._versions:
            for one in known_contents.versions(self.connection, col(Version.sha256) == sha):
                self._versions[one.sha256] = one
        return self._versions[sha]

    def document(self, key: str) -> values.Document:
        """The document with this key."""
        if key not in self._documents:
            self._load_documents([self.number(key)])
        return self._documents[key]

    def with_stamp(self, stamp: str) -> Sequence[Known]:
        """The contents that carry this stamp of ours, whoever has them."""
        return self._contents(self._placed(col(Fingerprint.stamp) == stamp))

    def with_text(self, text_sha: str, new: Known) -> Sequence[Known]:
        """Contents with this text in documents that are open to the clients of `new`."""
        found = self._contents(self._placed(col(Fingerprint.text_sha) == text_sha))
        owners = {self.number(one.document) for one in found}
        allowed = self._open(owners, new)
        return [one for one in found if self.number(one.document) in allowed]

    def near(self, new: Known) -> Iterable[Sequence[Known]]:
        """The last contents of each document that is open to the clients of `new` and may be its document."""
        keys = self._of_clients(new)
        if len(keys) > NEAR or not new.clients:
            keys = set(self._searched(new, groups(new.clients)))
        shared = self._searched(new, [BROADCAST])
        pinned = self._ids_where(and_(*self._broadcast(shared), col(Document.pinned).is_(True))) if shared else set()
        return self._last(sorted(self._open(keys | pinned, new)))

    def broadcasts_near(self, new: Known) -> Iterable[Sequence[Known]]:
        """The same of the documents that go to many clients."""
        found = self._searched(new, [BROADCAST])
        return self._last(sorted(self._ids_where(and_(*self._broadcast(found))))) if found else []

    def seen_by(self, hashes: Iterable[int]) -> Mapping[int, int]:
        """How many scopes have each of the hashes, where more than one has it."""
        found: dict[int, int] = {}
        for part in parts(hashes):
            query = select(col(SeenHash.hash), func.count()).where(col(SeenHash.hash).in_(part))
            counted = query.group_by(col(SeenHash.hash)).having(func.count() > 1)
            found.update({int(hash_): int(count) for hash_, count in self.connection.execute(counted)})
        return found

    def scopes(self) -> int:
        """How many scopes have documents."""
        query = select(func.count()).where(col(SeenHash.hash) == COUNTED)
        return int(self.connection.execute(query).scalar_one())

    def _note(self, number: int, sha: str) -> None:
        self._ids[sha], self._shas[number] = number, sha

    def _load(self, ids: Iterable[int]) -> None:
        wanted = [number for number in ids if self._known.get(self._shas.get(number, "")) is None]
        found = known_contents.contents(self.connection, wanted) if wanted else {}
        self._known.update(found)

    def _load_documents(self, ids: Iterable[int]) -> None:
        wanted = [number for number in ids if self._shas.get(number, "") not in self._documents]
        for number, one in known_contents.documents(self.connection, wanted).items():
            self._note(number, one.key)
            self._documents[one.key] = one

    def _placed(self, where: ColumnElement[bool]) -> dict[int, str]:
        query = select(col(Version.id), col(Version.sha256)).join(
            Fingerprint, col(Fingerprint.blob_id) == col(Version.id)
        )
        return {int(number): str(sha) for number, sha in self.connection.execute(query.where(where))}

    def _contents(self, placed: Mapping[int, str]) -> list[Known]:
        """These contents in the order in which they were first seen."""
        for number, sha in placed.items():
            self._note(number, sha)
        self._load(placed)
        found = [one for sha in placed.values() if (one := self._known.get(sha)) is not None]
        return sorted(found, key=lambda one: (one.at, min(one.messages), one.sha))

    def _of_clients(self, new: Known) -> set[int]:
        query = (
            select(col(Version.document_id))
            .join(VersionClient, col(VersionClient.version_id) == col(Version.id))
            .where(col(VersionClient.client_id).in_(list(new.clients)))
            .distinct()
            .limit(NEAR + 1)
        )
        return set(self.connection.execute(query).scalars()) if new.clients else set()

    def _searched(self, new: Known, names: Iterable[str]) -> list[int]:
        """The documents that share most with a content: hashes, marks, a name, a thread."""
        wanted = search_keys(new)
        query = (
            select(col(SketchHash.hash), col(Document.id), col(Document.sha256))
            .join(Version, col(Version.id) == col(SketchHash.version_id))
            .join(Document, col(Document.id) == col(Version.document_id))
            .where(
                col(SketchHash.group_id).in_([scope_id(name) for name in names]),
                col(SketchHash.hash).in_(list(wanted)),
            )
            .distinct()
        )
        met = set[tuple[int, str]]()
        for hash_, number, key in self.connection.execute(query):
            self._note(int(number), str(key))
            met.add((int(hash_), str(key)))
        return [self._ids[key] for key in likeliest(met, wanted)]

    def _broadcast(self, ids: Iterable[int]) -> tuple[ColumnElement[bool], ...]:
        return (col(Document.id).in_(list(ids)), col(Document.scope) == BROADCAST)

    def _ids_where(self, where: ColumnElement[bool]) -> set[int]:
        return set(self.connection.execute(select(col(Document.id)).where(where)).scalars())

    def _open(self, ids: Iterable[int], new: Known) -> set[int]:
        """Those of the documents every version of which has been at one of the clients."""
        wanted = list(ids)
        if not wanted:
            return set()
        shared = and_(*self._broadcast(wanted), col(Document.pinned).is_(True))
        if not new.clients:
            inside = and_(col(Document.id).in_(wanted), col(Document.scope) == INTERNAL, col(Document.size) > 0)
            return self._ids_where(inside) | self._ids_where(shared)
        theirs = exists().where(
            col(VersionClient.version_id) == col(Version.id), col(VersionClient.client_id).in_(list(new.clients))
        )
        query = (
            select(col(Document.id))
            .join(Version, col(Version.document_id) == col(Document.id))
            .where(col(Document.id).in_(wanted), col(Document.scope) != BROADCAST)
            .group_by(col(Document.id))
            .having(func.count() == func.sum(case((theirs, 1), else_=0)))
        )
        return set(self.connection.execute(query).scalars()) | self._ids_where(shared)

    def _last(self, ids: Sequence[int]) -> list[list[Known]]:
        """The last contents of each of these documents, in their order."""
        if not ids:
            return []
        self._load_documents(ids)
        rank = func.row_number().over(partition_by=col(Version.document_id), order_by=col(Version.position).desc())
        ranked: Any = (
            select(col(Version.id), col(Version.sha256), rank.label("rank"))
            .where(col(Version.document_id).in_(ids))
            .subquery()
        )
        query: Any = select(ranked.c.id, ranked.c.sha256).where(ranked.c.rank <= DEPTH)
        for number, sha in self.connection.execute(query):
            self._note(int(number), str(sha))
        members = {number: self._documents[self._shas[number]].versions[-DEPTH:] for number in ids}
        self._load([self._ids[sha] for shas in members.values() for sha in shas])
        return [[one for sha in members[number] if (one := self._known[sha]) is not None] for number in ids]
