"""Blobs that nothing refers to: found by mark and sweep, taken away after a grace."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from mailcrm.errors import NotFound
from mailcrm.net.blobs import BlobStore
from mailcrm.store import kept
from mailcrm.store.database import Database

GRACE = timedelta(days=7)
"""Blobs are kept before the rows that refer to them, and a restored database is older than its blobs: a younger one
may yet be referred to."""
_PORTION = 4000


@dataclass(frozen=True, slots=True)
class Orphan:
    """A blob that no row refers to."""

    name: str
    size: int
    """Bytes in the store."""


def orphans(
    database: Database, blobs: BlobStore, before: datetime, tell: Callable[[int], None] | None = None
) -> list[Orphan]:
    """The blobs stored before a time that no row refers to, in order; `tell` hears how many were looked at. Raises
    StorageFailed."""
    found: list[Orphan] = []
    looked = 0
    names = blobs.iterate()
    with database.reading() as connection:
        quarantined = kept.quarantined_names(connection)
    while portion := list(islice(names, _PORTION)):
        # Its names first, the rows after them: what is kept and referred to later is not among these names.
        with database.reading() as connection:
            referred = kept.referred(connection, portion) | quarantined
        found.extend(filter(None, (_old(blobs, name, before) for name in portion if name not in referred)))
        looked += len(portion)
        if tell:
            tell(looked)
    return found


def remove(database: Database, blobs: BlobStore, names: Iterable[str], before: datetime) -> list[str]:
    """Deletes those of the blobs that still nothing refers to and that were not kept again since; returns them. May be
    killed at any moment and run again. Raises StorageFailed."""
    wanted = iter(names)
    removed: list[str] = []
    while portion := list(islice(wanted, _PORTION)):
        with database.reading() as connection:
            referred = kept.referred(connection, portion) | kept.quarantined_names(connection)
        orphaned = (name for name in portion if name not in referred)
        removed.extend(name for name in orphaned if blobs.expire(name, before.timestamp()))
    blobs.sweep(before.timestamp())
    return removed


def _old(blobs: BlobStore, name: str, before: datetime) -> Orphan | None:
    try:
        return Orphan(name, blobs.size(name)) if blobs.written_at(name) < before.timestamp() else None
    except NotFound:
        return None
