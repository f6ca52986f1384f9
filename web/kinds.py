"""The kinds of timeline entries that are no messages: their name, where their texts come from, how they look.

A kind that is registered here can be chosen in the filter of a timeline. One with a `select` (see `store.told`) is
loaded together with all others of its sort by one query; one with a `load` by a query of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection

from mailcrm.store import told
from mailcrm.store.timeline import EntryRow
from mailcrm.store.visibility import Viewer

Records = Mapping[int, Any]
"""Number of a record → what its template shows."""
NOTES = ("note", "call", "meeting")


@dataclass(frozen=True, slots=True)
class EntryKind:
    """How entries of one kind are told."""

    label: Any
    """In the filter; translated when it is shown."""
    load: Callable[[Connection, Viewer, Sequence[int]], Records] | None
    """The records with these numbers; one that is missing is not shown."""
    template: str
    """The file that shows one: it finds the entry as `e` and the record as `record`."""
    select: told.Select | None = None
    """Instead of `load`: the SELECT of the records with these numbers."""


KINDS: dict[str, EntryKind] = {
    "note": EntryKind(_l("Note"), None, "notes/entry.html"),
    "call": EntryKind(_l("Call"), None, "notes/entry.html"),
    "meeting": EntryKind(_l("Meeting"), None, "notes/entry.html"),
    "task": EntryKind(_l("Task"), None, "tasks/entry.html", told.tasks),
}
"""By the kind of the entry."""


def records(
    connection: Connection, who: Viewer, client_id: int, entries: Sequence[EntryRow]
) -> tuple[dict[str, Records], list[told.Told]]:
    """The records of these entries by kind, and the pinned notes of the client: one query for nearly all of it."""
    ids: dict[str, list[int]] = {}
    for entry in entries:
        ids.setdefault(entry.entry_kind, []).append(entry.record_id)
    noted = [number for name in NOTES for number in ids.get(name, ())]
    selects = [told.notes(client_id)(who, noted)]
    selects += [one.select(who, ids[name]) for name, one in KINDS.items() if one.select and name in ids]
    rows = told.told(connection, selects)
    found: dict[str, Records] = dict(told.by_kind(rows))
    found |= {name: one.load(connection, who, ids[name]) for name, one in KINDS.items() if one.load and name in ids}
    return found, [row for row in rows if row.pinned]
