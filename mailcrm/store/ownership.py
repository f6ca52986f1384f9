"""Who owns which client, and who did at a time: every change of owner leaves a row in `owner_change`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, insert, literal, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from mailcrm.model import Client, OwnerChange, User
from mailcrm.model.columns import Id, UtcTime
from mailcrm.store.rows import parts, table


@dataclass(frozen=True, slots=True)
class Tenure:
    """One owner of a client from one time to another; None: from the beginning, until now."""

    owner: str
    """The name; "" for nobody, or for a user who is gone."""
    since: datetime | None
    until: datetime | None
    given_by: str
    """Who made him the owner; "" for a rule or the command line."""
    handover_id: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """The new owner of clients: since when, by whom, and through which handover."""

    owner_id: int | None
    at: datetime
    actor_id: int | None
    handover_id: int | None = None


def owner_at(at: datetime) -> ColumnElement[Any]:
    """SQL for who owned the client at hand at a time: the old owner of the first change after it, else the owner."""
    later = table(OwnerChange).alias("later_owner")
    first = select(later.c.old_id).where(later.c.client_id == col(Client.id), later.c.at > at)
    first = first.order_by(later.c.at, later.c.id).limit(1)
    changed = exists().where(later.c.client_id == col(Client.id), later.c.at > at)
    return case((changed, first.scalar_subquery()), else_=col(Client.owner_id))


def give(connection: Connection, which: ColumnElement[bool], change: Change) -> int:
    """Make a user the owner of the clients of a condition on `client`; returns how many had another owner before."""
    owner = col(Client.owner_id)
    other = owner.is_not(None) if change.owner_id is None else func.coalesce(owner, 0) != change.owner_id
    clients = select(
        col(Client.id),
        literal(change.at, UtcTime()),
        owner,
        literal(change.owner_id, Id),
        literal(change.handover_id, Id),
        literal(change.actor_id, Id),
    ).where(which, other)
    columns = ["client_id", "at", "old_id", "new_id", "handover_id", "actor_id"]
    connection.execute(insert(OwnerChange).from_select(columns, clients))
    return connection.execute(update(Client).where(which, other).values(owner_id=change.owner_id)).rowcount


def give_back(connection: Connection, handover_id: int, at: datetime, actor_id: int | None) -> int:
    """Give the clients of a handover back to who had them, but for those that got yet another owner; returns how
    many."""
    done, later = table(OwnerChange).alias("done"), table(OwnerChange).alias("later")
    since = exists().where(later.c.client_id == done.c.client_id, later.c.id > done.c.id)
    # The sum keeps the planner from looking each client up among all clients of the handover.
    here = and_(done.c.handover_id + 0 == handover_id, done.c.client_id == col(Client.id), ~since)
    owner = func.coalesce(col(Client.owner_id), 0)
    before = select(done.c.old_id).where(here).limit(1).scalar_subquery()
    passed = exists().where(here, owner == func.coalesce(done.c.new_id, 0))
    count = connection.execute(update(Client).where(passed).values(owner_id=before)).rowcount
    # By now they have their owners back, and no change says so yet.
    back: Any = select(
        done.c.client_id,
        literal(at, UtcTime()),
        done.c.new_id,
        done.c.old_id,
        literal(None, Id),
        literal(actor_id, Id),
    ).select_from(table(Client).join(done, here))
    columns = ["client_id", "at", "old_id", "new_id", "handover_id", "actor_id"]
    returned = back.where(owner == func.coalesce(done.c.old_id, 0))
    connection.execute(insert(OwnerChange).from_select(columns, returned))
    return count


def overtaken(connection: Connection, change_ids: Iterable[int]) -> set[int]:
    """Those of the changes that another change of the same client's owner came after."""
    done, later = table(OwnerChange).alias("done"), table(OwnerChange).alias("later")
    since = exists().where(later.c.client_id == done.c.client_id, later.c.id > done.c.id)
    found: set[int] = set()
    for part in parts(change_ids):
        found.update(connection.execute(select(done.c.id).where(done.c.id.in_(part), since)).scalars())
    return found


def history(connection: Connection, client_id: int) -> list[Tenure]:
    """The owners of a client, the present one first."""
    old: Any = aliased(User)
    new: Any = aliased(User)
    actor: Any = aliased(User)
    query = (
        select(col(OwnerChange.at), old.name, new.name, actor.name, col(OwnerChange.handover_id))
        .outerjoin(old, col(old.id) == col(OwnerChange.old_id))
        .outerjoin(new, col(new.id) == col(OwnerChange.new_id))
        .outerjoin(actor, col(actor.id) == col(OwnerChange.actor_id))
        .where(col(OwnerChange.client_id) == client_id)
        .order_by(col(OwnerChange.at), col(OwnerChange.id))
    )
    rows = connection.execute(query).all()
    if not rows:
        return []
    found = [Tenure(rows[0][1] or "", None, rows[0][0], "", None)]
    for number, (at, _, owner, by, handover_id) in enumerate(rows):
        until = rows[number + 1][0] if number + 1 < len(rows) else None
        found.append(Tenure(owner or "", at, until, by or "", handover_id))
    return found[::-1]
