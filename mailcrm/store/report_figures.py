"""The figures of a report: every number in one query, traffic by day, and waits by length."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, String, cast, func, literal, select, type_coerce, union_all
from sqlmodel import col

from mailcrm.crm.replies import WAITS_FIRST
from mailcrm.crm.reports import before, middle, poured
from mailcrm.model import Entry
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


@dataclass(frozen=True, slots=True)
class Traffic:
    """How many messages between people went one way on one day; `actor_id` wrote them."""

    day: int
    direction: str
    actor_id: int | None
    count: int


@dataclass(frozen=True, slots=True)
class Waits:
    """How long clients waited for an answer of one user: how often each length, in minutes of working time."""

    actor_id: int | None
    first: bool
    lengths: Mapping[int, int]


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


def figures(
    connection: Connection,
    who: Viewer,
    scope: Scope,
    measures: Sequence[Measure],
    known: Mapping[str, int] | None = None,
) -> Figures:
    """The numbers of a period, those of the one before it, and what they come to; `known` need not be asked again."""
    known = known or {}
    earlier = replace(scope, period=before(scope.period))
    asked = [_asked("now", one, who, scope) for one in measures if one.key not in known]
    asked += [_asked("before", one, who, earlier) for one in measures if one.dated]
    asked += [_summed(one, who, scope) for one in measures if one.valued]
    found = Figures({one.key: known[one.key] for one in measures if one.key in known}, {}, {})
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
    """The waits that ended in the period, by who ended them and whether they were the first of their threads."""
    names: Any = (col(Entry.reply_by), col(Entry.wait))
    here = (*on_days(scope, col(Entry.reply_day)), *clients(who, scope, col(Entry.client_id)))
    query: Any = select(*names, listed(col(Entry.reply_minutes))).where(*here, *by(scope, col(Entry.reply_by)))
    found: dict[tuple[int | None, int], list[str]] = {}
    # One list a day: in the order of the index no row has to be sorted.
    for actor, wait, minutes in connection.execute(query.group_by(col(Entry.reply_day), *names)):
        found.setdefault((actor, wait), []).append(minutes)
    return [Waits(actor, wait == WAITS_FIRST, lengths(minutes)) for (actor, wait), minutes in found.items()]


def mail(found: Iterable[Traffic], waited: Iterable[Waits]) -> dict[str, int]:
    """The numbers of messages and answers that these come to, by measure: each as many as its rows."""
    ways: Counter[str] = Counter()
    for one in found:
        ways[one.direction] += one.count
    answers = [(some.first, sum(some.lengths.values())) for some in waited]
    first = sum(count for first, count in answers if first)
    return {"in": ways["in"], "out": ways["out"], "answered": sum(c for _, c in answers), "first-answers": first}


def listed(number: Any) -> Any:
    """SQL for all the numbers of a group in one text, as `lengths` reads it."""
    return func.aggregate_strings(cast(number, String), ",")


def lengths(lists: Iterable[str]) -> dict[int, int]:
    """How often each number stands in these texts."""
    return {int(number): count for number, count in Counter(",".join(lists).split(",")).items()}


def median(found: Iterable[Waits], first: bool = False) -> int | None:
    """The middle one of these waits, or of the first ones of threads, in minutes of working time."""
    return middle(poured(pair for one in found if one.first or not first for pair in one.lengths.items()))
