"""Whether every blob that a row refers to is there and whole; repair fetches again what can be fetched."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from mailcrm.flow import sweep
from mailcrm.flow.intake import take_in
from mailcrm.flow.sweep import GRACE
from mailcrm.net.blobs import BlobStore
from mailcrm.store import document_faults, kept
from mailcrm.store.database import Database


@dataclass
class Report:
    """What was found, by name of blob, and what was done about it."""

    checked: int = 0
    missing: list[str] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    rewritten: int = 0
    """Attachments made again from their raw messages."""
    waiting: int = 0
    """Placements that the sync will fetch again."""
    removed: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)
    """Of documents: what is wrong, and the SHA-256 of the content. `mailcrm documents rebuild --apply` mends them."""
    lost: list[str] = field(default_factory=list)
    """What no server and no raw message has any more."""

    @property
    def is_clean(self) -> bool:
        """True where nothing is missing, nothing is corrupt and the tables of documents agree."""
        return not (self.missing or self.corrupt or self.faults)


def examine(
    database: Database, blobs: BlobStore, now: datetime, tell: Callable[[int, int], None] | None = None
) -> Report:
    """Read every blob that a row refers to; `tell` hears of the progress: checked, all."""
    report = Report()
    report.orphans = [one.name for one in sweep.orphans(database, blobs, now - GRACE)]
    with database.reading() as connection:
        wanted = kept.raw_names(connection) | kept.attachment_names(connection)
        report.faults = document_faults.faults(connection)
    for name in sorted(wanted):
        state = blobs.verify(name)
        if state != "ok":
            (report.missing if state == "missing" else report.corrupt).append(name)
        report.checked += 1
        if tell:
            tell(report.checked, len(wanted))
    return report


def repair(database: Database, blobs: BlobStore, report: Report, now: datetime) -> None:
    """Mend what `examine` found, in place: attachments from raw messages, raw messages from their servers.

    A corrupt blob is removed before it is kept anew; orphans are removed. What cannot be had is in `lost`.
    """
    bad = {*report.missing, *report.corrupt}
    for name in report.corrupt:
        blobs.remove(name)
    with database.reading() as connection:
        raws = kept.raw_names(connection) & bad
        sources = kept.raws_with(connection, bad - raws)
    for name in sorted(bad - raws):
        if not blobs.has(name):
            _take_apart([raw for raw in sources.get(name, []) if raw not in bad], blobs)
        if blobs.has(name):
            report.rewritten += 1
    # The attachments of a lost raw message come back together with it.
    hopeless = [name for name in sorted(bad - raws) if not blobs.has(name)]
    with database.writing() as connection:
        report.waiting, lost = kept.ask_again(connection, raws)
    report.lost = [*lost, *(name for name in hopeless if set(sources.get(name, ())) <= set(lost))]
    report.removed = len(sweep.remove(database, blobs, report.orphans, now - GRACE))


def _take_apart(raws: Collection[str], blobs: BlobStore) -> None:
    for raw in list(raws)[:1]:
        take_in([(0, blobs.read(raw))], blobs.place)
        blobs.settle()
