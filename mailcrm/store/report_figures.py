"""The figures of a report: every number in one query, traffic by day, waits by length, and parts by whom or whose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, case, func, literal, select, type_coerce, union_all
from sqlmodel import col

from mailcrm.crm.replies import WAITS_FIRST
from mailcrm.crm.reports import before, middle, poured
from mailcrm.model import Client, Entry, GroupClient
from mailcrm.store.report_measures import CLIENTS, MAIL, Measure
from mailcrm.store.report_sales import DEALS, DOCUMENTS, OFFERS
from mailcrm.store.report_scope import Scope, by, clients, on_days
from mailcrm.store.report_tasks import TASKS
from mailcrm.store.visibility import Viewer

SECTIONS: Mapping[str, tuple[Measure, ...]] = {
    "mail": MAIL,
    "clients": CLIENTS,
    "documents": DOCUMENTS,
    "offers": OFFERS,
    "deals": DEALS,
    "tasks": TASKS,
}
"""What a report consists of, in the order of the page."""
MEASURES: Mapping[str, Measure] = {one.key: one for section in SECTIONS.values() for one in section}
KEYS = ("user", "owner", "group", "client")
"""What the table of parts can go by."""
_MOST = 30


@dataclass(frozen=True, slots=True)
class Traffic:
    """How many messages between people went one way on one day; `actor_id` wrote them."""

    day: int
    direction: str
    actor_id: int | None
    count: int


@dataclass(frozen=True, slots=True)
class Waits:
    """How many clients waited so many minutes of working time for an answer of one user."""

    actor_id: int | None
    first: bool
    minutes: int
    count: int


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the table of parts; medians are minutes of working time."""

    id: int | None
    name: str
    incoming: int
    outgoing: int
    answers: int
    median: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Every number by its measure; amounts by measure and currency."""

    counts: dict[str, int]
    earlier: dict[str, int]
    """Of the period before, of what is about a period."""
    sums: dict[str, dict[str, Decimal]]


def counts(connection: Connection, who: Viewer, scope: Scope, measures: Iterable[Measure]) -> dict[str, int]:
    """Every number, each as many as there are rows behind it."""
    asked = [
        select(literal(one.key), func.count()).select_from(one.rows(who, scope).order_by(None).subquery())
        for one in measures
    ]
    return {str(key): int(count) for key, count in connection.execute(union_all(*asked))}


def figures(connection: Connection, who: Viewer, scope: Scope, measures: Sequence[Measure]) -> Figures:
    """The numbers of a period, those of the one before it, and what they come to."""
    earlier = replace(scope, period=before(scope.period))
    asked = [_asked("now", one, who, scope) for one in measures]
    asked += [_asked("before", one, who, earlier) for one in measures if one.dated]
    asked += [_summed(one, who, scope) for one in measures if one.valued]
    found = Figures({}, {}, {})
    for what, key, currency, count, amount in connection.execute(union_all(*asked)):
        if what == "sum":
            found.sums.setdefault(key, {})[currency] = Decimal(int(amount)) / 10_000
        else:
            (found.counts if what == "now" else found.earlier)[key] = int(count)
    return found


def _asked(what: str, measure: Measure, who: Viewer, scope: Scope) -> Select[Any]:
    rows = measure.rows(who, scope).subquery()
    empty: Any = literal("")
    return select(literal(what), literal(measure.key), empty, func.count(), literal(0)).select_from(rows)


def _summed(measure: Measure, who: Viewer, scope: Scope) -> Select[Any]:
    rows = measure.rows(who, scope).subquery()
    total = func.sum(type_coerce(rows.c.amount, BigInteger))
    query = select(literal("sum"), literal(measure.key), rows.c.currency, func.count(), total)
    return query.where(rows.c.amount.is_not(None)).group_by(rows.c.currency)


def traffic(connection: Connection, who: Viewer, scope: Scope) -> list[Traffic]:
    """The messages between people, by day, direction and who wrote them."""
    names: Any = (col(Entry.day), col(Entry.direction), col(Entry.actor_id))
    here = (*on_days(scope, col(Entry.day)), *clients(who, scope, col(Entry.client_id)))
    query: Any = select(*names, func.count()).where(*here, *by(scope, col(Entry.actor_id))).group_by(*names)
    return [Traffic(*row) for row in connection.execute(query)]


def waits(connection: Connection, who: Viewer, scope: Scope) -> list[Waits]:
    """The waits that ended in the period, by who ended them and how long they were."""
    first = col(Entry.wait) == WAITS_FIRST
    names: Any = (col(Entry.reply_by), first, col(Entry.reply_minutes))
    here = (*on_days(scope, col(Entry.reply_day)), *clients(who, scope, col(Entry.client_id)))
    query: Any = select(*names, func.count()).where(*here, *by(scope, col(Entry.reply_by))).group_by(*names)
    return [Waits(*row) for row in connection.execute(query)]


def median(found: Iterable[Waits], first: bool = False) -> int | None:
    """The middle one of these waits, or of the first ones of threads, in minutes of working time."""
    return middle(poured((one.minutes, one.count) for one in found if one.first or not first))


def users(found: Sequence[Traffic], waited: Sequence[Waits], names: Mapping[int, str]) -> list[Part]:
    """One part for each user who wrote or answered, the busiest first."""
    actors = {one.actor_id for one in found if one.direction == "out"} | {one.actor_id for one in waited}
    parts = [_of_user(actor, found, waited, names) for actor in actors if actor is not None]
    return sorted(parts, key=lambda one: (-one.outgoing, -one.answers, one.name))


def _of_user(actor: int, found: Sequence[Traffic], waited: Sequence[Waits], names: Mapping[int, str]) -> Part:
    sent = sum(one.count for one in found if one.actor_id == actor and one.direction == "out")
    own = [one for one in waited if one.actor_id == actor]
    return Part(actor, names.get(actor, ""), 0, sent, sum(one.count for one in own), median(own))


def parts(connection: Connection, who: Viewer, scope: Scope, key: str) -> list[Part]:
    """The busiest owners, groups or clients, with the traffic and the waits of their clients; clients by name."""
    number, source = _source(key)
    ways = (func.sum(_went("in")), func.sum(_went("out")))
    here = clients(who, scope, col(Entry.client_id))
    total = (
        source(select(number, *ways))
        .where(*on_days(scope, col(Entry.day)), *here)
        .group_by(number)
        .order_by(func.count().desc(), number)
        .limit(_MOST)
    )
    rows = {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(total)}
    known = [one for one in rows if one is not None]
    lengths = source(select(number, col(Entry.reply_minutes), func.count())).where(
        *on_days(scope, col(Entry.reply_day)), *here, number.in_(known)
    )
    answered: dict[int, dict[int, int]] = {}
    for one, minutes, count in connection.execute(lengths.group_by(number, col(Entry.reply_minutes))):
        answered.setdefault(one, {})[minutes] = count
    names = _client_names(connection, known) if key == "client" else {}
    found = [(one, *rows[one], answered.get(one, {})) for one in known]
    return [Part(one, names.get(one, ""), i, o, sum(times.values()), middle(times)) for one, i, o, times in found]


def _went(direction: str) -> Any:
    """SQL for 1 where a message went this way, else 0."""
    return case((col(Entry.direction) == direction, 1), else_=0)


def _source(key: str) -> tuple[Any, Any]:
    if key == "owner":
        return col(Client.owner_id), lambda query: query.join(Client, col(Client.id) == col(Entry.client_id))
    if key == "group":
        joined = col(GroupClient.client_id) == col(Entry.client_id)
        return col(GroupClient.group_id), lambda query: query.join(GroupClient, joined)
    return col(Entry.client_id), lambda query: query


def _client_names(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    query: Any = select(col(Client.id), col(Client.name)).where(col(Client.id).in_(ids))
    return {row[0]: row[1] for row in connection.execute(query)}
