"""Limits of sending as rows: the theoretical arrival times of `mailing.pace`, shared by all processes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlmodel import col

from mailcrm.mailing.pace import Limit
from mailcrm.model import Limiter
from mailcrm.store.rows import insert_missing


def take(connection: Connection, limits: Sequence[Limit], now: datetime, wanted: int) -> tuple[int, datetime]:
    """How many of those wanted may be sent now under all the limits, taken at once; and when the next one may.

    In a write transaction: the rows stay locked to its end, so that no two workers take the same.
    """
    allowed, tats = wanted, {}
    for limit in limits:
        tats[limit.key] = _arrival(connection, limit.key, now)
        allowed = min(allowed, limit.take(tats[limit.key], now, allowed)[0])
    opens = now
    for limit in limits:
        _, tat = limit.take(tats[limit.key], now, allowed)
        connection.execute(update(Limiter).where(col(Limiter.key) == limit.key).values(tat=tat))
        opens = max(opens, limit.opens(tat, now))
    return allowed, opens


def give_back(connection: Connection, limits: Sequence[Limit], count: int) -> None:
    """What was taken and not used."""
    for limit in limits:
        row = select(col(Limiter.tat)).where(col(Limiter.key) == limit.key)
        if (tat := connection.execute(row).scalar_one_or_none()) is not None:
            less = update(Limiter).where(col(Limiter.key) == limit.key)
            connection.execute(less.values(tat=tat - limit.cost * count))


def _arrival(connection: Connection, key: str, now: datetime) -> datetime:
    insert_missing(connection, Limiter, [{"key": key, "tat": now}])
    row = select(col(Limiter.tat)).where(col(Limiter.key) == key)
    if connection.dialect.name != "sqlite":
        row = row.with_for_update()
    found: datetime = connection.execute(row).scalar_one()
    return found


def hold(connection: Connection, key: str, now: datetime, until: datetime) -> bool:
    """Take something that one process has at a time, until then; False where another has it."""
    insert_missing(connection, Limiter, [{"key": key, "tat": now}])
    row = update(Limiter).where(col(Limiter.key) == key, col(Limiter.tat) <= now)
    return connection.execute(row.values(tat=until)).rowcount == 1


def let_go(connection: Connection, key: str, now: datetime) -> None:
    """Give it back."""
    connection.execute(update(Limiter).where(col(Limiter.key) == key).values(tat=now))
