"""Imports, their problems and the remembered ways to read lists, as rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update
from sqlmodel import col

from mailcrm.crm.importing.values import Problem
from mailcrm.model import ClientImport, ImportMapping, ImportProblem, User
from mailcrm.store.rows import insert as insert_rows

STALE = timedelta(minutes=2)
"""A process that has not said for so long that it is at work on an import is gone."""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One import, with the name of who began it."""

    id: int
    name: str
    sha256: str
    size: int
    state: str
    settings: str
    position: int
    total: int
    added: int
    changed: int
    same: int
    skipped: int
    kept: int
    error: str
    actor_id: int | None
    actor: str | None
    created_at: datetime
    beat_at: datetime | None
    finished_at: datetime | None
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """A problem as it is stored."""

    row: int
    column: str
    reason: str
    value: str
    candidates: tuple[int, ...]


_ID: Any = col(ClientImport.id)
_COLUMNS: Any = [
    col(User.name) if name == "actor" else getattr(ClientImport, name) for name in ImportRow.__dataclass_fields__
]


def imports(connection: Connection, actor_id: int | None, limit: int = 50) -> list[ImportRow]:
    """The newest imports, of one user or (None) of all."""
    query = select(*_COLUMNS).join(User, col(User.id) == col(ClientImport.actor_id), isouter=True)
    if actor_id is not None:
        query = query.where(col(ClientImport.actor_id) == actor_id)
    return [ImportRow(*row) for row in connection.execute(query.order_by(_ID.desc()).limit(limit))]


def one(connection: Connection, import_id: int) -> ImportRow | None:
    """The import with this id."""
    query = select(*_COLUMNS).join(User, col(User.id) == col(ClientImport.actor_id), isouter=True)
    row = connection.execute(query.where(import_id == _ID)).one_or_none()
    return ImportRow(*row) if row else None


def add(connection: Connection, values: dict[str, Any]) -> int:
    """Insert an import from columns; returns the id."""
    return int(connection.execute(insert(ClientImport).values(values).returning(_ID)).scalar_one())


def change(connection: Connection, import_id: int, values: dict[str, Any]) -> None:
    """Set columns of an import."""
    connection.execute(update(ClientImport).where(import_id == _ID).values(values))


def claim(connection: Connection, import_id: int, states: tuple[str, ...], new: str, now: datetime) -> bool:
    """Move an import from one of the states into another; says whether it was ours to move.

    It is ours, too, where the process that moved it into the new state is gone.
    """
    gone = (col(ClientImport.state) == new) & (col(ClientImport.beat_at) < now - STALE)
    mine = (import_id == _ID, or_(col(ClientImport.state).in_(states), gone))
    changed = connection.execute(update(ClientImport).where(*mine).values(state=new, beat_at=now, error=""))
    return changed.rowcount == 1


def remove(connection: Connection, import_id: int) -> None:
    """Delete an import that has changed nothing."""
    connection.execute(delete(ClientImport).where(import_id == _ID))


def add_problems(connection: Connection, import_id: int, problems: Iterable[Problem]) -> None:
    """Note problems of an import."""
    rows = [
        {
            "import_id": import_id,
            "row_number": problem.row,
            "column_name": problem.column,
            "reason": problem.reason,
            "value": problem.value,
            "candidates": " ".join(map(str, problem.candidates)),
        }
        for problem in problems
    ]
    insert_rows(connection, ImportProblem, rows)


def drop_problems(connection: Connection, import_id: int) -> None:
    """Forget the problems of an import."""
    connection.execute(delete(ImportProblem).where(col(ImportProblem.import_id) == import_id))


def problems(
    connection: Connection, import_id: int, reasons: tuple[str, ...], limit: int = 100_000
) -> list[ProblemRow]:
    """The problems of an import with one of the reasons, by row."""
    columns: Any = (
        ImportProblem.row_number,
        ImportProblem.column_name,
        ImportProblem.reason,
        ImportProblem.value,
        ImportProblem.candidates,
    )
    query = select(*columns).where(col(ImportProblem.import_id) == import_id, col(ImportProblem.reason).in_(reasons))
    query = query.order_by(col(ImportProblem.row_number), col(ImportProblem.id)).limit(limit)
    return [
        ProblemRow(row, column, reason, value, tuple(map(int, candidates.split())))
        for row, column, reason, value, candidates in connection.execute(query)
    ]


def counts(connection: Connection, import_id: int) -> dict[str, int]:
    """Reason → how many problems of an import have it."""
    query = select(col(ImportProblem.reason), func.count()).where(col(ImportProblem.import_id) == import_id)
    rows = connection.execute(query.group_by(col(ImportProblem.reason)))
    return {str(row[0]): int(row[1]) for row in rows}


def mapping(connection: Connection, signature: str) -> str | None:
    """How a list with such columns was read the last time, as JSON."""
    query = select(col(ImportMapping.settings)).where(col(ImportMapping.signature) == signature)
    return connection.execute(query).scalar_one_or_none()


def remember(connection: Connection, signature: str, settings: str, at: datetime) -> None:
    """Remember how a list with such columns is read."""
    connection.execute(delete(ImportMapping).where(col(ImportMapping.signature) == signature))
    connection.execute(insert(ImportMapping).values(signature=signature, settings=settings, at=at))
