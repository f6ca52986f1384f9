"""Discovery: which folders there are and which UIDs they hold. The cursor moves only with what it passes."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mailcrm.crm.explicit import KEYWORDS
from mailcrm.errors import LimitExceeded, ServerRefused
from mailcrm.flow.box import Box, Row
from mailcrm.flow.desk import Desk
from mailcrm.net.imap.session import Session
from mailcrm.net.imap.uids import UidSet
from mailcrm.net.imap.values import Examined, Flags, Seen, Status, Vanished
from mailcrm.net.imap.values import Folder as Listed
from mailcrm.store import ledger, messages, rounds
from mailcrm.store.ledger import FolderRow

MAX_RESETS = 3
MOST_UIDS = 20_000_000
PARKED = timedelta(hours=6)
MISSED = timedelta(minutes=10)
RECONCILED_EVERY = timedelta(days=7)
_SKIPPED = frozenset({"drafts", "junk", "trash"})
_ORDER = ("inbox", "sent", "all", "archive", "other")


def list_folders(desk: Desk, box: Box, session: Session) -> list[FolderRow]:
    """Bring the ledger's folders up to LIST and return those to read, INBOX and Sent first.

    An empty answer removes nothing; a folder that is left out is noted and keeps its mail.
    """
    listed = [f for f in session.folders() if f.selectable]
    whole = any(f.role == "all" for f in listed)
    now = desk.now()
    with desk.recording(box.mailbox_id) as connection:
        known = {row.raw_name: row for row in ledger.folders(connection, box.mailbox_id)}
        for folder in listed:
            _list_one(connection, box.mailbox_id, folder, known.get(folder.raw_name), wanted=_wanted(folder, whole))
        for row in known.values():
            if listed and row.raw_name not in {f.raw_name for f in listed}:
                _miss(connection, row, now)
        rows = ledger.folders(connection, box.mailbox_id)
        busy = rounds.folders_with_work(connection, box.mailbox_id, now)
    there = {f.raw_name for f in listed}
    status = {f.raw_name: f.status for f in listed}
    # Of the folder that is open in a session the server tells what that session has seen (RFC 3501 §6.3.10).
    if session.examined is not None:
        status[session.examined.raw_name] = None
    due = [
        r
        for r in rows
        if r.wanted
        and r.raw_name in there
        and (r.parked_until is None or r.parked_until <= now)
        and (r.id in busy or not _is_unchanged(r, status[r.raw_name], now))
    ]
    return sorted(due, key=lambda r: (_ORDER.index(r.role) if r.role in _ORDER else len(_ORDER), r.name))


def discover(desk: Desk, box: Box, session: Session, folder: FolderRow) -> FolderRow:
    """Open the folder and note what is new, changed and gone; older mail window by window on a first sync.

    Returns the folder as the ledger now has it; raises ServerRefused when it cannot be opened.
    """
    known = (folder.uidvalidity, folder.highestmodseq) if folder.highestmodseq else None
    examined = session.examine(folder.raw_name, known)
    if examined.uidvalidity != folder.uidvalidity:
        folder = _begin_generation(desk, box, session, folder, examined)
    folder = _discover_new(desk, box, session, folder, examined)
    folder = _discover_older(desk, box, session, folder)
    if folder.backfill <= 1:
        _note_changes(desk, box, session, folder, examined)
        folder = _reconcile_if_due(desk, box, session, folder, examined)
    return folder


def _is_unchanged(row: FolderRow, status: Status | None, now: datetime) -> bool:
    # Only with modification sequences does equality prove that no flag changed either (RFC 7162 §3.1.2).
    if status is None or not status.highestmodseq or row.backfill > 1:
        return False
    known = (row.uidvalidity, row.uid_next, row.server_count, row.highestmodseq)
    recent = row.reconciled_at is not None and row.reconciled_at + RECONCILED_EVERY > now
    return recent and known == (status.uidvalidity, status.uidnext, status.messages, status.highestmodseq)


def _wanted(folder: Listed, whole: bool) -> bool:
    if whole:
        # Gmail: every other folder is a view of All Mail.
        return folder.role == "all"
    return folder.role not in _SKIPPED


def _list_one(connection: Connection, mailbox_id: int, folder: Listed, row: FolderRow | None, *, wanted: bool) -> None:
    values = {"name": folder.name, "delimiter": folder.delimiter, "role": folder.role}
    if row is None:
        ledger.add_folder(connection, mailbox_id, {"raw_name": folder.raw_name, "wanted": wanted, **values})
    elif (row.name, row.role) != (folder.name, folder.role) or row.missing_since is not None:
        ledger.update_folder(connection, row.id, {**values, "missing_since": None})


def _miss(connection: Connection, row: FolderRow, now: datetime) -> None:
    # One LIST may be wrong; ten minutes later it is believed, and the copies in the folder are gone.
    if row.missing_since is None:
        ledger.update_folder(connection, row.id, {"missing_since": now})
    elif row.missing_since + MISSED <= now:
        messages.note_removed(connection, ledger.retire_folder(connection, row, now), now)


def _save(desk: Desk, box: Box, folder: FolderRow, **values: object) -> FolderRow:
    with desk.recording(box.mailbox_id) as connection:
        ledger.update_folder(connection, folder.id, values)
    return replace(folder, **values)  # type: ignore[arg-type]


def _begin_generation(desk: Desk, box: Box, session: Session, folder: FolderRow, examined: Examined) -> FolderRow:
    resets = folder.resets + 1 if folder.uidvalidity else 0
    if resets > MAX_RESETS:
        _save(desk, box, folder, parked_until=desk.now() + PARKED, resets=0)
        raise ServerRefused("The server gives this folder new UIDs again and again; it is left alone for six hours.")
    first = examined.uidnext or max((high for _, high in session.all_uids().ranges), default=0) + 1
    return _save(
        desk,
        box,
        folder,
        uidvalidity=examined.uidvalidity,
        generation=folder.generation + 1,
        resets=resets,
        highestmodseq=examined.highestmodseq,
        uid_next=first,
        backfill=first,
        server_count=examined.exists,
    )


def _discover_new(desk: Desk, box: Box, session: Session, folder: FolderRow, examined: Examined) -> FolderRow:
    end = examined.uidnext
    while end is None or folder.uid_next < end:
        last = None if end is None else min(folder.uid_next + desk.limits.window, end) - 1
        seen = list(_seen(session.discover(folder.uid_next, last)))
        reached = max([s.uid for s in seen] + [last or folder.uid_next - 1]) + 1
        folder = _note_seen(desk, box, folder, seen, {"uid_next": max(reached, folder.uid_next)})
        if last is None:
            break
    return folder


def _discover_older(desk: Desk, box: Box, session: Session, folder: FolderRow) -> FolderRow:
    if folder.backfill <= 1:
        return folder
    first = max(1, folder.backfill - desk.limits.window)
    seen = list(_seen(session.discover(first, folder.backfill - 1)))
    return _note_seen(desk, box, folder, seen, {"backfill": first})


def _seen(found: Iterable[object]) -> Iterator[Seen]:
    # What cannot be read is not lost: the reconciliation asks for every UID that the ledger lacks.
    return (one for one in found if isinstance(one, Seen))


def _note_seen(desk: Desk, box: Box, folder: FolderRow, seen: list[Seen], cursor: Row) -> FolderRow:
    with desk.recording(box.mailbox_id) as connection:
        ledger.add_placements(connection, [_placement(folder, one, desk.now()) for one in seen])
        ledger.update_folder(connection, folder.id, cursor)
    return replace(folder, **cursor)


def _placement(folder: FolderRow, seen: Seen, now: datetime) -> Row:
    return {
        "folder_id": folder.id,
        "uidvalidity": folder.uidvalidity,
        "uid": seen.uid,
        "state": "todo",
        "flags": words(seen.flags),
        "size": seen.size,
        "internal_date": seen.internal_date,
        "modseq": seen.modseq,
        "email_id": seen.email_id,
        "seen_at": now,
    }


def words(flags: Iterable[str]) -> str:
    """The flags as the ledger keeps them; \\Recent says nothing about the message (RFC 3501 §2.3.2)."""
    return " ".join(sorted(f for f in flags if f.lower() != "\\recent"))


def _note_changes(desk: Desk, box: Box, session: Session, folder: FolderRow, examined: Examined) -> None:
    changed = {f.uid: words(f.flags) for f in examined.changed}
    gone = examined.vanished
    if examined.mode != "plain" and folder.highestmodseq and examined.highestmodseq != folder.highestmodseq:
        for one in session.changes(folder.highestmodseq):
            if isinstance(one, Flags):
                changed[one.uid] = words(one.flags)
            elif isinstance(one, Vanished):
                gone = gone | one.uids
    gone = gone | session.vanished_meanwhile()
    with desk.recording(box.mailbox_id) as connection:
        live = ledger.live_uids(connection, folder.id, folder.uidvalidity) if gone.ranges else set()
        _remove(connection, folder, {uid for uid in live if uid in gone}, desk.now())
        ledger.update_flags(connection, folder.id, folder.uidvalidity, changed)
        marked = [uid for uid, flags in changed.items() if KEYWORDS & set(flags.lower().split())]
        ledger.reopen_uids(connection, folder, marked)
        values = {"server_count": examined.exists, "checked_at": desk.now(), "failures": 0, "error": ""}
        if examined.highestmodseq:
            values["highestmodseq"] = examined.highestmodseq
        ledger.update_folder(connection, folder.id, values)


def _remove(connection: Connection, folder: FolderRow, uids: Iterable[int], now: datetime) -> None:
    orphans = ledger.mark_gone(connection, folder.id, folder.uidvalidity, uids, now)
    messages.note_removed(connection, orphans, now)


def _reconcile_if_due(desk: Desk, box: Box, session: Session, folder: FolderRow, examined: Examined) -> FolderRow:
    with desk.database.reading() as connection:
        live = ledger.live_uids(connection, folder.id, folder.uidvalidity)
    due = folder.reconciled_at is None or folder.reconciled_at + RECONCILED_EVERY <= desk.now()
    if len(live) == examined.exists and not due:
        return folder
    return reconcile(desk, box, session, folder, live)


def reconcile(desk: Desk, box: Box, session: Session, folder: FolderRow, live: set[int]) -> FolderRow:
    """Compare every UID of the server with the ledger: ask for what is missing, believe an absence only twice."""
    held = session.all_uids()
    if len(held) > MOST_UIDS:
        raise LimitExceeded("The server claims to hold more messages in this folder than there can be.")
    on_server = set(held)
    unknown = UidSet.of(on_server - live)
    found = [seen for low, high in unknown.ranges for seen in _seen(session.discover(low, high))]
    doubted = live - on_server
    absent = doubted - session.present(doubted) if doubted else set()
    now = desk.now()
    with desk.recording(box.mailbox_id) as connection:
        ledger.add_placements(connection, [_placement(folder, one, now) for one in found])
        ledger.revive(connection, folder.id, folder.uidvalidity, [one.uid for one in found])
        _remove(connection, folder, absent, now)
        ledger.update_folder(connection, folder.id, {"reconciled_at": now, "resets": 0})
    return replace(folder, reconciled_at=now)


def finish_generation(desk: Desk, box: Box, folder: FolderRow) -> None:
    """Once everything under the present UIDVALIDITY is settled, the copies under older ones are gone."""
    with desk.recording(box.mailbox_id) as connection:
        orphans = ledger.retire_generation(connection, folder, desk.now())
        messages.note_removed(connection, orphans, desk.now())
