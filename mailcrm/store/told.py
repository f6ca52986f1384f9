"""What entries of timelines that are no messages tell: rows of many tables in one shape, so that one query has all.

A page of a timeline holds notes, tasks, deals and offers between its messages; each kind is a SELECT with the columns
of `Told`, and `told` asks for all kinds at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, Date, String, cast, func, literal, null, or_, select, union_all
from sqlmodel import col

from mailcrm.model import Note, Task, User
from mailcrm.model.columns import UtcTime
from mailcrm.store.tasks import sees_task
from mailcrm.store.visibility import Viewer, sees_client


@dataclass(frozen=True, slots=True)
class Told:
    """One record. What a field means for a kind stands where its SELECT is made; fields that it lacks are empty."""

    kind: str
    id: int
    title: str
    text: str
    name: str
    """Of the user who did it, or does it."""
    state: str
    at: datetime | None
    on: date | None
    detail: str
    number: int | None
    flag: bool
    pinned: bool


_TYPES: dict[str, Any] = {
    "kind": String(),
    "id": BigInteger(),
    "title": String(),
    "text": String(),
    "name": String(),
    "state": String(),
    "at": UtcTime(),
    "on": Date(),
    "detail": String(),
    "number": BigInteger(),
    "flag": Boolean(),
    "pinned": Boolean(),
}
_EMPTY: dict[str, Any] = {
    "title": "",
    "text": "",
    "name": "",
    "state": "",
    "detail": "",
    "flag": False,
    "pinned": False,
}
_minutes: Any = cast(col(Note.minutes), BigInteger())
Select = Callable[[Viewer, Sequence[int]], Any]
"""Makes the SELECT of a kind for the records with these numbers."""


def columns(**given: Any) -> list[Any]:
    """The columns of a SELECT in the order of `Told`; those that are not given are empty."""
    found: list[Any] = []
    for name, kind in _TYPES.items():
        value: Any = given[name] if name in given else cast(_empty(name), kind)
        found.append(value.label(f"told_{name}"))
    return found


def _empty(name: str) -> Any:
    return literal(_EMPTY[name]) if name in _EMPTY else null()


def told(connection: Connection, selects: Sequence[Any]) -> list[Told]:
    """The records of some SELECTs, in one query; none for no SELECT."""
    if not selects:
        return []
    query: Any = selects[0] if len(selects) == 1 else union_all(*selects)
    return [Told(*row) for row in connection.execute(query)]


def notes(client_id: int) -> Select:
    """Notes, calls and meetings: those asked for and the pinned ones of the client. `at` is when it was or will be,
    `state` the direction of a call, `detail` the place of a meeting, `number` its minutes."""

    def made(who: Viewer, ids: Sequence[int]) -> Any:
        chosen = or_(col(Note.id).in_(ids), col(Note.pinned_at).is_not(None))
        return (
            select(
                *columns(
                    kind=col(Note.kind),
                    id=col(Note.id),
                    text=col(Note.text),
                    name=func.coalesce(col(User.name), ""),
                    state=col(Note.direction),
                    at=col(Note.at),
                    detail=col(Note.place),
                    number=_minutes,
                    pinned=col(Note.pinned_at).is_not(None),
                )
            )
            .outerjoin(User, col(User.id) == col(Note.author_id))
            .where(col(Note.client_id) == client_id, chosen, col(Note.deleted_at).is_(None))
            .where(sees_client(who, col(Note.client_id)))
        )

    return made


def tasks(who: Viewer, ids: Sequence[int]) -> Any:
    """Tasks: `at` is when it is overdue, `on` its day, `detail` its time, `flag` whether it is a promise."""
    return (
        select(
            *columns(
                kind=literal("task"),
                id=col(Task.id),
                title=col(Task.title),
                name=col(User.name),
                state=col(Task.state),
                at=col(Task.due_at),
                on=col(Task.due_on),
                detail=col(Task.due_time),
                flag=col(Task.is_promise),
            )
        )
        .join(User, col(User.id) == col(Task.owner_id))
        .where(col(Task.id).in_(ids), col(Task.state) != "dropped", sees_task(who))
    )


def by_kind(rows: Sequence[Told]) -> dict[str, Mapping[int, Told]]:
    """Kind → number → record."""
    found: dict[str, dict[int, Told]] = {}
    for row in rows:
        found.setdefault(row.kind, {})[row.id] = row
    return {**found}
