"""An import taken back: what it added goes, what it changed is as before; what people did since stays."""

from collections.abc import Collection
from typing import Any

from mailcrm.flow import rematch
from mailcrm.flow.edit import By, Edit, editing
from mailcrm.flow.imports import Tools, known
from mailcrm.store import document_work, imports, journal, ownership, references
from mailcrm.store.journal import Change


def undo(tools: Tools, by: By, import_id: int) -> None:
    """Take an import back, page by page of its journal; may be interrupted and called again. Raises NotFound.

    Clients that it added and that somebody has worked on since stay, as they are.
    """
    with editing(tools.office, by) as edit:
        row, now = known(edit, import_id), tools.clock()
        states = ("done", "failed", "undoing") if row.position else ("failed",)
        if row.state == "running" and row.beat_at is not None and row.beat_at < now - imports.STALE:
            states = (*states, "running")
        if not imports.claim(edit.connection, import_id, states, "undoing", now):
            return
        pages = journal.pages(edit.connection, {"import_id": import_id})
        made = [key[0] for number in pages for key in _added(journal.page(edit.connection, number), "client")]
        stay = references.worked_on(edit.connection, made)
        imports.change(edit.connection, import_id, {"kept": row.kept + len(stay)})
    for done, number in enumerate(pages, 1):
        with editing(tools.office, by) as edit:
            _take_back(edit, journal.page(edit.connection, number), (frozenset(made), frozenset(stay)))
            journal.drop(edit.connection, number)
            imports.change(edit.connection, import_id, {"beat_at": tools.clock()})
        tools.tell(done, len(pages))
    with editing(tools.office, by) as edit:
        imports.change(edit.connection, import_id, {"state": "undone", "undone_at": tools.clock()})
        edit.note("undone", "import", import_id, detail=row.name)


def _added(changes: Collection[Change], name: str) -> list[Any]:
    return [key for kind, table, items in changes if kind == "+" and table == name for key in items]


def _take_back(edit: Edit, changes: list[Change], clients: tuple[frozenset[int], frozenset[int]]) -> None:
    """Undo one page; `clients` are those that the import made, and those of them that stay."""
    made, stay = clients
    changes = [one for change in changes for one in references.without(edit.connection, change, stay)]
    gone = [key[0] for key in _added(changes, "client")]
    changes = [_of_owners(edit, change) for change in changes]
    messages = references.messages_of(edit.connection, gone)
    names = references.names(edit.connection, changes)
    told: set[int] = set()
    for change in reversed(changes):
        later = journal.take_back(edit.connection, change)
        if change[1] == "document_work":
            told.update(key[0] for key in _keys(change))
            document_work.enqueue(edit.connection, [key[0] for key in later])
    document_work.enqueue(edit.connection, messages - told)
    for client, lost in names.items():
        if client not in made:
            # What came since by these names goes, too.
            rematch.removed(edit, client, lost)


def _of_owners(edit: Edit, change: Change) -> Change:
    """The change, without owners who were followed by others: that they were owners stays told."""
    kind, table, items = change
    if (kind, table) != ("+", "owner_change"):
        return change
    told = ownership.overtaken(edit.connection, [key[0] for key in items])
    return [kind, table, [key for key in items if key[0] not in told]]


def _keys(change: Change) -> list[Any]:
    return [item[0] for item in change[2]] if change[0] == "~" else list(change[2]) if change[0] == "+" else []
