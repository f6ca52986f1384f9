"""The journal: what a large change did to rows, and how it is taken back exactly.

A change is ["+", table, keys] for rows that were added, ["~", table, [[key, {column: [before, after]}], …]] for rows
that were changed, or ["-", table, [row, …]] for rows that were removed; a key is the list of the primary key's values.
What somebody changed since stays as it is.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Date, LargeBinary, Table, and_, bindparam, delete, insert, select, tuple_, update
from sqlmodel import SQLModel, col

from mailcrm.model import Journal
from mailcrm.model.columns import Money, UtcTime
from mailcrm.store.rows import insert_missing, parts

Change = list[Any]
Rows = dict[tuple[Any, ...], dict[str, Any]]
"""Key → row."""


def rows(connection: Connection, name: str, column: str, values: Iterable[Any]) -> Rows:
    """The rows of a table with one of the values in a column, by key."""
    table = _table(name)
    found: Rows = {}
    for part in parts(values):
        for row in connection.execute(select(table).where(table.c[column].in_(part))).mappings():
            found[_key(table, row)] = dict(row)
    return found


def differences(name: str, before: Rows, after: Rows) -> list[Change]:
    """The changes that lead from rows to rows."""
    found: list[Change] = []
    if gone := [_plain(row) for key, row in before.items() if key not in after]:
        found.append(["-", name, gone])
    if added := [list(key) for key in after if key not in before]:
        found.append(["+", name, added])
    changed = []
    for key, row in after.items():
        old = before.get(key)
        if old is not None and old != row:
            both = {c: [_value(old[c]), _value(row[c])] for c in row if old[c] != row[c]}
            changed.append([list(key), both])
    return [*found, ["~", name, changed]] if changed else found


def added(name: str, keys: Iterable[Sequence[Any]]) -> list[Change]:
    """The change that added rows with these keys."""
    found = [list(key) for key in keys]
    return [["+", name, found]] if found else []


def write(connection: Connection, changes: Collection[Change], of: Mapping[str, int]) -> None:
    """Keep changes of an import or a merge: `of` is {"import_id": …} or {"merge_id": …}."""
    if changes:
        body = json.dumps(list(changes), ensure_ascii=False, separators=(",", ":"))
        connection.execute(insert(Journal).values({"import_id": None, "merge_id": None, **of, "changes": body}))


def pages(connection: Connection, of: Mapping[str, int]) -> list[int]:
    """The ids of the pages of the journal of an import or a merge, the newest first."""
    ((name, number),) = of.items()
    column: Any = getattr(Journal, name)
    query = select(col(Journal.id)).where(column == number).order_by(col(Journal.id).desc())
    return [int(i) for i in connection.execute(query).scalars() if i is not None]


def page(connection: Connection, page_id: int) -> list[Change]:
    """The changes of one page, as they happened."""
    found = connection.execute(select(col(Journal.changes)).where(col(Journal.id) == page_id)).scalar_one_or_none()
    return json.loads(found) if found else []


def drop(connection: Connection, page_id: int) -> None:
    """Forget a page."""
    connection.execute(delete(Journal).where(col(Journal.id) == page_id))


def take_back(connection: Connection, change: Change) -> Rows:
    """Undo one change; returns the changed rows that somebody changed since, as they are now."""
    kind, table, items = change[0], _table(change[1]), change[2]
    if kind == "+":
        for part in parts(items, 400):
            columns = [table.c[name] for name in _names(table)]
            connection.execute(delete(table).where(among(columns, [_read_key(table, key) for key in part])))
        return {}
    if kind == "-":
        read = [{c: _read(table, c, value) for c, value in row.items()} for row in items]
        for row in read:
            insert_missing(connection, _model(table), [row])
        return {}
    return _change_back(connection, table, items)


def _change_back(connection: Connection, table: Table, items: Iterable[Any]) -> Rows:
    kept: Rows = {}
    for part in parts(items, 400):
        now = _current(connection, table, [_read_key(table, key) for key, _ in part])
        groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for key, both in part:
            row = now.get(_read_key(table, key))
            if row is None:
                continue
            same = {c: old for c, (old, new) in both.items() if _value(row[c]) == new}
            if len(same) < len(both):
                kept[_key(table, row)] = row
            values = {f"new_{c}": _read(table, c, old) for c, old in same.items()}
            if values:
                keys = {f"key_{n}": v for n, v in zip(_names(table), _read_key(table, key), strict=True)}
                groups.setdefault(tuple(sorted(same)), []).append({**values, **keys})
        for columns, parameters in groups.items():
            here = and_(*(table.c[name] == bindparam(f"key_{name}") for name in _names(table)))
            statement = update(table).where(here).values({c: bindparam(f"new_{c}") for c in columns})
            connection.execute(statement, parameters)
    return kept


def _current(connection: Connection, table: Table, keys: list[tuple[Any, ...]]) -> Rows:
    found = connection.execute(select(table).where(among([table.c[n] for n in _names(table)], keys))).mappings()
    return {_key(table, row): dict(row) for row in found}


def among(columns: Sequence[Any], keys: Sequence[tuple[Any, ...]]) -> Any:
    """SQL for "the values of these columns are one of the keys"."""
    return columns[0].in_([key[0] for key in keys]) if len(columns) == 1 else tuple_(*columns).in_(keys)


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


def _model(table: Table) -> type[SQLModel]:
    for mapper in SQLModel._sa_registry.mappers:
        if mapper.local_table is table:
            found: type[SQLModel] = mapper.class_
            return found
    raise KeyError(table.name)


def _names(table: Table) -> list[str]:
    return [column.name for column in table.primary_key.columns]


def _key(table: Table, row: Any) -> tuple[Any, ...]:
    return tuple(row[name] for name in _names(table))


def _read_key(table: Table, key: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(_read(table, name, value) for name, value in zip(_names(table), key, strict=True))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, Decimal) else value


def _read(table: Table, column: str, value: Any) -> Any:
    """A plain value as the column takes it."""
    if value is None or not isinstance(value, str):
        return value
    kind = table.c[column].type
    if isinstance(kind, UtcTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Money):
        return Decimal(value)
    if isinstance(kind, LargeBinary):
        return bytes.fromhex(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value
