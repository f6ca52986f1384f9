"""The ledger: folders, placements and their states. Nothing a server holds is without a row here."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, or_, select, update
from sqlmodel import col

from mailcrm.model import Folder, Placement, PlacementTrace
from mailcrm.store.rows import insert_missing, parts

UNSETTLED = ("todo", "wanted")
QUARANTINED_AFTER = 3
# Whose header could not be read is undecided yet: its body must not be fetched.
_UNTRIED = case((col(Placement.verdict) == "", "todo"), else_="wanted")

TAKEN_OUT = ("purged", "erased")
"""The rules by which mail was taken out for good: it is not fetched again, wherever it turns up in its mailbox."""


@dataclass(frozen=True, slots=True)
class FolderRow:
    """A folder as the ledger knows it."""

    id: int
    raw_name: bytes
    name: str
    role: str
    wanted: bool
    uidvalidity: int
    highestmodseq: int | None
    uid_next: int
    backfill: int
    generation: int
    resets: int
    server_count: int
    failures: int
    parked_until: datetime | None
    checked_at: datetime | None
    reconciled_at: datetime | None
    missing_since: datetime | None


@dataclass(frozen=True, slots=True)
class Work:
    """A placement that waits for a decision or for its body."""

    id: int
    folder_id: int
    uidvalidity: int
    uid: int
    size: int
    flags: str
    internal_date: datetime | None
    email_id: str | None
    attempts: int
    rule: str


_FOLDER = [getattr(Folder, name) for name in FolderRow.__dataclass_fields__]
_WORK = [getattr(Placement, name) for name in Work.__dataclass_fields__]


def folders(connection: Connection, mailbox_id: int) -> list[FolderRow]:
    """Every folder of a mailbox that was ever seen, oldest first."""
    rows = connection.execute(select(*_FOLDER).where(col(Folder.mailbox_id) == mailbox_id).order_by(col(Folder.id)))
    return [FolderRow(*row) for row in rows]


def add_folder(connection: Connection, mailbox_id: int, values: dict[str, Any]) -> None:
    """Add a folder unless it is known by its raw name."""
    insert_missing(connection, Folder, [{"mailbox_id": mailbox_id, **values}])


def update_folder(connection: Connection, folder_id: int, values: dict[str, Any]) -> None:
    """Change columns of a folder: its cursor, its counts, its errors."""
    connection.execute(update(Folder).where(col(Folder.id) == folder_id).values(**values))


def add_placements(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add discovered placements; those already known stay as they are."""
    insert_missing(connection, Placement, rows)


def work(connection: Connection, folder: FolderRow, state: str, limit: int, now: datetime) -> list[Work]:
    """Placements of the folder in `state` that are due, newest first."""
    due = or_(col(Placement.next_try_at).is_(None), col(Placement.next_try_at) <= now)
    rows = connection.execute(
        select(*_WORK)
        .where(col(Placement.folder_id) == folder.id, col(Placement.state) == state, due)
        .where(col(Placement.uidvalidity) == folder.uidvalidity)
        .order_by(col(Placement.uid).desc())
        .limit(limit)
    )
    return [Work(*row) for row in rows]


def unsettled(connection: Connection, mailbox_id: int) -> tuple[int, int]:
    """How many placements of a mailbox wait for a decision or a body, and their bytes."""
    row = connection.execute(
        select(func.count(), func.coalesce(func.sum(col(Placement.size)), 0))
        .join(Folder, col(Folder.id) == col(Placement.folder_id))
        .where(col(Folder.mailbox_id) == mailbox_id, col(Placement.state).in_(UNSETTLED))
    ).one()
    return int(row[0]), int(row[1])


def update_placements(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Change placements by `id`; every row must name the same columns."""
    if not rows:
        return
    columns = [name for name in rows[0] if name != "id"]
    statement = (
        update(Placement)
        .where(col(Placement.id) == bindparam("key"))
        .values({name: bindparam(f"new_{name}") for name in columns})
    )
    parameters = [{"key": row["id"], **{f"new_{name}": row[name] for name in columns}} for row in rows]
    connection.execute(statement.execution_options(synchronize_session=False), parameters)


def add_traces(connection: Connection, rows: Sequence[dict[str, int]]) -> None:
    """Remember the fingerprints of the people of unstored mail: {fingerprint, placement_id}."""
    insert_missing(connection, PlacementTrace, rows)


def reopen(connection: Connection, fingerprints: Iterable[int]) -> int:
    """Ask again about unstored mail that names one of these people; returns how many placements wait now."""
    return sum(_reopen(connection, [col(Placement.id).in_(_traced(part))]) for part in parts(fingerprints))


def reopen_halves(connection: Connection, fingerprints: Iterable[int]) -> int:
    """Ask again about mail of people whom nobody knew, and to whom staff turn out to have written."""
    unknown = col(Placement.rule) == "unmatched"
    return sum(_reopen(connection, [col(Placement.id).in_(_traced(part)), unknown]) for part in parts(fingerprints))


def reopen_uids(connection: Connection, folder: FolderRow, uids: Iterable[int]) -> int:
    """Ask again about unstored copies of a folder; returns how many wait now."""
    here = [col(Placement.folder_id) == folder.id, col(Placement.uidvalidity) == folder.uidvalidity]
    return sum(_reopen(connection, [*here, col(Placement.uid).in_(part)]) for part in parts(uids))


def reopen_never(connection: Connection, mailboxes: Sequence[int] | None) -> int:
    """Decide anew on what a never-list kept out of these mailboxes (None: of all)."""
    where: list[Any] = [col(Placement.rule) == "never"]
    if mailboxes is not None:
        folders = select(col(Folder.id)).where(col(Folder.mailbox_id).in_(mailboxes))
        where.append(col(Placement.folder_id).in_(folders))
    return _reopen(connection, where)


def purged(
    connection: Connection, mailbox_id: int, headers: Collection[str], email_ids: Collection[str]
) -> dict[str, str]:
    """Hash of header or EMAILID → the rule by which a message of this mailbox was taken out for good."""
    found: dict[str, str] = {}
    for column, values in ((col(Placement.header_sha256), headers), (col(Placement.email_id), email_ids)):
        for part in parts(values):
            query = (
                select(column, col(Placement.rule))
                .join(Folder, col(Folder.id) == col(Placement.folder_id))
                .where(col(Folder.mailbox_id) == mailbox_id, column.in_(part))
                .where(col(Placement.rule).in_(TAKEN_OUT))
            )
            found.update({str(mark): str(rule) for mark, rule in connection.execute(query)})
    return found


def _traced(fingerprints: list[int]) -> Any:
    return select(col(PlacementTrace.placement_id)).where(col(PlacementTrace.fingerprint).in_(fingerprints))


def _reopen(connection: Connection, where: list[Any]) -> int:
    changed = connection.execute(
        update(Placement)
        .where(*where, col(Placement.state) == "done", col(Placement.verdict) != "keep")
        .values(state="todo", verdict="", rule="", attempts=0, next_try_at=None)
    )
    return int(changed.rowcount)


def live_uids(connection: Connection, folder_id: int, uidvalidity: int) -> set[int]:
    """The UIDs of a folder that the ledger believes to be on the server."""
    rows = connection.execute(
        select(col(Placement.uid)).where(
            col(Placement.folder_id) == folder_id,
            col(Placement.uidvalidity) == uidvalidity,
            col(Placement.state) != "gone",
        )
    )
    return set(rows.scalars())


def mark_gone(
    connection: Connection, folder_id: int, uidvalidity: int, uids: Iterable[int], now: datetime
) -> list[int]:
    """Note that these copies left the server; returns the messages that had one of them."""
    messages: list[int] = []
    for part in parts(sorted(uids)):
        here = (
            col(Placement.folder_id) == folder_id,
            col(Placement.uidvalidity) == uidvalidity,
            col(Placement.uid).in_(part),
            col(Placement.state) != "gone",
        )
        messages.extend(m for m in connection.execute(select(col(Placement.message_id)).where(*here)).scalars() if m)
        connection.execute(update(Placement).where(*here).values(state="gone", gone_at=now))
    return messages


def revive(connection: Connection, folder_id: int, uidvalidity: int, uids: Iterable[int]) -> None:
    """Copies that were taken for gone and are on the server after all."""
    state = case((col(Placement.message_id).is_not(None), "done"), else_="todo")
    for part in parts(uids):
        here = (
            col(Placement.folder_id) == folder_id,
            col(Placement.uidvalidity) == uidvalidity,
            col(Placement.uid).in_(part),
            col(Placement.state) == "gone",
        )
        connection.execute(update(Placement).where(*here).values(state=state, gone_at=None))


def retire_folder(connection: Connection, folder: FolderRow, now: datetime) -> list[int]:
    """The folder is gone for good, and every copy in it; returns the messages that had one of them."""
    here = live_uids(connection, folder.id, folder.uidvalidity)
    return mark_gone(connection, folder.id, folder.uidvalidity, here, now)


def retire_generation(connection: Connection, folder: FolderRow, now: datetime) -> list[int]:
    """After a new UIDVALIDITY has been read completely: the copies of older ones are gone."""
    old = (
        col(Placement.folder_id) == folder.id,
        col(Placement.uidvalidity) != folder.uidvalidity,
        col(Placement.state) != "gone",
    )
    messages = [m for m in connection.execute(select(col(Placement.message_id)).where(*old)).scalars() if m]
    connection.execute(update(Placement).where(*old).values(state="gone", gone_at=now))
    return messages


def update_flags(connection: Connection, folder_id: int, uidvalidity: int, flags: dict[int, str]) -> None:
    """Store the flags that the server reports, by UID."""
    if not flags:
        return
    statement = (
        update(Placement)
        .where(
            col(Placement.folder_id) == folder_id,
            col(Placement.uidvalidity) == uidvalidity,
            col(Placement.uid) == bindparam("key"),
        )
        .values(flags=bindparam("new_flags"))
    )
    parameters = [{"key": uid, "new_flags": value} for uid, value in flags.items()]
    connection.execute(statement.execution_options(synchronize_session=False), parameters)


def note_failure(connection: Connection, placement: int, attempts: int, reason: str, next_try: datetime) -> None:
    """A copy that could not be read or stored: tried again, and from the third time on kept in quarantine."""
    state = "quarantine" if attempts >= QUARANTINED_AFTER else _UNTRIED
    connection.execute(
        update(Placement)
        .where(col(Placement.id) == placement)
        .values(attempts=attempts, error=reason, next_try_at=next_try, state=state)
    )


def release_quarantine(connection: Connection, mailbox_id: int, now: datetime) -> None:
    """Let copies in quarantine have their next try where it is due."""
    mine = select(col(Folder.id)).where(col(Folder.mailbox_id) == mailbox_id)
    connection.execute(
        update(Placement)
        .where(col(Placement.folder_id).in_(mine), col(Placement.state) == "quarantine")
        .where(col(Placement.next_try_at) <= now)
        .values(state=_UNTRIED)
    )
