"""When chores are due and who is at them: claimed by a lease in the row, so that two daemons do each once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select, update
from sqlmodel import col

from mailcrm.model import Chore
from mailcrm.store.rows import insert_missing

LEASE = timedelta(minutes=15)
"""So long a chore may take before another daemon thinks that nobody is at it any more."""


@dataclass(frozen=True, slots=True)
class ChoreRow:
    """One chore: when it is due, when it last ended well, what went wrong since."""

    name: str
    due_at: datetime
    done_at: datetime | None
    error: str


def known(connection: Connection) -> list[ChoreRow]:
    """Every chore that a daemon has seen, by name."""
    columns = (col(Chore.name), col(Chore.due_at), col(Chore.done_at), col(Chore.error))
    return [ChoreRow(*row) for row in connection.execute(select(*columns).order_by(col(Chore.name)))]


def add_missing(connection: Connection, names: Iterable[str], now: datetime) -> None:
    """Make rows for chores that are new; a new one is due at once."""
    rows = [{"name": name, "due_at": now, "lease_owner": "", "error": ""} for name in names]
    insert_missing(connection, Chore, rows)


def is_due(due_at: datetime, every: timedelta, now: datetime) -> bool:
    """Whether it is time.

    What is due much later than its own interval from now was dated by a clock that has been put back: it is due too.
    The clocks of two machines may differ a little without that.
    """
    return due_at <= now or due_at > now + every + LEASE


def claim(connection: Connection, name: str, every: timedelta, owner: str, now: datetime) -> bool:
    """Take a chore that is due and that nobody is at; False where there is nothing to do."""
    free = or_(
        col(Chore.lease_owner) == "",
        col(Chore.lease_until).is_(None),
        col(Chore.lease_until) <= now,
        col(Chore.lease_until) > now + 2 * LEASE,
    )
    due = or_(col(Chore.due_at) <= now, col(Chore.due_at) > now + every + LEASE)
    taken = connection.execute(
        update(Chore).where(col(Chore.name) == name, free, due).values(lease_owner=owner, lease_until=now + LEASE)
    )
    return taken.rowcount == 1


def settle(connection: Connection, name: str, owner: str, ended: datetime, again: datetime) -> None:
    """A chore that ended well: due `again`. Nothing happens where the lease is another's by now."""
    values = {"due_at": again, "done_at": ended, "error": "", "lease_owner": "", "lease_until": None}
    connection.execute(update(Chore).where(col(Chore.name) == name, col(Chore.lease_owner) == owner).values(values))


def fail(connection: Connection, name: str, owner: str, error: str, again: datetime) -> None:
    """A chore that failed, why, and when it is tried again."""
    values = {"due_at": again, "error": error, "lease_owner": "", "lease_until": None}
    connection.execute(update(Chore).where(col(Chore.name) == name, col(Chore.lease_owner) == owner).values(values))
