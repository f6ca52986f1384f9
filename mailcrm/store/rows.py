"""Rows in bulk: insert what is missing, on SQLite and PostgreSQL alike."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

_T = TypeVar("_T")


def table(model: type[SQLModel]) -> Table:
    """The table behind a model."""
    return model.metadata.tables[str(model.__tablename__)]


def insert(connection: Connection, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all name the same columns; raises IntegrityError on a double."""
    if rows:
        connection.execute(table(model).insert(), list(rows))


def insert_missing(connection: Connection, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, leaving alone those that are there already by any unique key."""
    if not rows:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    connection.execute(dialect.insert(table(model)).on_conflict_do_nothing(), list(rows))


def parts(values: Iterable[_T], size: int = 800) -> Iterator[list[_T]]:
    """The values in lists that fit into one IN (…) of any database."""
    wanted = list(values)
    return (wanted[i : i + size] for i in range(0, len(wanted), size))
