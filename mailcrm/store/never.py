"""The never-lists as rows: addresses and domains whose mail is not stored, for the company or for one user."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, or_, select
from sqlmodel import col

from mailcrm.model import NeverRule


@dataclass(frozen=True, slots=True)
class NeverRow:
    """One address or domain; `user_id` is None for a rule of the whole company."""

    id: int
    user_id: int | None
    value: str
    created_at: datetime


def rules(connection: Connection, user_id: int) -> list[NeverRow]:
    """The rules of the company and those of this user; nobody else's, for they are private."""
    query = (
        select(col(NeverRule.id), col(NeverRule.user_id), col(NeverRule.value), col(NeverRule.created_at))
        .where(or_(col(NeverRule.user_id).is_(None), col(NeverRule.user_id) == user_id))
        .order_by(col(NeverRule.value))
    )
    return [NeverRow(int(row[0] or 0), *row[1:]) for row in connection.execute(query)]


def find(connection: Connection, value: str, user_id: int | None) -> int | None:
    """The rule on exactly this value, where there is one."""
    whose = col(NeverRule.user_id).is_(None) if user_id is None else col(NeverRule.user_id) == user_id
    query = select(col(NeverRule.id)).where(col(NeverRule.value) == value, whose)
    return connection.execute(query).scalar_one_or_none()


def add(connection: Connection, value: str, user_id: int | None, at: datetime, actor_id: int | None) -> int:
    """Insert a rule; returns its id."""
    row = {"value": value, "user_id": user_id, "created_at": at, "created_by": actor_id}
    return int(connection.execute(insert(NeverRule).values(row).returning(col(NeverRule.id))).scalar_one() or 0)


def remove(connection: Connection, rule_id: int) -> None:
    """Delete a rule."""
    connection.execute(delete(NeverRule).where(col(NeverRule.id) == rule_id))
