"""Mail of mailcrm itself as rows: each key once; taken for a while by the process that sends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import col

from mailcrm.model import Notification

LEASE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Due:
    """One mail that is to be sent now."""

    id: int
    address: str
    subject: str
    text: str
    attachment_sha256: str
    attachment_name: str
    created_at: datetime
    attempts: int


_DUE: Any = [getattr(Notification, name) for name in Due.__dataclass_fields__]


def add(connection: Connection, values: Mapping[str, object], at: datetime) -> bool:
    """A new row in the queue; False where its key is there already."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    fresh = {"created_at": at, "not_before": at, "state": "queued", "attempts": 0, "message_id": "", "error": ""}
    added = insert(Notification).values({**values, **fresh}).on_conflict_do_nothing(index_elements=["key"])
    # Not by the count of rows: psycopg tells none for an insert that may return a key.
    number: Any = col(Notification.id)
    return connection.execute(added.returning(number)).scalar_one_or_none() is not None


def take(connection: Connection, now: datetime, wanted: int) -> list[Due]:
    """Up to so many that are due, or that a process took long ago and did not finish: they may be sent twice, with
    the same id and the same date, rather than never."""
    waiting = and_(col(Notification.state) == "queued", col(Notification.not_before) <= now)
    left = and_(col(Notification.state) == "sending", col(Notification.lease_until) < now)
    ids = select(col(Notification.id)).where(or_(waiting, left)).order_by(col(Notification.id)).limit(wanted)
    if connection.dialect.name != "sqlite":
        ids = ids.with_for_update(skip_locked=True)
    taken = update(Notification).where(col(Notification.id).in_(ids.scalar_subquery()))
    rows = connection.execute(taken.values(state="sending", lease_until=now + LEASE).returning(*_DUE))
    return sorted((Due(*row) for row in rows), key=lambda one: one.id)


def settle(connection: Connection, notification_id: int, values: Mapping[str, object]) -> None:
    """Write down what became of one."""
    row = update(Notification).where(col(Notification.id) == notification_id)
    connection.execute(row.values(lease_until=None, **values))
