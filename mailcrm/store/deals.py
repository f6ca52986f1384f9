"""Deals as rows: one, a page of them by any order, and the writes that `flow.deals` composes."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, or_, select, update
from sqlmodel import col

from mailcrm.model import Client, Deal, DealMove, DealStage, User
from mailcrm.store.clients import name_key
from mailcrm.store.visibility import Viewer, sees_client

ORDERS = ("moved", "expected", "value", "title", "client")
STATES = ("open", "won", "lost")


@dataclass(frozen=True, slots=True)
class DealRow:
    """One deal with the names of its client, stage and owner."""

    id: int
    client_id: int
    client_name: str
    title: str
    stage_id: int
    stage_name: str
    stage_kind: str
    value: Decimal | None
    currency: str
    expected_on: date | None
    own_probability: int | None
    probability: int
    """In per cent: its own, else that of its stage."""
    owner_id: int | None
    owner_name: str | None
    lost_reason: str
    note: str
    created_at: datetime
    moved_at: datetime
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class DealFilter:
    """Which deals are wanted, in which order."""

    words: str = ""
    """Parts of the title or of the client's name."""
    owner_id: int | None = None
    client_id: int | None = None
    stage_id: int | None = None
    state: str = ""
    """open, won, lost, or empty for all."""
    archived: bool = False
    order: str = "moved"


Cursor = tuple[str | date | datetime | Decimal | None, int]
"""The sort value and the id of the last deal of a page."""

PROBABILITY: ColumnElement[int] = func.coalesce(col(Deal.probability), col(DealStage.probability))
_COLUMNS: Any = (
    col(Deal.id),
    col(Deal.client_id),
    col(Client.name),
    col(Deal.title),
    col(Deal.stage_id),
    col(DealStage.name),
    col(DealStage.kind),
    col(Deal.value),
    col(Deal.currency),
    col(Deal.expected_on),
    col(Deal.probability),
    PROBABILITY,
    col(Deal.owner_id),
    col(User.name),
    col(Deal.lost_reason),
    col(Deal.note),
    col(Deal.created_at),
    col(Deal.moved_at),
    col(Deal.archived_at),
)
_KEYS: dict[str, tuple[Any, bool]] = {
    "moved": (col(Deal.moved_at), True),
    "expected": (col(Deal.expected_on), False),
    "value": (col(Deal.value), True),
    "title": (col(Deal.title_key), False),
    "client": (col(Client.name_key), False),
}
"""By what is sorted, and whether the greatest comes first. Deals without the value come last."""


def deal(connection: Connection, who: Viewer, deal_id: int) -> DealRow | None:
    """The deal with this id, where the viewer may see its client."""
    row = connection.execute(rows(who).where(col(Deal.id) == deal_id)).one_or_none()
    return DealRow(*row) if row else None


def deals(
    connection: Connection, who: Viewer, wanted: DealFilter, after: Cursor | None = None, limit: int = 50
) -> list[DealRow]:
    """One page of deals; `after` is `cursor(…)` of the last one of the page before."""
    query = _page(rows(who).where(*conditions(wanted)), wanted.order, after)
    return [DealRow(*row) for row in connection.execute(query.limit(limit))]


def count(connection: Connection, who: Viewer, wanted: DealFilter) -> int:
    """How many deals `deals` would give in all."""
    query = rows(who).where(*conditions(wanted)).with_only_columns(func.count())
    return int(connection.execute(query).scalar_one())


def cursor(row: DealRow, order: str) -> Cursor:
    """Where the page that ends with `row` ends."""
    values: dict[str, Any] = {
        "moved": row.moved_at,
        "expected": row.expected_on,
        "value": row.value,
        "title": name_key(row.title),
        "client": name_key(row.client_name),
    }
    return values[order], row.id


def rows(who: Viewer) -> Select[Any]:
    """SQL for deals of clients that the viewer may see, with all that a DealRow says."""
    return (
        select(*_COLUMNS)
        .join(Client, col(Client.id) == col(Deal.client_id))
        .join(DealStage, col(DealStage.id) == col(Deal.stage_id))
        .outerjoin(User, col(User.id) == col(Deal.owner_id))
        .where(sees_client(who, col(Deal.client_id)))
    )


def conditions(wanted: DealFilter) -> list[ColumnElement[bool]]:
    """SQL for what a filter asks of a row of `rows`."""
    archived = col(Deal.archived_at)
    found: list[ColumnElement[bool]] = [archived.is_not(None) if wanted.archived else archived.is_(None)]
    pairs = ((Deal.owner_id, wanted.owner_id), (Deal.client_id, wanted.client_id), (Deal.stage_id, wanted.stage_id))
    found += [col(column) == value for column, value in pairs if value is not None]
    if wanted.state:
        found.append(col(DealStage.kind) == wanted.state)
    for word in name_key(wanted.words).split():
        found.append(
            or_(
                col(Deal.title_key).contains(word, autoescape=True),
                col(Client.name_key).contains(word, autoescape=True),
            )
        )
    return found


def add_deal(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a deal from columns; `title_key` follows from the title. Returns the id."""
    row = {**values, "title_key": name_key(values["title"])}
    identity: Any = col(Deal.id)
    return int(connection.execute(insert(Deal).values(row).returning(identity)).scalar_one())


def change_deal(connection: Connection, deal_id: int, values: dict[str, Any]) -> None:
    """Set columns of a deal; `title_key` follows from the title."""
    row = {**values, "title_key": name_key(values["title"])} if "title" in values else values
    connection.execute(update(Deal).where(col(Deal.id) == deal_id).values(row))


def usual_currency(connection: Connection) -> str:
    """The currency of the newest deal; empty where there is none."""
    newest = select(col(Deal.currency)).order_by(col(Deal.id).desc()).limit(1)
    return str(connection.execute(newest).scalar_one_or_none() or "")


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A deal came into a stage."""

    id: int
    deal_id: int
    from_stage_id: int | None
    from_name: str | None
    to_stage_id: int
    to_name: str
    to_kind: str
    actor_id: int | None
    actor: str | None
    at: datetime
    reason_before: str


def moves(connection: Connection, deal_id: int, limit: int = 100) -> list[MoveRow]:
    """How a deal came to where it stands, the last move first."""
    query = _moves().where(col(DealMove.deal_id) == deal_id).order_by(col(DealMove.id).desc()).limit(limit)
    return [MoveRow(*row) for row in connection.execute(query)]


def move(connection: Connection, move_id: int) -> MoveRow | None:
    """The move with this id."""
    row = connection.execute(_moves().where(col(DealMove.id) == move_id)).one_or_none()
    return MoveRow(*row) if row else None


def add_move(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a move from columns; returns the id."""
    identity: Any = col(DealMove.id)
    return int(connection.execute(insert(DealMove).values(values).returning(identity)).scalar_one())


def remove_move(connection: Connection, move_id: int) -> None:
    """Delete a move as if it had never been."""
    connection.execute(delete(DealMove).where(col(DealMove.id) == move_id))


def _moves() -> Select[Any]:
    before = DealStage.__table__.alias("before")  # type: ignore[attr-defined]
    return (
        select(
            col(DealMove.id),
            col(DealMove.deal_id),
            col(DealMove.from_stage_id),
            before.c.name,
            col(DealMove.to_stage_id),
            col(DealStage.name),
            col(DealStage.kind),
            col(DealMove.actor_id),
            col(User.name),
            col(DealMove.at),
            col(DealMove.reason_before),
        )
        .join(DealStage, col(DealStage.id) == col(DealMove.to_stage_id))
        .outerjoin(before, before.c.id == col(DealMove.from_stage_id))
        .outerjoin(User, col(User.id) == col(DealMove.actor_id))
    )


def _page(query: Select[Any], order: str, after: Cursor | None) -> Select[Any]:
    key, downwards = _KEYS[order]
    identity = col(Deal.id)
    if after and after[0] is None:
        query = query.where(key.is_(None), identity < after[1])
    elif after:
        beyond = key < after[0] if downwards else key > after[0]
        query = query.where(or_(beyond, and_(key == after[0], identity < after[1]), key.is_(None)))
    return query.order_by(key.is_(None), key.desc() if downwards else key, identity.desc())
