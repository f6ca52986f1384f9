"""What a report is about: a period, and which clients and whose work, as SQL for the tables it is asked of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, literal, select
from sqlmodel import col

from mailcrm.crm.reports import Period
from mailcrm.model import Client, ClientGroup, GroupClient
from mailcrm.store.visibility import Viewer, looked_after


@dataclass(frozen=True, slots=True)
class Scope:
    """The question: when, about which clients, whose work. What is empty narrows nothing."""

    period: Period
    now: datetime
    owner_id: int | None = None
    """Clients of this user."""
    manager_id: int | None = None
    """Clients of the groups that this user manages."""
    group_id: int | None = None
    client_id: int | None = None
    actor_id: int | None = None
    """What this user did: of measures that say who did it."""
    quiet_days: int = 60
    """So many days without a message either way make a client a silent one."""

    @property
    def cutoff(self) -> datetime:
        """Who had no message since then is silent."""
        return self.now - timedelta(days=self.quiet_days)


def clients(who: Viewer, scope: Scope, client_id: Any) -> list[ColumnElement[bool]]:
    """SQL for whether the client with this id is one that the report is about and that the viewer may see."""
    found: list[ColumnElement[bool]] = []
    if who.assigned and not who.reads_all:
        found.append(client_id.in_(looked_after(who)))
    if scope.client_id is not None:
        found.append(client_id == scope.client_id)
    if scope.owner_id is not None:
        found.append(client_id.in_(select(col(Client.id)).where(col(Client.owner_id) == scope.owner_id)))
    members = select(col(GroupClient.client_id))
    if scope.group_id is not None:
        found.append(client_id.in_(members.where(col(GroupClient.group_id) == scope.group_id)))
    if scope.manager_id is not None:
        managed = members.join(ClientGroup, col(ClientGroup.id) == col(GroupClient.group_id))
        found.append(client_id.in_(managed.where(col(ClientGroup.manager_id) == scope.manager_id)))
    return found


def beside(column: Any) -> Any:
    """The same column as a condition that rows found otherwise are held against, not one to look rows up by."""
    return column + literal(0)


def within(scope: Scope, at: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """SQL for whether a moment is in the period."""
    return at >= scope.period.since, at < scope.period.until


def on_days(scope: Scope, day: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """SQL for whether the number of a day is in the period."""
    first, last = scope.period.days
    return day >= first, day <= last


def by(scope: Scope, actor: Any) -> list[ColumnElement[bool]]:
    """SQL for whether the user did it whose work is asked for."""
    return [] if scope.actor_id is None else [actor == scope.actor_id]


@dataclass(frozen=True, slots=True)
class GroupName:
    """A group that a report can be asked of."""

    id: int
    name: str
    manager_id: int | None


def groups(connection: Connection, who: Viewer) -> list[GroupName]:
    """The groups that the viewer may ask of, by name: all, or his own where clients are assigned."""
    query: Any = select(col(ClientGroup.id), col(ClientGroup.name), col(ClientGroup.manager_id))
    if who.assigned:
        query = query.where(col(ClientGroup.id).in_(who.group_ids))
    return [GroupName(*row) for row in connection.execute(query.order_by(col(ClientGroup.name_key)))]
