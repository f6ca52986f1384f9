"""The documents of a client for an export: versions, sendings and answers, as far as they concern this client."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection

from mailcrm.documents.explain import reasons
from mailcrm.store import answers, documents, sendings, versions
from mailcrm.store.documents import DocumentKeyset, DocumentRow
from mailcrm.store.versions import VersionRow
from mailcrm.store.visibility import EVERYTHING, Viewer

_PAGE = 200
_MOST = 1_000_000


def told(connection: Connection, client_id: int, who: Viewer | None, messages: Collection[int]) -> list[dict[str, Any]]:
    """Every document of a client with what its messages did with it. What went to others is not told."""
    viewer = who or EVERYTHING
    contents = _contents(connection, viewer, sorted(messages))
    found: list[dict[str, Any]] = []
    before: DocumentKeyset | None = None
    while page := documents.of_client(connection, viewer, client_id, before, _PAGE):
        found += [_document(connection, viewer, one, (contents, messages)) for one in page]
        before = DocumentKeyset(page[-1].last_at, page[-1].id)
    return found


def _contents(connection: Connection, who: Viewer, messages: Sequence[int]) -> set[int]:
    """The versions that these messages carried."""
    found: set[int] = set()
    for start in range(0, len(messages), _PAGE):
        carried = versions.carried(connection, who, messages[start : start + _PAGE])
        found.update(one.version_id for some in carried.values() for one in some)
    return found


def _document(
    connection: Connection, who: Viewer, one: DocumentRow, theirs: tuple[Collection[int], Collection[int]]
) -> dict[str, Any]:
    contents, messages = theirs
    shown = [version for version in versions.versions(connection, who, one.id) if version.id in contents]
    here = [version.id for version in shown]
    sent = sendings.sendings(connection, who, here, limit=_MOST)
    answered = answers.of_document(connection, who, one.id)
    return {
        "id": one.id,
        "title": one.title,
        "kind": one.kind,
        "scope": one.scope,
        "versions": [_version(version) for version in shown],
        "sendings": [
            {
                "version": s.version_id,
                "message": s.message_id,
                "at": s.at.isoformat(),
                "direction": s.direction,
                "role": s.role,
                "email": s.email,
                "bounced": s.bounced,
            }
            for s in reversed(sent)
            if s.message_id in messages
        ],
        "answers": [
            {
                "message": a.message_id,
                "version": a.version_id,
                "basis": a.basis,
                "confidence": a.confidence,
                "stale": a.stale,
            }
            for a in answered
            if a.message_id in messages
        ],
    }


def _version(one: VersionRow) -> dict[str, Any]:
    return {
        "id": one.id,
        "number": one.number,
        "name": one.name,
        "sha256": one.sha256,
        "relation": one.relation,
        "parent": one.parent_id,
        "theirs": one.theirs,
        "at": one.at.isoformat(),
        "because": [reason.english for reason in reasons(one.evidence)],
    }
