"""Saved views as rows: those of one list that a user finds, and the writes of `flow.views`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlmodel import col

from mailcrm.model import SavedView


@dataclass(frozen=True, slots=True)
class ViewRow:
    """One saved view."""

    id: int
    user_id: int
    name: str
    query: str
    shared: bool


_ID: Any = col(SavedView.id)
_COLUMNS: Any = tuple(col(getattr(SavedView, name)) for name in ViewRow.__dataclass_fields__)


def views(connection: Connection, user_id: int, page: str) -> list[ViewRow]:
    """The views of one list that a user finds: his own and those that others share, by name."""
    found = or_(col(SavedView.user_id) == user_id, col(SavedView.shared).is_(True))
    query = select(*_COLUMNS).where(col(SavedView.page) == page, found, col(SavedView.removed_at).is_(None))
    return [ViewRow(*row) for row in connection.execute(query.order_by(col(SavedView.name), _ID))]


def add(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a view from columns; one of the same user, list and name gives way. Returns the id."""
    same = [col(getattr(SavedView, name)) == values[name] for name in ("user_id", "page", "name")]
    connection.execute(delete(SavedView).where(*same))
    return int(connection.execute(insert(SavedView).values(values).returning(_ID)).scalar_one())


def mark(connection: Connection, user_id: int, view_id: int, removed_at: datetime | None) -> int:
    """Remove a view of a user, or bring it back; returns how many that were (0 or 1)."""
    here = (view_id == _ID, col(SavedView.user_id) == user_id)
    return connection.execute(update(SavedView).where(*here).values(removed_at=removed_at)).rowcount
