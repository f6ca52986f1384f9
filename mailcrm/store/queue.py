"""The queue of recipients: claim, mark, record, give back, reap. PostgreSQL or SQLite is the queue and the lock.

Every later write of a worker names the worker and the state it expects ("fencing"), so that one who was asleep while
another took over changes nothing. Times are the database's, not the machine's: several machines share one queue.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select, text, update
from sqlmodel import col

from mailcrm.mailing.state import SENDS
from mailcrm.model import Attempt, Mailing, Recipient, SendAccount
from mailcrm.model.columns import UtcTime
from mailcrm.store.rows import insert, parts, table
from mailcrm.store.suppressions import suppressed_recipient

CLAIM_LEASE = timedelta(minutes=2)
SENDING_LEASE = timedelta(minutes=12)
"""Longer than the ten minutes for which the reply to the final dot is awaited."""
# In words, since a partial index serves only a condition that the database can read.
_WAITING = text("recipient.state IN ('queued', 'deferred')")


@dataclass(frozen=True, slots=True)
class Claimed:
    """One recipient whom a worker may now write to, as frozen when it was prepared."""

    id: int
    mailing_id: int
    client_id: int | None
    address: str
    attempts: int
    first_failed_at: datetime | None
    message_id: str
    raw_sha256: str
    raw_size: int


_CLAIMED: Any = [getattr(Recipient, name) for name in Claimed.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class Worker:
    """One sending process in leases, and the transaction's time."""

    name: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """Where a worker claims from: one mailing's recipients who are written to by one account."""

    account_id: int
    mailing_id: int
    wave: int


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one recipient in one attempt, to be written down."""

    id: int
    state: str
    reason: str
    attempts: int
    first_failed_at: datetime | None
    not_before: datetime | None
    sent_copy: str


def database_now(connection: Connection) -> datetime:
    """The time by the database's clock; SQLite has none but this machine's."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    found: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return found.astimezone(UTC)


def claim(connection: Connection, source: Source, worker: Worker, wanted: int) -> list[Claimed]:
    """Up to so many due recipients, who are the worker's for two minutes; no two workers get the same one."""
    sends = exists().where(col(Mailing.id) == source.mailing_id, col(Mailing.state).in_(SENDS))
    active = exists().where(col(SendAccount.id) == source.account_id, col(SendAccount.state) == "active")
    due = (
        select(col(Recipient.id))
        .where(
            col(Recipient.account_id) == source.account_id,
            col(Recipient.mailing_id) == source.mailing_id,
            col(Recipient.wave) <= source.wave,
            col(Recipient.not_before) <= worker.now,
            _WAITING,
            sends,
            active,
        )
        .order_by(col(Recipient.wave), col(Recipient.not_before), col(Recipient.id))
        .limit(wanted)
    )
    if connection.dialect.name != "sqlite":
        due = due.with_for_update(skip_locked=True)
    taken = (
        update(Recipient)
        .where(col(Recipient.id).in_(due.scalar_subquery()))
        .values(state="claimed", worker=worker.name, lease_until=worker.now + CLAIM_LEASE)
        .returning(*_CLAIMED)
    )
    return sorted((Claimed(*row) for row in connection.execute(taken)), key=lambda one: one.id)


def mark(connection: Connection, ids: Sequence[int], worker: Worker) -> dict[int, datetime]:
    """The point of no return, for those who may still be written to: id → the Date of the message.

    In this one statement a mailing or an account that was paused, an address that was suppressed and a claim that was
    lost are found out, up to the last moment before the message.
    """
    values = {"ids": ids, "owner": worker.name, "date": worker.now, "lease": worker.now + SENDING_LEASE}
    rows: Any = connection.execute(_marking(), values)
    return {int(number): at for number, at in rows}


@cache
def _marking() -> Any:
    """Built once: making a statement costs more than running it."""
    running = exists().where(col(Mailing.id) == col(Recipient.mailing_id), col(Mailing.state).in_(SENDS))
    active = exists().where(col(SendAccount.id) == col(Recipient.account_id), col(SendAccount.state) == "active")
    return (
        update(Recipient)
        .where(
            col(Recipient.id).in_(bindparam("ids", expanding=True)),
            col(Recipient.worker) == bindparam("owner"),
            col(Recipient.state) == "claimed",
            running,
            active,
            ~suppressed_recipient(),
        )
        .values(
            state="sending",
            lease_until=bindparam("lease", type_=UtcTime()),
            dated_at=func.coalesce(col(Recipient.dated_at), bindparam("date", type_=UtcTime())),
        )
        .returning(col(Recipient.id), col(Recipient.dated_at))
    )


def refuse_suppressed(connection: Connection, ids: Collection[int], worker: Worker) -> None:
    """Of those who could not be marked: the suppressed are skipped for good, the others go back into the queue."""
    mine = (col(Recipient.id).in_(list(ids)), col(Recipient.worker) == worker.name, col(Recipient.state) == "claimed")
    skipped = {"state": "skipped", "reason": "suppressed", "worker": "", "lease_until": None}
    connection.execute(update(Recipient).where(*mine, suppressed_recipient()).values(**skipped))
    connection.execute(update(Recipient).where(*mine).values(state="queued", worker="", lease_until=None))


def skip(connection: Connection, ids: Collection[int], worker: Worker) -> None:
    """Skip claimed recipients whose erased address is suppressed under its keyed hash."""
    mine = (col(Recipient.id).in_(list(ids)), col(Recipient.worker) == worker.name, col(Recipient.state) == "claimed")
    skipped = {"state": "skipped", "reason": "suppressed", "worker": "", "lease_until": None}
    connection.execute(update(Recipient).where(*mine).values(**skipped))


def record(connection: Connection, results: Sequence[Result], worker: Worker) -> None:
    """Write down what became of recipients that this worker has: also of those whom a reaper took for uncertain, as
    who held the connection knows better."""
    accepted: dict[str, list[int]] = {}
    others: list[dict[str, Any]] = []
    for one in results:
        if one.state == "accepted":
            accepted.setdefault(one.sent_copy, []).append(one.id)
        else:
            others.append({**_values(one), "owner": worker.name})
    for copy, ids in accepted.items():
        connection.execute(_accepting(), {"ids": ids, "owner": worker.name, "at": worker.now, "copy": copy})
    if others:
        connection.execute(_changing(), others)


def _held() -> Any:
    state = col(Recipient.state)
    held = or_(state == "claimed", state == "sending", state == "uncertain")
    return and_(col(Recipient.worker) == bindparam("owner"), held)


@cache
def _accepting() -> Any:
    return (
        update(Recipient)
        .where(col(Recipient.id).in_(bindparam("ids", expanding=True)), _held())
        .values(
            state="accepted",
            accepted_at=bindparam("at", type_=UtcTime()),
            reason="",
            sent_copy=bindparam("copy"),
            lease_until=None,
            attempts=col(Recipient.attempts) + 1,
        )
    )


@cache
def _changing() -> Any:
    recipients = table(Recipient)
    named: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _CHANGED}
    return update(recipients).where(recipients.c.id == bindparam("which"), _held()).values(**named, lease_until=None)


_CHANGED = ("state", "reason", "attempts", "first_failed_at", "not_before")


def _values(one: Result) -> dict[str, Any]:
    return {"which": one.id, **{f"new_{name}": getattr(one, name) for name in _CHANGED}}


def note_attempts(connection: Connection, attempts: Sequence[dict[str, Any]]) -> None:
    """Add what servers said, in their own words: rows that name the columns of `attempt`."""
    insert(connection, Attempt, attempts)


def give_back(connection: Connection, ids: Collection[int], worker: Worker, not_before: datetime | None = None) -> None:
    """Recipients of whom the worker knows that nothing was sent return into the queue as they were."""
    later = {} if not_before is None else {"not_before": not_before}
    held = col(Recipient.state).in_(("claimed", "sending"))
    for some in parts(ids):
        mine = (col(Recipient.id).in_(some), col(Recipient.worker) == worker.name, held)
        connection.execute(update(Recipient).where(*mine).values(state="queued", worker="", lease_until=None, **later))


def release_forgotten(connection: Connection, worker: Worker, busy: Collection[int]) -> int:
    """Return whoever the worker has claimed for accounts that it does not work for at all; how many.

    The answer to a claim can be lost together with the connection: then nobody knows of it, and the lease of a worker
    that lives is not taken. Whoever is known after all loses nothing: the mark finds out that the claim is gone.
    """
    # The range is that of the index on leases: nearly all recipients have none.
    mine = (col(Recipient.lease_until) > worker.now - timedelta(days=1), col(Recipient.worker) == worker.name)
    idle = (col(Recipient.state) == "claimed", col(Recipient.account_id).not_in(list(busy)))
    freed = update(Recipient).where(*mine, *idle)
    return connection.execute(freed.values(state="queued", worker="", lease_until=None)).rowcount


def reap(connection: Connection, now: datetime, dead: Collection[str] = (), own: str = "") -> tuple[int, int]:
    """Take from workers whose lease has run out, or who are known to be dead; how many were (freed, uncertain).

    Who was claimed goes back into the queue: no byte of the message has gone. Who was being sent to is uncertain. The
    own ones only a day later: their lease may seem to have run out because a clock jumped.
    """
    late = or_(
        and_(col(Recipient.lease_until) < now, col(Recipient.worker) != own),
        col(Recipient.lease_until) < now - timedelta(days=1),
    )
    gone = or_(late, col(Recipient.worker).in_(list(dead)))
    freed = update(Recipient).where(col(Recipient.state) == "claimed", gone)
    unknown = update(Recipient).where(col(Recipient.state) == "sending", gone)
    return (
        connection.execute(freed.values(state="queued", worker="", lease_until=None)).rowcount,
        connection.execute(unknown.values(state="uncertain", reason="worker-lost", lease_until=None)).rowcount,
    )


def workers(connection: Connection) -> set[str]:
    """Everybody who holds recipients."""
    held = col(Recipient.lease_until).is_not(None)
    return set(connection.execute(select(col(Recipient.worker)).where(held).distinct()).scalars())
