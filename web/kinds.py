"""The kinds of timeline entries that are no messages: their name, where their texts come from, how they look.

A kind that is registered here can be chosen in the filter of a timeline. Its rows are loaded by one query for a page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from mailcrm.store.timeline import EntryRow
from mailcrm.store.visibility import Viewer

Records = Mapping[int, Any]
"""Number of a record → what its template shows."""


@dataclass(frozen=True, slots=True)
class EntryKind:
    """How entries of one kind are told."""

    label: Any
    """In the filter; translated when it is shown."""
    load: Callable[[Connection, Viewer, Sequence[int]], Records]
    """The records with these numbers; one that is missing is not shown."""
    template: str
    """The file that shows one: it finds the entry as `e` and the record as `record`."""


KINDS: dict[str, EntryKind] = {}
"""By the kind of the entry."""


def records(connection: Connection, who: Viewer, entries: Sequence[EntryRow]) -> dict[str, Records]:
    """The records of these entries, by kind: one query for each kind that occurs."""
    found: dict[str, Records] = {}
    for name in {entry.entry_kind for entry in entries} & set(KINDS):
        found[name] = KINDS[name].load(connection, who, [one.record_id for one in entries if one.entry_kind == name])
    return found
