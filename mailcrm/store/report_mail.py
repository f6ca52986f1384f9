"""Who gets reports by e-mail, as rows, and how far each was told."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col

from mailcrm.model import ReportMail


@dataclass(frozen=True, slots=True)
class MailRow:
    """One user who gets a report of every `week` or `month`."""

    user_id: int
    every: str
    told_until: date


_COLUMNS: Any = (col(ReportMail.user_id), col(ReportMail.every), col(ReportMail.told_until))


def of_user(connection: Connection, user_id: int) -> str:
    """week, month, or empty where this user gets none."""
    query = select(col(ReportMail.every)).where(col(ReportMail.user_id) == user_id)
    return connection.execute(query).scalar_one_or_none() or ""


def behind(connection: Connection, every: str, until: date) -> list[MailRow]:
    """Who was not yet told of the period that ended with this day."""
    query = select(*_COLUMNS).where(col(ReportMail.every) == every, col(ReportMail.told_until) < until)
    return [MailRow(*row) for row in connection.execute(query.order_by(col(ReportMail.user_id)))]


def told(connection: Connection, user_id: int, every: str, until: date) -> bool:
    """Note that a user is told of the period that ended with this day; False where that was done before."""
    here = (col(ReportMail.user_id) == user_id, col(ReportMail.every) == every, col(ReportMail.told_until) < until)
    return connection.execute(update(ReportMail).where(*here).values(told_until=until)).rowcount == 1


def put(connection: Connection, row: MailRow, at: datetime) -> None:
    """Let a user get reports from the next period on, instead of what he got before."""
    take_away(connection, row.user_id)
    values = {"user_id": row.user_id, "every": row.every, "told_until": row.told_until, "created_at": at}
    connection.execute(insert(ReportMail).values(**values))


def take_away(connection: Connection, user_id: int) -> None:
    """Let a user get no report any more."""
    connection.execute(delete(ReportMail).where(col(ReportMail.user_id) == user_id))
