"""Fields of one's own and their values, as rows."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col

from mailcrm.crm import fields as rules
from mailcrm.crm.fields import FieldKind
from mailcrm.model import ClientField, CustomField
from mailcrm.store.rows import insert as insert_rows
from mailcrm.store.rows import parts

Value = str | Decimal | date | bool
"""Of a text or choice, a number, a date, a yes or no."""


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field."""

    id: int
    key: str
    label: str
    kind: str
    choices: tuple[str, ...]
    position: int
    in_list: bool
    archived: bool

    @property
    def takes(self) -> FieldKind:
        """What values it takes."""
        return FieldKind(self.kind, self.choices)


_ID: Any = col(CustomField.id)
_COLUMNS: Any = (
    _ID,
    col(CustomField.key),
    col(CustomField.label),
    col(CustomField.kind),
    col(CustomField.choices),
    col(CustomField.position),
    col(CustomField.in_list),
    col(CustomField.archived_at),
)


def fields(connection: Connection, archived: bool = False) -> list[FieldRow]:
    """The fields in their order; `archived` also those that are no longer asked for."""
    query = select(*_COLUMNS).order_by(col(CustomField.position), _ID)
    if not archived:
        query = query.where(col(CustomField.archived_at).is_(None))
    return [_row(*row) for row in connection.execute(query)]


def values(connection: Connection, client_ids: Collection[int]) -> dict[int, dict[str, Value]]:
    """Client → key of a field → its value, archived fields aside; clients without any have an empty mapping."""
    found: dict[int, dict[str, Value]] = {client: {} for client in client_ids}
    for part in parts(client_ids):
        query = (
            select(col(ClientField.client_id), col(CustomField.key), col(CustomField.kind), col(ClientField.value))
            .join(CustomField, col(ClientField.field_id) == _ID)
            .where(col(ClientField.client_id).in_(part), col(CustomField.archived_at).is_(None))
            .order_by(col(CustomField.position), _ID)
        )
        for client, key, kind, stored in connection.execute(query):
            found[client][key] = rules.value(kind, stored)
    return found


def texts(connection: Connection, client_id: int) -> dict[int, str]:
    """Field → the value of a client as it is stored, archived fields too."""
    query = select(col(ClientField.field_id), col(ClientField.value)).where(col(ClientField.client_id) == client_id)
    return {int(row[0]): str(row[1]) for row in connection.execute(query)}


def add_field(connection: Connection, row: dict[str, Any]) -> int:
    """Insert a field from columns; `choices` is a tuple of texts. Returns the id."""
    row = {**row, "choices": json.dumps(row["choices"], ensure_ascii=False)}
    return int(connection.execute(insert(CustomField).values(row).returning(_ID)).scalar_one())


def change_field(connection: Connection, field_id: int, row: dict[str, Any]) -> None:
    """Set columns of a field."""
    if "choices" in row:
        row = {**row, "choices": json.dumps(row["choices"], ensure_ascii=False)}
    connection.execute(update(CustomField).where(field_id == _ID).values(row))


def used_choices(connection: Connection, field_id: int) -> set[str]:
    """The values that clients have in a field."""
    query = select(col(ClientField.value)).where(col(ClientField.field_id) == field_id).distinct()
    return set(connection.execute(query).scalars())


def set_values(connection: Connection, client_id: int, new: Mapping[int, tuple[str, str]]) -> None:
    """Set fields of a client: id → (stored value, sort key); an empty value takes it away."""
    if not new:
        return
    here = (col(ClientField.client_id) == client_id, col(ClientField.field_id).in_(list(new)))
    connection.execute(delete(ClientField).where(*here))
    rows = [
        {"client_id": client_id, "field_id": field, "value": value, "sort_key": key}
        for field, (value, key) in new.items()
        if value
    ]
    insert_rows(connection, ClientField, rows)


def _row(*row: Any) -> FieldRow:
    number, key, label, kind, choices, position, in_list, archived_at = row
    return FieldRow(number, key, label, kind, tuple(json.loads(choices)), position, in_list, archived_at is not None)
