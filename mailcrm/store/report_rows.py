"""The rows behind a number of a report, page by page, with the names that the viewer may read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, or_, select
from sqlmodel import col

from mailcrm.model import Client, Deal, Document, Message, Offer, Task, User
from mailcrm.store.report_measures import Measure
from mailcrm.store.report_scope import Scope
from mailcrm.store.rows import parts
from mailcrm.store.visibility import SUBJECT, Viewer, level


@dataclass(frozen=True, slots=True)
class RowKeyset:
    """Where a page begins: below these four together."""

    at: datetime
    id: int
    sub: int
    client: int


@dataclass(frozen=True, slots=True)
class RowPage:
    """Which page is wanted: from the beginning, or from a keyset on."""

    after: RowKeyset | None = None
    size: int = 50


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One thing that a number counts."""

    at: datetime
    id: int
    sub: int
    client_id: int
    """0 for a task without one."""
    client: str
    record_id: int
    title: str
    """Empty where the viewer may not read it."""
    person: str
    minutes: int | None
    amount: Decimal | None
    currency: str | None


def page(
    connection: Connection, who: Viewer, scope: Scope, measure: Measure, wanted: RowPage
) -> tuple[list[ReportRow], RowKeyset | None]:
    """One page of the rows of a measure, the latest first, and where the next one begins."""
    rows = measure.rows(who, scope).subquery()
    order = (rows.c.at, rows.c.id, rows.c.sub, rows.c.client)
    query = select(rows).order_by(*(one.desc() for one in order)).limit(wanted.size + 1)
    after = wanted.after
    if after is not None:
        query = query.where(rows.c.at <= after.at, _below(order, (after.at, after.id, after.sub, after.client)))
    found = connection.execute(query).all()
    shown = found[: wanted.size]
    last = shown[-1] if len(found) > wanted.size else None
    more = RowKeyset(last.at, last.id, last.sub, last.client) if last else None
    return _named(connection, who, measure.kind, shown), more


def _below(columns: Sequence[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """SQL for whether the columns together come before the values: the first that differs decides."""
    first, rest = columns[0] < values[0], columns[1:]
    return or_(first, and_(columns[0] == values[0], _below(rest, values[1:]))) if rest else first


def _named(connection: Connection, who: Viewer, kind: str, rows: Iterable[Any]) -> list[ReportRow]:
    found = list(rows)
    clients = _texts(connection, Client.id, Client.name, {row.client for row in found})
    people = _texts(connection, User.id, User.name, {row.actor for row in found if row.actor is not None})
    titles = clients if kind == "client" else _titles(connection, who, kind, {row.record for row in found})
    return [
        ReportRow(
            row.at,
            row.id,
            row.sub,
            row.client,
            clients.get(row.client, ""),
            row.record,
            titles.get(row.record, ""),
            people.get(row.actor, ""),
            row.minutes,
            row.amount,
            row.currency,
        )
        for row in found
    ]


def _titles(connection: Connection, who: Viewer, kind: str, ids: set[int]) -> dict[int, str]:
    if kind == "message":
        seen = case((level(who) >= SUBJECT, col(Message.subject)), else_="")
        return _texts(connection, Message.id, seen, ids)
    models: dict[str, Any] = {"deal": Deal, "document": Document, "offer": Offer, "task": Task}
    return _texts(connection, models[kind].id, models[kind].title, ids)


def _texts(connection: Connection, number: Any, text: Any, ids: set[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in parts(sorted(ids)):
        found.update((row[0], row[1]) for row in connection.execute(select(number, text).where(number.in_(part))))
    return found
