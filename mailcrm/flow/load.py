"""Archives of mail in files go through the very same decision and recording as mail from a server.

Each message is a placement whose EMAILID is the hash of its bytes: loading again skips what is settled, goes on where
it was interrupted, and decides anew on what a new client reopened.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mailcrm.crm.match import Verdict
from mailcrm.errors import LeaseLost, NotFound
from mailcrm.flow.box import Box, Copy, Row, decision, unstored
from mailcrm.flow.desk import LEASE, Desk
from mailcrm.flow.intake import glance, take_in
from mailcrm.flow.known import directory_for
from mailcrm.flow.record import record
from mailcrm.flow.rounds import Firm, box_of
from mailcrm.model import Triage
from mailcrm.store import leases, ledger, loaded, rounds
from mailcrm.store.ledger import FolderRow
from mailcrm.store.rows import insert_missing

_BATCH_MESSAGES, _BATCH_BYTES = 200, 16 << 20
_GENERATION = 1
"""The uidvalidity of folders that come from files."""


@dataclass
class Loaded:
    """What became of the messages of an archive."""

    stored: int = 0
    copies: int = 0
    dropped: int = 0
    known: int = 0
    """Already settled by an earlier load."""

    @property
    def seen(self) -> int:
        """How many messages were looked at so far."""
        return self.stored + self.copies + self.dropped + self.known


@dataclass(frozen=True, slots=True)
class Target:
    """Where an archive goes: the mailbox, the folder, and how fingerprints are made."""

    mailbox_id: int
    folder: str
    fingerprint: Callable[[str], int]


def load(
    desk: Desk, firm: Firm, target: Target, archive: Iterable[bytes], tell: Callable[[Loaded], None] = lambda _: None
) -> Loaded:
    """Load every message of `archive`; `tell` hears of the progress after each batch.

    Raises LeaseLost where another process works on the mailbox, and NotFound for a mailbox that does not exist.
    """
    done = Loaded()
    with desk.database.reading() as connection:
        account = rounds.account(connection, target.mailbox_id)
    if account is None:
        raise NotFound("There is no such mailbox.")
    with desk.database.writing() as connection:
        if not leases.claim(connection, target.mailbox_id, desk.owner, desk.now(), desk.now() + LEASE):
            raise LeaseLost("Another process works on this mailbox: try again when it is done.")
    try:
        folder = _folder(desk, target)
        box = box_of(desk, firm, account, target.fingerprint)
        for batch in _batches(archive):
            _load(desk, box, folder, batch, done)
            tell(done)
            if desk.stopping():
                break
    finally:
        with desk.database.writing() as connection:
            leases.release(connection, target.mailbox_id, desk.owner)
    return done


def _folder(desk: Desk, target: Target) -> FolderRow:
    raw_name = b"load:" + target.folder.encode()
    with desk.recording(target.mailbox_id) as connection:
        values = {"raw_name": raw_name, "name": target.folder, "uidvalidity": _GENERATION, "wanted": False}
        ledger.add_folder(connection, target.mailbox_id, values)
        return next(f for f in ledger.folders(connection, target.mailbox_id) if f.raw_name == raw_name)


def _batches(archive: Iterable[bytes]) -> Iterator[dict[str, bytes]]:
    batch: dict[str, bytes] = {}
    size = 0
    for raw in archive:
        batch[f"load:{hashlib.sha256(raw).hexdigest()}"] = raw
        size += len(raw)
        if len(batch) >= _BATCH_MESSAGES or size >= _BATCH_BYTES:
            yield batch
            batch, size = {}, 0
    if batch:
        yield batch


def _load(desk: Desk, box: Box, folder: FolderRow, batch: dict[str, bytes], done: Loaded) -> None:
    with desk.recording(box.mailbox_id) as connection:
        settled = loaded.settled(connection, folder.id, batch)
        known = loaded.present(connection, folder.id, batch)
        new = {name: raw for name, raw in batch.items() if name not in known}
        ledger.add_placements(connection, _placements(desk, folder, new, loaded.next_uid(connection, folder.id)))
        placed = loaded.present(connection, folder.id, batch)
    done.known += len(settled)
    raws = {placed[name]: raw for name, raw in batch.items() if name not in settled}
    wanted = _decide(desk, box, folder, raws, done)
    share = -(-len(wanted) // desk.readers.processes) or 1
    parts = [wanted[i : i + share] for i in range(0, len(wanted), share)]
    futures = [desk.readers.submit(take_in, [(n, raws[n]) for n in part], desk.blobs.place) for part in parts]
    intakes = [one for future in futures for one in desk.readers.result(future)]
    if not intakes:
        return
    desk.blobs.settle()
    with desk.recording(box.mailbox_id) as connection:
        recorded = record(connection, box, [(_copy(i.placement, folder), i) for i in intakes], desk.now())
    done.stored += recorded.stored
    done.copies += recorded.copies
    done.dropped += recorded.dropped


def _placements(desk: Desk, folder: FolderRow, batch: dict[str, bytes], first: int) -> list[Row]:
    return [
        {
            "folder_id": folder.id,
            "uidvalidity": _GENERATION,
            "uid": first + number,
            "email_id": name,
            "size": len(raw),
            "seen_at": desk.now(),
        }
        for number, (name, raw) in enumerate(batch.items())
    ]


def _decide(desk: Desk, box: Box, folder: FolderRow, raws: dict[int, bytes], done: Loaded) -> list[int]:
    """Settle what the headers settle; returns the placements whose bodies are wanted."""
    glances = glance([(number, _head(raw)) for number, raw in raws.items()])
    wanted: list[int] = []
    with desk.recording(box.mailbox_id) as connection:
        directory = directory_for(connection, [one.headers for one in glances])
        for one in glances:
            copy = _copy(one.placement, folder)
            decided = decision(box, copy, one.headers, directory)
            if decided.verdict is Verdict.KEEP or decided.needs_body:
                wanted.append(one.placement)
                continue
            left = unstored(box, copy, one.headers, decided, desk.now())
            ledger.update_placements(connection, [{**left.placement, "header_sha256": one.header_sha256}])
            ledger.add_traces(connection, left.traces)
            insert_missing(connection, Triage, [left.tray] if left.tray else [])
            done.dropped += 1
    return wanted


def _head(raw: bytes) -> bytes:
    ends = [end for end in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if end >= 0]
    return raw[: min(ends)] + b"\r\n\r\n" if ends else raw


def _copy(placement: int, folder: FolderRow) -> Copy:
    return Copy(placement, folder.name, frozenset(), None)
