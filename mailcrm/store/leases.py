"""One process at a time works on a mailbox: a lease with an end, kept in the mailbox's row."""

from datetime import datetime

from sqlalchemy import Connection, or_, select, update
from sqlmodel import col

from mailcrm.model import Mailbox


def claim(connection: Connection, mailbox_id: int, owner: str, now: datetime, until: datetime) -> bool:
    """Take or renew the lease; False where another owner holds it."""
    free = or_(col(Mailbox.lease_until).is_(None), col(Mailbox.lease_until) <= now, col(Mailbox.lease_owner) == owner)
    changed = connection.execute(
        update(Mailbox).where(col(Mailbox.id) == mailbox_id, free).values(lease_owner=owner, lease_until=until)
    )
    return changed.rowcount == 1


def renew(connection: Connection, mailbox_id: int, owner: str, until: datetime) -> bool:
    """Push the end of one's own lease; False where it is not one's own any more.

    Done in each transaction of a round, it fences off a process that was asleep while another took over.
    """
    changed = connection.execute(
        update(Mailbox)
        .where(col(Mailbox.id) == mailbox_id, col(Mailbox.lease_owner) == owner)
        .values(lease_until=until)
    )
    return changed.rowcount == 1


def release(connection: Connection, mailbox_id: int, owner: str) -> None:
    """Give the lease back."""
    connection.execute(
        update(Mailbox)
        .where(col(Mailbox.id) == mailbox_id, col(Mailbox.lease_owner) == owner)
        .values(lease_owner="", lease_until=None)
    )


def owners(connection: Connection) -> set[str]:
    """Everybody who holds a lease, run out or not."""
    return set(connection.execute(select(col(Mailbox.lease_owner)).where(col(Mailbox.lease_owner) != "")).scalars())


def release_all(connection: Connection, owner: str) -> None:
    """Give back every lease of an owner who cannot do it himself."""
    mine = update(Mailbox).where(col(Mailbox.lease_owner) == owner)
    connection.execute(mine.values(lease_owner="", lease_until=None))


def note_progress(connection: Connection, mailbox_id: int, messages: int, size: int) -> None:
    """Count what the present round has done so far."""
    connection.execute(
        update(Mailbox)
        .where(col(Mailbox.id) == mailbox_id)
        .values(
            round_done=col(Mailbox.round_done) + messages,
            round_bytes=col(Mailbox.round_bytes) + size,
        )
    )
