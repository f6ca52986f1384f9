"""What the daemon asks of the mailboxes: whom to read now, and how the last round went."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, exists, func, or_, select, update
from sqlmodel import col

from mailcrm.model import Folder, Heartbeat, Mailbox, Placement
from mailcrm.store.ledger import UNSETTLED
from mailcrm.store.rows import insert_missing


@dataclass(frozen=True, slots=True)
class Account:
    """What is needed to sign in to a mailbox and to judge what is in it."""

    id: int
    address: str
    user_id: int | None
    host: str
    port: int
    tls: str
    ca_file: str | None
    login: str
    secret: bytes | None
    secret_source: str
    visibility: str
    state: str
    since: datetime | None
    refusals: int
    next_try_at: datetime | None


_ACCOUNT = [getattr(Mailbox, name) for name in Account.__dataclass_fields__]


def accounts(connection: Connection) -> list[Account]:
    """Every mailbox that is to be read from a server."""
    rows = connection.execute(
        select(*_ACCOUNT).where(col(Mailbox.state) == "active", col(Mailbox.host) != "").order_by(col(Mailbox.id))
    )
    return [Account(*row) for row in rows]


def account(connection: Connection, mailbox_id: int) -> Account | None:
    """One mailbox, whatever its state; None where there is none."""
    row = connection.execute(select(*_ACCOUNT).where(col(Mailbox.id) == mailbox_id)).one_or_none()
    return Account(*row) if row else None


def with_work(connection: Connection, now: datetime) -> set[int]:
    """Mailboxes in which something waits for a decision or a body and is due."""
    return set(connection.execute(select(col(Folder.mailbox_id)).where(*_has_work(now)).distinct()).scalars())


def folders_with_work(connection: Connection, mailbox_id: int, now: datetime) -> set[int]:
    """Folders of a mailbox in which something waits and is due."""
    rows = connection.execute(select(col(Folder.id)).where(col(Folder.mailbox_id) == mailbox_id, *_has_work(now)))
    return {int(folder) for folder in rows.scalars() if folder is not None}


def _has_work(now: datetime) -> list[Any]:
    # Only what a round can do something about: else the daemon would turn in circles.
    due = or_(col(Placement.next_try_at).is_(None), col(Placement.next_try_at) <= now)
    here = (col(Placement.folder_id) == col(Folder.id), col(Placement.uidvalidity) == col(Folder.uidvalidity))
    return [
        col(Folder.wanted),
        col(Folder.missing_since).is_(None),
        or_(col(Folder.parked_until).is_(None), col(Folder.parked_until) <= now),
        exists().where(*here, col(Placement.state).in_(UNSETTLED), due),
    ]


def begin(connection: Connection, mailbox_id: int, now: datetime) -> None:
    """A round begins: its progress is counted from nothing."""
    _update(connection, mailbox_id, {"round_started_at": now, "round_done": 0, "round_bytes": 0})


def succeed(connection: Connection, mailbox_id: int, now: datetime) -> None:
    """A round came to its end: nothing is wrong any more."""
    values = {"last_success_at": now, "last_error": "", "last_error_at": None, "refusals": 0, "next_try_at": None}
    _update(connection, mailbox_id, values)


def fail(connection: Connection, mailbox_id: int, error: str, now: datetime, next_try: datetime | None) -> None:
    """A round failed, in words for people; tried again at `next_try`."""
    _update(connection, mailbox_id, {"last_error": error, "last_error_at": now, "next_try_at": next_try})


def refuse(connection: Connection, mailbox_id: int, refusals: int, state: str) -> None:
    """The password was refused so many times in a row."""
    _update(connection, mailbox_id, {"refusals": refusals, "state": state})


def beat(connection: Connection, name: str, now: datetime, stale: datetime) -> None:
    """Say that this process lives; forget those silent since before `stale`."""
    insert_missing(connection, Heartbeat, [{"name": name, "started_at": now, "seen_at": now}])
    connection.execute(update(Heartbeat).where(col(Heartbeat.name) == name).values(seen_at=now))
    connection.execute(delete(Heartbeat).where(col(Heartbeat.seen_at) < stale))


def stop_beating(connection: Connection, name: str) -> None:
    """This process ends."""
    connection.execute(delete(Heartbeat).where(col(Heartbeat.name) == name))


def forget(connection: Connection, names: Collection[str]) -> None:
    """Processes that are known to be no more do not count as living."""
    connection.execute(delete(Heartbeat).where(col(Heartbeat.name).in_(list(names))))


def _update(connection: Connection, mailbox_id: int, values: dict[str, Any]) -> None:
    connection.execute(update(Mailbox).where(col(Mailbox.id) == mailbox_id).values(**values))


def live(connection: Connection, name: str, now: datetime) -> int:
    """Say that this process lives, and tell how many of its kind (before the first colon) do."""
    insert_missing(connection, Heartbeat, [{"name": name, "started_at": now, "seen_at": now}])
    connection.execute(update(Heartbeat).where(col(Heartbeat.name) == name).values(seen_at=now))
    kind, recent = name.partition(":")[0], now - timedelta(seconds=10)
    query = select(func.count()).where(col(Heartbeat.name).startswith(f"{kind}:"), col(Heartbeat.seen_at) > recent)
    return max(1, int(connection.execute(query).scalar_one()))
