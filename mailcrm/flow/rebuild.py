"""Whether the stored documents are what all messages make in the order of time; and placing everything anew."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailcrm.documents.library import fold
from mailcrm.documents.place import Asked, Law
from mailcrm.documents.rules import in_force
from mailcrm.documents.values import Document, Version
from mailcrm.flow.documents import Step, drain
from mailcrm.flow.placing import rewind
from mailcrm.store import document_rules, document_work, library
from mailcrm.store.database import Database


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a rebuild would make otherwise."""

    what: str
    """document, version or suggestion."""
    sha: str
    stored: str
    rebuilt: str


def differences(database: Database, client_id: int | None = None) -> list[Difference]:
    """What is stored otherwise than all placed messages make it; of one client's documents where one is given.

    Keeps the fingerprints of all contents in memory: some 5 KB each."""
    with database.reading() as connection:
        law = Law(in_force(document_rules.rules(connection)))
        rebuilt = fold(library.placed(connection), library.prints(connection), law)
        stored = library.stored(connection)
    found = [*_compared("document", stored.documents, rebuilt.documents, _document)]
    found += _compared("version", stored.versions, rebuilt.versions, _version)
    found += _compared("suggestion", stored.suggestions, rebuilt.suggestions, _asked)
    if client_id is None:
        return found
    with database.reading() as connection:
        theirs = library.contents_of(connection, client_id)
    return [one for one in found if one.sha in theirs]


def rebuild(step: Step) -> int:
    """Take everything back and place it again; returns how many messages were placed."""
    with step.desk.database.writing() as connection:
        document_work.take_turns(connection)
        rewind(connection, 0)
    return drain(step)


def look_again(step: Step) -> None:
    """Let every message be looked at again, and contents be read again that an older version of mailcrm read."""
    with step.desk.database.writing() as connection:
        document_work.take_turns(connection)
        document_work.enqueue_all(connection)


def _compared(
    what: str, stored: Mapping[str, Any], rebuilt: Mapping[str, Any], shown: Callable[[Any], str]
) -> Iterator[Difference]:
    for sha in sorted({*stored, *rebuilt}):
        one, other = (shown(some[sha]) if sha in some else "" for some in (stored, rebuilt))
        if one != other:
            yield Difference(what, sha, one, other)


def _document(one: Document) -> str:
    members = " ".join(sha[:12] for sha in one.versions)
    return f"{one.title}, {one.scope}{' (set)' if one.pinned else ''}, {one.kind}, v{one.last}: {members}"


def _version(one: Version) -> str:
    why = ", ".join(f"{evidence.name} {evidence.weight:.3f}" for evidence in one.evidence)
    made = f"{one.relation} of {one.parent[:12]}" if one.parent else one.relation
    return f"v{one.number} in {one.document[:12]}, {made}, {one.at}, {one.decided_by}, {one.score:.3f}: {why}"


def _asked(lines: Sequence[Asked]) -> str:
    return "; ".join(f"{one.found.document[:12]} {one.found.parent[:12]} {one.found.score:.3f}" for one in lines)
