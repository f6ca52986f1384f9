"""The kinds of timeline entries that are no messages: their name, where their texts come from, how they look.

A kind that stands here can be chosen in the filter of a timeline. Its `select` (see `store.told`) is asked together
with those of all other kinds, in one query.
"""

from collections.abc import Mapping, Sequence
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
    template: str
    """The file that shows one: it finds the entry as `e` and the record as `record`."""
    select: told.Select | None = None
    """The SELECT of the records with these numbers; one that is missing is not shown. Notes have one for all three."""


KINDS: dict[str, EntryKind] = {
    "note": EntryKind(_l("Note"), "notes/entry.html"),
    "call": EntryKind(_l("Call"), "notes/entry.html"),
    "meeting": EntryKind(_l("Meeting"), "notes/entry.html"),
    "task": EntryKind(_l("Task"), "tasks/entry.html", told.tasks),
    "deal": EntryKind(_l("Deal"), "deals/entry.html", told.deals),
    "offer": EntryKind(_l("Offers sent"), "mailings/entry.html", told.offers),
    "decision": EntryKind(_l("Decisions on offers"), "results/entry.html", told.decisions),
}
"""By the kind of the entry."""


def records(
    connection: Connection, who: Viewer, client_id: int, entries: Sequence[EntryRow]
) -> tuple[dict[str, Records], list[told.Told]]:
    """The records of these entries by kind, and the pinned notes of the client, in one query."""
    ids: dict[str, list[int]] = {}
    for entry in entries:
        ids.setdefault(entry.entry_kind, []).append(entry.record_id)
    noted = [number for name in NOTES for number in ids.get(name, ())]
    selects = [told.notes(client_id)(who, noted)]
    selects += [one.select(who, ids[name]) for name, one in KINDS.items() if one.select and name in ids]
    rows = told.told(connection, selects)
    return dict(told.by_kind(rows)), [row for row in rows if row.pinned]
