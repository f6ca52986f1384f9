"""Register: the Catalogue that writes. Every change goes into the tables and, turned round, into a log.

The log takes back what placing one message changed, so that an older message can be placed before it and the newer ones
again after it: documents are always what all messages make in the order of time.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, delete, func, select, tuple_, update
from sqlmodel import SQLModel, col

from mailcrm.documents.library import groups, search_keys
from mailcrm.documents.names import name_key
from mailcrm.documents.place import (
    Added,
    Asked,
    Change,
    Closed,
    Law,
    Moved,
    Opened,
    Rescoped,
    Retitled,
    Seen,
    take,
)
from mailcrm.documents.values import BROADCAST, Document, Fingerprint, Known, Occurrence, Version
from mailcrm.model import Document as DocumentRow
from mailcrm.model import SeenHash, SketchHash, Suggestion, VersionClient
from mailcrm.model import Version as VersionRow
from mailcrm.store.catalogue import COUNTED, Catalogue, scope_id
from mailcrm.store.fingerprints import fingerprints
from mailcrm.store.rows import insert, insert_missing, parts, table
from mailcrm.store.versions import evidence_text

Pair = tuple[int, int]
"""A group of the sketch index and a hash."""


class Register(Catalogue):
    """Takes occurrences in the order of time. `log` holds what took place since it was emptied last."""

    def __init__(self, connection: Connection, changes: Callable[[str, str], int | None]) -> None:
        """`changes` tells in how many places the text of a version (SHA-256) differs from that of its parent."""
        super().__init__(connection)
        self._changes = changes
        self.log: list[list[Any]] = []

    def take(self, occurrence: Occurrence, fingerprint: Fingerprint, law: Law) -> tuple[Change, ...]:
        """Place one occurrence and apply what it changes; returns the changes."""
        return take(occurrence, fingerprint, self, law, self._apply)

    def _apply(self, change: Change) -> None:
        match change:
            case Opened(document):
                self._write_document(document)
            case Added(version, content):
                self._add(version, content)
            case Seen(occurrence):
                self._see(occurrence)
            case Moved(version, source):
                self._move(version, source)
            case Closed(document):
                self._close(document)
            case Rescoped(key, scope, pinned):
                self._write_document(replace(self.document(key), scope=scope, pinned=pinned))
                self._show_all(key)
            case Retitled(key, title):
                self._write_document(replace(self.document(key), title=title))
            case Asked(sha, _):
                self._ask(sha, change)

    def _add(self, version: Version, content: Known) -> None:
        sha = version.sha256
        self._known[sha] = replace(content, document=version.document)
        self._enter(version)
        self._show(None, sha)
        scope = scope_id(self.document(version.document).scope)
        hashes = {COUNTED, *content.print.rare, *content.print.marks.values()}
        number = self.number(sha)
        rows = [{"hash": one, "scope_id": scope, "version_id": number} for one in sorted(hashes)]
        insert_missing(self.connection, SeenHash, rows)

    def _enter(self, version: Version) -> None:
        """Put a version at the end of its document."""
        last = func.coalesce(func.max(col(VersionRow.position)), -1)
        here = col(VersionRow.document_id) == self.number(version.document)
        position = int(self.connection.execute(select(last).where(here)).scalar_one()) + 1
        self._write_version(version, position)
        document = self.document(version.document)
        members = (*document.versions, version.sha256)
        self._write_document(replace(document, versions=members, last=max(document.last, version.number)))

    def _see(self, occurrence: Occurrence) -> None:
        before = self.known(occurrence.sha256)
        if before is None:
            raise LookupError(occurrence.sha256)
        after = before.again(occurrence, name_key(occurrence.name))
        self._known[occurrence.sha256] = after
        if (after.clients, after.keys, after.threads) != (before.clients, before.keys, before.threads):
            self._show(before, after.sha)

    def _move(self, version: Version, source: str) -> None:
        old = self.document(source)
        left = tuple(sha for sha in old.versions if sha != version.sha256)
        last = max((self.version(sha).number for sha in left), default=0)
        content = self.known(version.sha256)
        if content is None:
            raise LookupError(version.sha256)
        self.version(version.sha256)
        self._known[version.sha256] = replace(content, document=version.document)
        self._enter(version)
        self._write_document(replace(old, versions=left, last=last))
        self._show(content, version.sha256)

    def _close(self, key: str) -> None:
        number = self.number(key)
        self.log.append(["document", number, _plain(self.document(key))])
        del self._documents[key]
        self.connection.execute(delete(DocumentRow).where(col(DocumentRow.id) == number))

    def _ask(self, sha: str, asked: Asked) -> None:
        number, found = self.number(sha), asked.found
        mine = col(Suggestion.version_id) == number
        position = int(self.connection.execute(select(func.count()).where(mine)).scalar_one())
        row = {
            "version_id": number,
            "position": position,
            "document_id": self.number(found.document),
            "parent_id": self.number(found.parent),
            "score": found.score,
            "evidence": evidence_text(found.evidence),
            "state": "open",
        }
        insert(self.connection, Suggestion, [row])

    def _show_all(self, key: str) -> None:
        if self.document(key).scope == BROADCAST:
            for sha in self.document(key).versions:
                self._show(self.known(sha), sha)

    def _show(self, before: Known | None, sha: str) -> None:
        """Let a content be found by its clients; in a document for many, by everybody."""
        content, number = self.known(sha), self.number(sha)
        if content is None:
            raise LookupError(sha)
        new = sorted(content.clients - (before.clients if before else frozenset()))
        rows = [{"client_id": client, "version_id": number} for client in new]
        insert_missing(self.connection, VersionClient, rows)
        wanted = self._pairs(content)
        if before is None:
            added = wanted
        else:
            kept = {(scope_id(name), hash_) for name in groups(before.clients) for hash_ in search_keys(before)}
            added = self._missing(wanted - kept, number)
            self.log.append(["shown", number, sorted(new), sorted(added)])
        pairs = [{"group_id": group, "hash": hash_, "version_id": number} for group, hash_ in sorted(added)]
        insert(self.connection, SketchHash, pairs)

    def _pairs(self, content: Known) -> set[Pair]:
        shared = [BROADCAST] if self.document(content.document).scope == BROADCAST else []
        names = (*groups(content.clients), *shared)
        return {(scope_id(name), hash_) for name in names for hash_ in search_keys(content)}

    def _missing(self, wanted: Iterable[Pair], number: int) -> set[Pair]:
        left = set(wanted)
        for part in parts(sorted(left), 200):
            query = select(col(SketchHash.group_id), col(SketchHash.hash)).where(
                col(SketchHash.version_id) == number, tuple_(col(SketchHash.group_id), col(SketchHash.hash)).in_(part)
            )
            left -= {(int(group), int(hash_)) for group, hash_ in self.connection.execute(query)}
        return left

    def _write_document(self, document: Document) -> None:
        number, known = self.number(document.key), self._documents.get(document.key)
        if known is None and document.versions:
            known = self.document(document.key)
        self.log.append(["document", number, _plain(known) if known else None])
        self._documents[document.key] = document
        _write(self.connection, DocumentRow, number, {**_plain(document), "sha256": document.key}, known is None)

    def _write_version(self, version: Version, position: int) -> None:
        number = self.number(version.sha256)
        here = select(*table(VersionRow).c).where(col(VersionRow.id) == number)
        old = self.connection.execute(here).mappings().first() if version.sha256 in self._versions else None
        self.log.append(["version", number, _restorable(old) if old else None])
        self._versions[version.sha256] = version
        row = {
            **{name: value for name, value in asdict(version).items() if name not in ("document", "parent")},
            "document_id": self.number(version.document),
            "parent_id": self.number(version.parent) if version.parent else None,
            "position": position,
            "evidence": evidence_text(version.evidence),
            "changes": self._changes(version.sha256, version.parent) if version.parent else None,
        }
        _write(self.connection, VersionRow, number, row, old is None)


def _write(connection: Connection, model: type[SQLModel], number: int, row: dict[str, Any], new: bool) -> None:
    if new:
        insert(connection, model, [{"id": number, **row}])
    else:
        rows = table(model)
        connection.execute(update(rows).where(rows.c.id == number).values(**row))


def _plain(document: Document) -> dict[str, Any]:
    """The row of a document but for what never changes."""
    return {
        "scope": document.scope,
        "title": document.title,
        "title_key": document.title.casefold().replace("ё", "е"),
        "kind": str(document.kind),
        "last": document.last,
        "size": len(document.versions),
        "pinned": document.pinned,
    }


def _restorable(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("id", "sha256", "at")}


def log_text(log: Sequence[Sequence[Any]]) -> str:
    """A log as a column holds it."""
    return json.dumps(log) if log else ""


def take_back(connection: Connection, log: str) -> None:
    """Undo what a log tells of, the last first."""
    for entry in reversed(json.loads(log) if log else []):
        match entry:
            case ["shown", number, clients, pairs]:
                _hide(connection, number, clients, pairs)
            case ["version", number, None]:
                _forget(connection, number)
            case ["version", number, old]:
                _write(connection, VersionRow, number, old, False)
            case ["document", number, None]:
                connection.execute(delete(DocumentRow).where(col(DocumentRow.id) == number))
            case ["document", number, old]:
                _restore(connection, number, old)


def _hide(connection: Connection, number: int, clients: Sequence[int], pairs: Sequence[Pair]) -> None:
    theirs = (col(VersionClient.version_id) == number, col(VersionClient.client_id).in_(clients))
    connection.execute(delete(VersionClient).where(*theirs))
    for part in parts([(group, hash_) for group, hash_ in pairs], 200):
        shown = tuple_(col(SketchHash.group_id), col(SketchHash.hash)).in_(part)
        connection.execute(delete(SketchHash).where(col(SketchHash.version_id) == number, shown))


def _forget(connection: Connection, number: int) -> None:
    made = fingerprints(connection, [number])[number]
    for part in parts([COUNTED, *made.rare, *made.marks.values()]):
        brought = (col(SeenHash.hash).in_(part), col(SeenHash.version_id) == number)
        connection.execute(delete(SeenHash).where(*brought))
    connection.execute(delete(VersionRow).where(col(VersionRow.id) == number))


def _restore(connection: Connection, number: int, old: dict[str, Any]) -> None:
    """A document as it was; one that was closed is opened again."""
    here = select(col(DocumentRow.id)).where(col(DocumentRow.id) == number)
    if connection.execute(here).first() is None:
        (sha,) = (one.sha256 for one in fingerprints(connection, [number]).values())
        _write(connection, DocumentRow, number, {**old, "sha256": sha}, True)
    else:
        _write(connection, DocumentRow, number, old, False)
