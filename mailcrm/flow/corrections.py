"""What people say of documents: join, split, rename, move, flip a role, answer a suggestion.

Every act is written down as rules that name contents, are only ever added and hold in every rebuild; then the documents
are placed anew from the first message on that the rules concern. Few messages are placed at once, many by the daemon.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from mailcrm.documents import rules
from mailcrm.documents.rules import Rules, in_force
from mailcrm.documents.values import BROADCAST, INTERNAL, Document, Rule
from mailcrm.errors import NotFound, Refused
from mailcrm.flow.edit import By
from mailcrm.flow.placing import place_from
from mailcrm.net.blobs import BlobStore
from mailcrm.store import (
    clients,
    document_rules,
    document_work,
    documents,
    fingerprints,
    known_contents,
    message_parts,
    suggestions,
)
from mailcrm.store import versions as stored_versions
from mailcrm.store.database import Database
from mailcrm.store.visibility import EVERYTHING, Viewer

AT_ONCE = 100
"""So many messages are placed anew while the person waits; more are left to the daemon."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where it is done: the database and the bytes of signatures; by whom and when; what he may see (None: all)."""

    database: Database
    blobs: BlobStore
    by: By
    who: Viewer | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes an act back: hand it to `take_back`. It adds later rules; nothing is ever unsaid."""

    act: str
    rules: tuple[Rule, ...]


def join(desk: Desk, document_id: int, other_id: int) -> Undo:
    """Make one document of two. Raises NotFound, Refused for a document with itself."""
    if document_id == other_id:
        raise Refused("A document cannot be joined with itself.")
    with _correcting(desk) as connection:
        one, other = _document(connection, desk, document_id), _document(connection, desk, other_id)
        return _joined(connection, desk, "join", (one, other))


def split(desk: Desk, document_id: int, leaving: Collection[int]) -> Undo:
    """Take versions out of a document into one of their own. Raises NotFound; Refused unless some go and some stay."""
    with _correcting(desk) as connection:
        whole = _document(connection, desk, document_id)
        ids = {row.sha256: row.id for row in fingerprints.blobs(connection, whole.versions).values()}
        goes = [sha for sha in whole.versions if ids[sha] in leaving]
        stays = [sha for sha in whole.versions if ids[sha] not in leaving]
        if not goes or not stays or len(goes) != len(set(leaving)):
            raise Refused("Choose some versions of this document, and leave at least one in it.")
        before = _in_force(connection)
        _write(connection, desk, "split", rules.split(stays, goes, before), whole.versions)
        return Undo("join", rules.join(stays, goes, _in_force(connection)))


def rename(desk: Desk, document_id: int, title: str) -> Undo:
    """Give a document a title. Raises NotFound, Refused for an empty one."""
    name = " ".join(title.split())[:200]
    if not name:
        raise Refused("A title needs a word.")
    with _correcting(desk) as connection:
        whole = _document(connection, desk, document_id)
        named = _in_force(connection).titles
        return _said(connection, desk, ("rename", "title"), _told(whole, named), (name, whole.title))


def move(desk: Desk, document_id: int, scope: str) -> Undo:
    """Say whose document it is: "client:12", "broadcast" (for many) or "internal". Raises NotFound, Refused."""
    with _correcting(desk) as connection:
        whole = _document(connection, desk, document_id)
        _check_scope(connection, desk, scope)
        set_before = _in_force(connection).scopes
        return _said(connection, desk, ("move", "scope"), _told(whole, set_before), (scope, whole.scope))


def flip_role(desk: Desk, version_id: int, is_document: bool) -> Undo:
    """Say that a content is a document, or is none (a logo, a form). Raises NotFound."""
    with _correcting(desk) as connection:
        sha = message_parts.shas(connection, [version_id]).get(version_id)
        seen = desk.who is None or stored_versions.may_see(connection, desk.who, [version_id])
        if sha is None or not seen:
            raise NotFound("There is no such file.")
        roles = ("document", "not_a_document") if is_document else ("not_a_document", "document")
        _write(connection, desk, "role", [Rule(roles[0], sha)], [sha])  # type: ignore[arg-type]
        document_work.enqueue(connection, message_parts.carrying(connection, [version_id]))
        return Undo("role", (Rule(roles[1], sha),))  # type: ignore[arg-type]


def decide(desk: Desk, version_id: int, document_id: int, yes: bool) -> Undo:
    """Answer a suggestion: the version belongs to that document, or does not. Raises NotFound.

    A no can be taken back only by joining the two.
    """
    with _correcting(desk) as connection:
        sha = message_parts.shas(connection, [version_id]).get(version_id, "")
        lines = suggestions.lines_of(connection, version_id)
        line = next((one for one in lines if one.document_id == document_id), None)
        if line is None or not sha:
            raise NotFound("There is no such suggestion.")
        own, other = (_document(connection, desk, number) for number in (line.own_id, document_id))
        suggestions.close(connection, version_id, [document_id])
        if yes:
            return _joined(connection, desk, "suggestion", (other, own))
        parent = message_parts.shas(connection, [line.parent_id])[line.parent_id]
        pair = sorted((sha, parent))
        _write(connection, desk, "suggestion", [Rule("cannot", *pair)], [sha])
        return Undo("suggestion", (Rule("must", *pair),))


def take_back(desk: Desk, undo: Undo) -> None:
    """Add the rules that undo an act."""
    with _correcting(desk) as connection:
        named = {sha for rule in undo.rules for sha in (rule.sha, rule.other) if sha}
        _write(connection, desk, undo.act, undo.rules, named)
        if undo.act == "role":
            ids = [row.id for row in fingerprints.blobs(connection, named).values()]
            document_work.enqueue(connection, message_parts.carrying(connection, ids))


@contextmanager
def _correcting(desk: Desk) -> Iterator[Connection]:
    with desk.database.writing() as connection:
        document_work.take_turns(connection)
        yield connection


def _document(connection: Connection, desk: Desk, document_id: int) -> Document:
    found = known_contents.documents(connection, [document_id]).get(document_id)
    hidden = desk.who is not None and documents.document(connection, desk.who, document_id) is None
    if found is None or hidden:
        raise NotFound("There is no such document.")
    return found


def _in_force(connection: Connection) -> Rules:
    return in_force(document_rules.rules(connection))


def _joined(connection: Connection, desk: Desk, act: str, pair: tuple[Document, Document]) -> Undo:
    one, other = (document.versions for document in pair)
    _write(connection, desk, act, rules.join(one, other, _in_force(connection)), (*one, *other))
    return Undo("split", rules.split(one, other, _in_force(connection)))


def _told(whole: Document, said: Collection[str]) -> list[str]:
    """The contents that a word on a document is kept with: its founder, and those that such a word was kept with."""
    return [whole.key, *(sha for sha in whole.versions if sha in said and sha != whole.key)]


def _said(
    connection: Connection, desk: Desk, what: tuple[str, str], shas: Sequence[str], words: tuple[str, str]
) -> Undo:
    act, kind = what
    new, old = words
    made = [Rule(kind, sha, value=new) for sha in shas]  # type: ignore[arg-type]
    _write(connection, desk, act, made, shas)
    return Undo(act, tuple(Rule(kind, sha, value=old) for sha in shas))  # type: ignore[arg-type]


def _check_scope(connection: Connection, desk: Desk, scope: str) -> None:
    kind, _, number = scope.partition(":")
    who = desk.who or EVERYTHING
    known = kind == "client" and number.isdecimal() and clients.client(connection, who, int(number)) is not None
    if not known and scope not in (BROADCAST, INTERNAL):
        raise Refused("A document belongs to a client, to many clients or to the company itself.")


def _write(connection: Connection, desk: Desk, act: str, made: Iterable[Rule], shas: Iterable[str]) -> None:
    """Add rules and place anew what they concern."""
    document_rules.add_rules(connection, act, made, desk.by.at, desk.by.actor_id)
    ids = [row.id for row in fingerprints.blobs(connection, shas).values()]
    messages = message_parts.carrying(connection, ids)
    if messages:
        place_from(connection, desk.blobs, messages[0], AT_ONCE)
