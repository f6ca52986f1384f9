"""The parts of a report: traffic and waits by who wrote and answered, or by whose clients they were."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, case, cast, func, literal, select
from sqlmodel import col

from mailcrm.crm.reports import middle, poured
from mailcrm.model import Client, Entry, GroupClient
from mailcrm.store.report_figures import Traffic, Waits, lengths, listed
from mailcrm.store.report_scope import Scope, clients, on_days
from mailcrm.store.visibility import Viewer

KEYS = ("user", "owner", "group", "client")
"""What the table of parts can go by."""
_MOST = 30
_IN = 1 << 32


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the table of parts; medians are minutes of working time."""

    id: int | None
    name: str
    incoming: int
    outgoing: int
    answers: int
    median: int | None


def users(found: Sequence[Traffic], waited: Sequence[Waits], names: Mapping[int, str]) -> list[Part]:
    """One part for each user who wrote or answered, the busiest first."""
    sent: Counter[int | None] = Counter()
    for one in found:
        if one.direction == "out":
            sent[one.actor_id] += one.count
    answered: dict[int | None, list[Waits]] = {}
    for some in waited:
        answered.setdefault(some.actor_id, []).append(some)
    parts = [
        _part(actor, names.get(actor, ""), (0, sent[actor]), poured(p for w in own for p in w.lengths.items()))
        for actor, own in ({actor: answered.get(actor, []) for actor in sent} | answered).items()
        if actor is not None
    ]
    return sorted(parts, key=lambda one: (-one.outgoing, -one.answers, one.name))


def parts(connection: Connection, who: Viewer, scope: Scope, key: str) -> list[Part]:
    """The busiest owners, groups or clients, with the traffic and the waits of their clients; clients by name."""
    number, client = _key(key)
    here = clients(who, scope, client)
    both = cast(func.coalesce(func.sum(_messages(scope, client)), 0), BigInteger).label("both")
    asked: Any = select(number.label("number"), both).where(number.is_not(None), *here).group_by(number).subquery()
    step = literal(_IN, BigInteger)
    total = asked.c.both // step + asked.c.both % step
    busiest: Any = select(asked).order_by(total.desc(), asked.c.number).limit(_MOST)
    rows = {one: divmod(int(found), _IN) for one, found in connection.execute(busiest) if found}
    names = _client_names(connection, list(rows)) if key == "client" else {}
    waited: Any = select(number, func.aggregate_strings(_minutes(scope, client), ","))
    found = connection.execute(waited.where(number.in_(list(rows)), *here).group_by(number))
    times = {one: lengths([minutes]) if minutes else {} for one, minutes in found}
    return [_part(one, names.get(one, ""), ways, times.get(one, {})) for one, ways in rows.items()]


def _part(number: int, name: str, ways: tuple[int, int], times: Mapping[int, int]) -> Part:
    return Part(number, name, *ways, sum(times.values()), middle(times))


def _key(key: str) -> tuple[Any, Any]:
    """The columns of what the parts go by, and of the clients in them."""
    if key == "owner":
        return col(Client.owner_id), col(Client.id)
    return (
        (col(GroupClient.group_id), col(GroupClient.client_id)) if key == "group" else (col(Client.id), col(Client.id))
    )


# Asked client by client, which reads the index of each and sorts nothing: a join would sort a year of messages.


def _messages(scope: Scope, client: Any) -> Any:
    """Both ways in one number, so that the index is read once: those that came are counted in steps of `_IN`."""
    step = case((col(Entry.direction) == "in", _IN), (col(Entry.direction) == "out", 1), else_=0)
    here = (col(Entry.client_id) == client, *on_days(scope, col(Entry.day)))
    return select(func.sum(step)).where(*here).scalar_subquery()


def _minutes(scope: Scope, client: Any) -> Any:
    here = (col(Entry.client_id) == client, *on_days(scope, col(Entry.reply_day)))
    return select(listed(col(Entry.reply_minutes))).where(*here).scalar_subquery()


def _client_names(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    query: Any = select(col(Client.id), col(Client.name)).where(col(Client.id).in_(ids))
    return {row[0]: row[1] for row in connection.execute(query)}
