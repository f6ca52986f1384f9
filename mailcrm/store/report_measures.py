"""The numbers of a report, each as the rows that it counts: a number and the list behind it are one definition.

A measure gives rows of (at, id, sub, client, record, actor, minutes, amount, currency); the first four are unique
together and the order of the list.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, null, or_, select, type_coerce
from sqlmodel import col

from mailcrm.crm.replies import WAITS_FIRST
from mailcrm.model import Client, Deal, DealStage, Entry
from mailcrm.model.columns import Money
from mailcrm.store.report_scope import Scope, beside, by, clients, on_days, within
from mailcrm.store.visibility import Viewer

Rows = Callable[[Viewer, Scope], Select[Any]]
_REGULAR_MESSAGES, _REGULAR_DAYS, _YEAR = 6, timedelta(days=90), timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Measure:
    """One number: its name in addresses, the kind of record it counts, its rows."""

    key: str
    kind: str
    """message, client, document, offer, deal or task: the table of `record`."""
    rows: Rows
    personal: bool = True
    """Whether its rows say who did it."""
    dated: bool = True
    """Whether it is about the period; else it is about now."""
    valued: bool = False
    """Whether the amounts of its rows are summed up."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Where the columns of a row come from."""

    at: Any
    id: Any
    client: Any
    record: Any
    sub: Any = 0
    actor: Any = None
    minutes: Any = None


def columns(cells: Cells) -> list[Any]:
    """The columns of a row of a measure; `amounts` adds the last two."""
    empty: Any = null()
    return [
        cells.at.label("at"),
        cells.id.label("id"),
        (literal(0) if isinstance(cells.sub, int) else cells.sub).label("sub"),
        cells.client.label("client"),
        cells.record.label("record"),
        (empty if cells.actor is None else cells.actor).label("actor"),
        (empty if cells.minutes is None else cells.minutes).label("minutes"),
    ]


def amounts(amount: Any = None, currency: Any = None) -> list[Any]:
    """The amount and the currency of a row."""
    empty: Any = null()
    money = type_coerce(empty, Money) if amount is None else amount
    return [money.label("amount"), (empty if currency is None else currency).label("currency")]


def _messages(direction: str) -> Rows:
    def rows(who: Viewer, scope: Scope) -> Select[Any]:
        found = columns(
            Cells(col(Entry.at), col(Entry.id), col(Entry.client_id), col(Entry.message_id), actor=Entry.actor_id)
        )
        here = (col(Entry.direction) == direction, *on_days(scope, col(Entry.day)))
        return _asked(found, who, scope, *here, *by(scope, col(Entry.actor_id)))

    return rows


def _answered(*first: ColumnElement[bool]) -> Rows:
    def rows(who: Viewer, scope: Scope) -> Select[Any]:
        found = columns(
            Cells(
                col(Entry.at),
                col(Entry.id),
                col(Entry.client_id),
                col(Entry.message_id),
                actor=Entry.reply_by,
                minutes=Entry.reply_minutes,
            )
        )
        return _asked(found, who, scope, *on_days(scope, col(Entry.reply_day)), *first, *by(scope, col(Entry.reply_by)))

    return rows


def _waiting(who: Viewer, scope: Scope) -> Select[Any]:
    found = columns(Cells(col(Entry.at), col(Entry.id), col(Entry.client_id), col(Entry.message_id)))
    open_ = (col(Entry.wait).is_not(None), col(Entry.reply_day).is_(None))
    here = clients(who, scope, beside(col(Entry.client_id)))
    return select(*found, *amounts()).where(*open_, *on_days(scope, col(Entry.day)), *here)


def _asked(found: list[Any], who: Viewer, scope: Scope, *here: ColumnElement[bool]) -> Select[Any]:
    return select(*found, *amounts()).where(*here, *clients(who, scope, col(Entry.client_id)))


def _clients(who: Viewer, scope: Scope, at: Any, *here: ColumnElement[bool]) -> Select[Any]:
    found = columns(Cells(at, col(Client.id), col(Client.id), col(Client.id), actor=Client.owner_id))
    live = (col(Client.archived_at).is_(None), *by(scope, col(Client.owner_id)))
    return select(*found, *amounts()).where(*live, *here, *clients(who, scope, col(Client.id)))


def _new_clients(who: Viewer, scope: Scope) -> Select[Any]:
    return _clients(who, scope, col(Client.created_at), *within(scope, col(Client.created_at)))


def _silence(scope: Scope) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    # Who never wrote, or was never written to, is as old as the record of him.
    came, went = (func.coalesce(col(one), col(Client.created_at)) for one in (Client.last_in_at, Client.last_out_at))
    return came < scope.cutoff, went < scope.cutoff


def _last() -> ColumnElement[Any]:
    return func.coalesce(col(Client.last_in_at), col(Client.last_out_at), col(Client.created_at))


def _silent(who: Viewer, scope: Scope) -> Select[Any]:
    return _clients(who, scope, _last(), *_silence(scope))


def _lost_sight(who: Viewer, scope: Scope) -> Select[Any]:
    """Silent for less than a year after a regular exchange, and nobody has a task or a deal to change it."""
    lately = scope.cutoff - _YEAR
    first = select(func.min(col(Entry.at))).where(col(Entry.client_id) == col(Client.id)).scalar_subquery()
    deal = (
        select(col(Deal.id))
        .join(DealStage, col(DealStage.id) == col(Deal.stage_id))
        .where(col(Deal.client_id) == col(Client.id), col(DealStage.kind) == "open", col(Deal.archived_at).is_(None))
    )
    # Whichever there is, so that all clients are read in a row: indexes on the two would give each by itself.
    seen = [func.coalesce(*some) >= lately for some in permutations((col(Client.last_in_at), col(Client.last_out_at)))]
    regular = (
        col(Client.message_count) >= _REGULAR_MESSAGES,
        or_(*seen),
        first <= scope.cutoff - _REGULAR_DAYS,
    )
    return _clients(who, scope, _last(), *_silence(scope), *regular, ~deal.exists())


MAIL = (
    Measure("in", "message", _messages("in"), personal=False),
    Measure("out", "message", _messages("out")),
    Measure("answered", "message", _answered()),
    Measure("first-answers", "message", _answered(col(Entry.wait) == WAITS_FIRST)),
    Measure("waiting", "message", _waiting, personal=False),
)
CLIENTS = (
    Measure("new-clients", "client", _new_clients),
    Measure("silent", "client", _silent, dated=False),
    Measure("lost-sight", "client", _lost_sight, dated=False),
)
