"""Two clients made one, as rows: everything that refers to a client follows, whatever tables there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Table, UniqueConstraint, and_, delete, insert, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from mailcrm.model import Client, ClientMerge, DocumentRule, Terms
from mailcrm.store import journal, references
from mailcrm.store.journal import Change
from mailcrm.store.rows import parts

STAYS = frozenset({("client_merge", "kept_id"), ("client_merge", "gone_id"), ("owner_change", "client_id")})
"""Columns whose rows tell of the merged client itself and stay with it."""
DROPPED = frozenset({("duplicate", "first_id"), ("duplicate", "second_id")})
"""Columns whose rows have no sense any more once the two are one."""


@dataclass(frozen=True, slots=True)
class MergeRow:
    """A merge that holds."""

    id: int
    kept_id: int
    kept_name: str
    gone_id: int
    gone_name: str
    at: datetime


def move(connection: Connection, name: str, old: int, new: int) -> list[Change]:
    """Let everything that refers to row `old` of a table refer to row `new`; what would then be there twice goes."""
    found: list[Change] = []
    for table, column in references.to(name):
        if (table.name, column.name) in DROPPED:
            found += _drop(connection, table, column, old)
        elif (table.name, column.name) not in STAYS:
            found += _move(connection, (table, column), old, new)
    return found


def _drop(connection: Connection, table: Table, column: Column[Any], old: int) -> list[Change]:
    rows = journal.rows(connection, table.name, column.name, [old])
    connection.execute(delete(table).where(column == old))
    return journal.differences(table.name, rows, {})


def _move(connection: Connection, where: tuple[Table, Column[Any]], old: int, new: int) -> list[Change]:
    table, column = where
    rows = journal.rows(connection, table.name, column.name, [old])
    if not rows:
        return []
    twice = {key: rows[key] for key in _twice(connection, where, old, new) if key in rows}
    names = [one.name for one in table.primary_key.columns]
    keys = [table.c[name] for name in names]
    for part in parts(list(twice), 400):
        connection.execute(delete(table).where(journal.among(keys, part)))
    changes = journal.differences(table.name, twice, {})
    kept = {key: row for key, row in rows.items() if key not in twice}
    connection.execute(update(table).where(column == old).values({column.name: new}))
    moved = {key: {**row, column.name: new} for key, row in kept.items()}
    if column.name in names:
        # A changed key is another row.
        moved = {tuple(row[name] for name in names): row for row in moved.values()}
        changes += [*journal.differences(table.name, kept, {}), *journal.differences(table.name, {}, moved)]
    else:
        changes += journal.differences(table.name, kept, moved)
    return changes


def _twice(connection: Connection, where: tuple[Table, Column[Any]], old: int, new: int) -> Iterator[tuple[Any, ...]]:
    """Keys of the rows of `old` that `new` has, too, by any unique set of columns."""
    table, column = where
    other = table.alias()
    for columns in _unique(table):
        if column.name not in columns:
            continue
        same = [table.c[name] == other.c[name] for name in columns if name != column.name]
        query = (
            select(*table.primary_key.columns)
            .join(other, and_(other.c[column.name] == new, *same))
            .where(column == old)
        )
        yield from (tuple(row) for row in connection.execute(query))


def _unique(table: Table) -> list[list[str]]:
    found = [[column.name for column in table.primary_key.columns]]
    found += [[c.name for c in one.columns] for one in table.constraints if isinstance(one, UniqueConstraint)]
    return found + [[c.name for c in index.columns] for index in table.indexes if index.unique]


def soft_references(connection: Connection, old: int, new: int) -> list[Change]:
    """The same for the places that name a client without a foreign key: terms of offers, rules on documents."""
    terms = journal.rows(connection, "terms", "scope_id", [old, new])
    mine = {key: row for key, row in terms.items() if row["scope"] == "client"}
    taken = {row["offer_id"] for row in mine.values() if row["scope_id"] == new}
    for row in mine.values():
        if row["scope_id"] == old:
            here = col(Terms.id) == row["id"]
            change: Any = (
                delete(Terms).where(here)
                if row["offer_id"] in taken
                else update(Terms).where(here).values(scope_id=new)
            )
            connection.execute(change)
    after = journal.rows(connection, "terms", "scope_id", [old, new])
    changes = journal.differences("terms", terms, after)
    rules = journal.rows(connection, "document_rule", "value", [f"client:{old}"])
    here = col(DocumentRule.value) == f"client:{old}"
    connection.execute(update(DocumentRule).where(here).values(value=f"client:{new}"))
    moved = journal.rows(connection, "document_rule", "id", [key[0] for key in rules])
    return changes + journal.differences("document_rule", rules, moved)


def add(connection: Connection, values: dict[str, Any]) -> int:
    """Note a merge; returns its id."""
    return int(connection.execute(insert(ClientMerge).values(values).returning(col(ClientMerge.id))).scalar_one() or 0)


def end(connection: Connection, merge_id: int, at: datetime) -> None:
    """Note that a merge was taken back."""
    connection.execute(update(ClientMerge).where(col(ClientMerge.id) == merge_id).values(undone_at=at))


def merges(connection: Connection, client_id: int) -> list[MergeRow]:
    """The merges that hold and that a client took part in, the newest first."""
    kept, gone = aliased(Client), aliased(Client)
    columns: Any = (ClientMerge.id, kept.id, kept.name, gone.id, gone.name, ClientMerge.at)
    query = (
        select(*columns)
        .join(kept, col(kept.id) == col(ClientMerge.kept_id))
        .join(gone, col(gone.id) == col(ClientMerge.gone_id))
        .where(col(ClientMerge.undone_at).is_(None))
        .where((col(ClientMerge.kept_id) == client_id) | (col(ClientMerge.gone_id) == client_id))
        .order_by(col(ClientMerge.id).desc())
    )
    return [MergeRow(*row) for row in connection.execute(query)]


def merge(connection: Connection, merge_id: int) -> MergeRow | None:
    """The merge with this id, where it holds."""
    query = select(col(ClientMerge.gone_id)).where(col(ClientMerge.id) == merge_id)
    gone = connection.execute(query).scalar_one_or_none()
    found = merges(connection, gone) if gone is not None else []
    return next((one for one in found if one.id == merge_id), None)
