"""The board of deals: its stages, the cards of each, and what they come to."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, func, or_, select, type_coerce, update
from sqlmodel import col

from mailcrm.model import Deal, DealStage
from mailcrm.store.deals import PROBABILITY, DealFilter, DealRow, conditions, rows
from mailcrm.store.rows import insert
from mailcrm.store.visibility import Viewer

_UNIT = 10_000
"""`Money` counts ten-thousandths."""


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage."""

    id: int
    name: str
    position: int
    kind: str
    probability: int
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Total:
    """What the deals of one stage and currency come to."""

    stage_id: int
    currency: str
    count: int
    value: Decimal
    weighted: Decimal
    """Each value times its probability."""


def stages(connection: Connection, archived: bool = False) -> list[StageRow]:
    """The stages from left to right; with `archived`, those too that are no longer used."""
    names: Any = [col(getattr(DealStage, name)) for name in StageRow.__dataclass_fields__]
    query = select(*names).order_by(col(DealStage.position), col(DealStage.id))
    if not archived:
        query = query.where(col(DealStage.archived_at).is_(None))
    return [StageRow(*row) for row in connection.execute(query)]


def cards(
    connection: Connection, who: Viewer, wanted: DealFilter, closed_since: datetime, most: int = 40
) -> dict[int, list[DealRow]]:
    """The deals of each stage, at most `most` of it, those that are expected first on top.

    Of won and lost deals only those since `closed_since`.
    """
    place = func.row_number().over(
        partition_by=col(Deal.stage_id),
        order_by=(col(Deal.expected_on).is_(None), col(Deal.expected_on), col(Deal.id)),
    )
    query = rows(who).where(*conditions(wanted), _lately(closed_since)).add_columns(place.label("place")).subquery()
    names = list(query.c)[:-1]
    found: dict[int, list[DealRow]] = {}
    for row in connection.execute(select(*names).where(query.c.place <= most).order_by(query.c.place)):
        one = DealRow(*row)
        found.setdefault(one.stage_id, []).append(one)
    return found


def totals(connection: Connection, who: Viewer, wanted: DealFilter, closed_since: datetime) -> list[Total]:
    """What the deals of the board come to, by stage and currency; deals without a value count too."""
    value = func.coalesce(type_coerce(Deal.value, BigInteger), 0)
    query = (
        rows(who)
        .where(*conditions(wanted), _lately(closed_since))
        .with_only_columns(
            col(Deal.stage_id), col(Deal.currency), func.count(), func.sum(value), func.sum(value * PROBABILITY)
        )
        .group_by(col(Deal.stage_id), col(Deal.currency))
        .order_by(col(Deal.stage_id), func.sum(value).desc(), col(Deal.currency))
    )
    return [
        Total(stage, currency, count, Decimal(int(total)) / _UNIT, Decimal(int(weighted)) / _UNIT / 100)
        for stage, currency, count, total, weighted in connection.execute(query)
    ]


def in_use(connection: Connection, stage_id: int) -> int:
    """How many deals stand in a stage, those aside that are archived."""
    here = (col(Deal.stage_id) == stage_id, col(Deal.archived_at).is_(None))
    return int(connection.execute(select(func.count()).select_from(Deal).where(*here)).scalar_one())


def add_stage(connection: Connection, values: dict[str, Any]) -> None:
    """Insert a stage from columns, as the last one."""
    last = connection.execute(select(func.coalesce(func.max(col(DealStage.position)), 0))).scalar_one()
    insert(connection, DealStage, [{**values, "position": int(last) + 1}])


def change_stage(connection: Connection, stage_id: int, values: dict[str, Any]) -> None:
    """Set columns of a stage."""
    connection.execute(update(DealStage).where(col(DealStage.id) == stage_id).values(values))


def _lately(closed_since: datetime) -> ColumnElement[bool]:
    return or_(col(DealStage.kind) == "open", and_(col(DealStage.kind) != "open", col(Deal.moved_at) >= closed_since))
