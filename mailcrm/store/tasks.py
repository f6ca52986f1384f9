"""Tasks as rows: one, a page of them, those beside messages, those to remind of; and the writes of `flow.tasks`."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, insert, literal, or_, select, true, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from mailcrm.model import Client, Entry, GroupClient, Message, Task, TaskChange, User
from mailcrm.store.rows import parts, table
from mailcrm.store.visibility import Viewer, sees_client


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task with the names that a page needs."""

    id: int
    title: str
    note: str
    client_id: int | None
    client_name: str
    owner_id: int
    owner_name: str
    created_by: int | None
    message_id: int | None
    is_promise: bool
    due_on: date | None
    due_time: str
    zone: str
    due_at: datetime | None
    reminder: str
    reminded_at: datetime | None
    repeat: str
    closes_on_reply: bool
    state: str
    done_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks are wanted; all that are open by default."""

    state: str = "open"
    owner_ids: tuple[int, ...] = ()
    group_ids: tuple[int, ...] | None = None
    """Of clients in these groups."""
    client_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Due from, and before."""
    undated: bool = False
    order: str = "due"
    """due or newest."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One line of a task's history."""

    at: datetime
    actor: str
    what: str
    before: str
    after: str


_owner = aliased(User)
_COLUMNS: Any = (
    col(Task.id),
    col(Task.title),
    col(Task.note),
    col(Task.client_id),
    func.coalesce(col(Client.name), ""),
    col(Task.owner_id),
    col(_owner.name),
    col(Task.created_by),
    col(Task.message_id),
    col(Task.is_promise),
    col(Task.due_on),
    col(Task.due_time),
    col(Task.zone),
    col(Task.due_at),
    col(Task.reminder),
    col(Task.reminded_at),
    col(Task.repeat),
    col(Task.closes_on_reply),
    col(Task.state),
    col(Task.done_at),
    col(Task.created_at),
)
Cursor = tuple[datetime | None, int]
"""The sort value and the number of the last task of a page."""


def _select() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(_owner, col(_owner.id) == col(Task.owner_id))
        .outerjoin(Client, col(Client.id) == col(Task.client_id))
    )


def sees_task(who: Viewer) -> ColumnElement[bool]:
    """SQL for whether `who` may see the row of `task` at hand: his own, what he gave, and those of clients he sees."""
    if who.reads_all or who.role == "admin":
        return true()
    own = or_(col(Task.owner_id).in_(who.stands_for or (who.user_id,)), col(Task.created_by) == who.user_id)
    return or_(own, and_(col(Task.client_id).is_not(None), sees_client(who, col(Task.client_id))))


def task(connection: Connection, who: Viewer, task_id: int) -> TaskRow | None:
    """The task with this number, dropped ones too; None where there is none for the viewer."""
    row = connection.execute(_select().where(col(Task.id) == task_id, sees_task(who))).one_or_none()
    return TaskRow(*row) if row else None


def tasks(
    connection: Connection, who: Viewer, wanted: TaskFilter, after: Cursor | None = None, limit: int = 50
) -> list[TaskRow]:
    """One page of tasks: the soonest first, those without a day last; or the newest first."""
    query = _select().where(sees_task(who), *_conditions(wanted))
    return [TaskRow(*row) for row in connection.execute(_page(query, wanted, after).limit(limit))]


def count(connection: Connection, who: Viewer, wanted: TaskFilter) -> int:
    """How many tasks there are of a kind."""
    query = select(func.count()).select_from(Task).where(sees_task(who), *_conditions(wanted))
    return int(connection.execute(query).scalar_one())


def _conditions(wanted: TaskFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(Task.state) == wanted.state]
    if wanted.owner_ids:
        found.append(col(Task.owner_id).in_(wanted.owner_ids))
    if wanted.group_ids is not None:
        member = exists().where(
            col(GroupClient.client_id) == col(Task.client_id), col(GroupClient.group_id).in_(wanted.group_ids)
        )
        found.append(member)
    if wanted.client_id is not None:
        found.append(col(Task.client_id) == wanted.client_id)
    if wanted.since is not None:
        found.append(col(Task.due_at) > wanted.since)
    if wanted.until is not None:
        found.append(col(Task.due_at) <= wanted.until)
    if wanted.undated:
        found.append(col(Task.due_at).is_(None))
    return found


def _page(query: Select[Any], wanted: TaskFilter, after: Cursor | None) -> Select[Any]:
    number = col(Task.id)
    if wanted.state == "done":
        key, down = col(Task.done_at), True
    else:
        key, down = col(Task.due_at), False
    if wanted.order == "newest":
        return (query.where(number < after[1]) if after else query).order_by(number.desc())
    if after and after[0] is not None:
        beyond = or_(
            and_(key == after[0], number > after[1]), key < after[0] if down else key > after[0], key.is_(None)
        )
        query = query.where(beyond)
    elif after:
        query = query.where(key.is_(None), number > after[1])
    return query.order_by(key.is_(None), key.desc() if down else key, number)


def of_messages(connection: Connection, who: Viewer, message_ids: Iterable[int]) -> dict[int, list[TaskRow]]:
    """The tasks that were made from these messages, open ones and done ones."""
    found: dict[int, list[TaskRow]] = defaultdict(list)
    for part in parts(message_ids):
        query = _select().where(col(Task.message_id).in_(part), col(Task.state) != "dropped", sees_task(who))
        for row in connection.execute(query.order_by(col(Task.id))):
            one = TaskRow(*row)
            found[one.message_id or 0].append(one)
    return found


def history(connection: Connection, task_id: int) -> list[ChangeRow]:
    """What happened to a task, the first first."""
    query = (
        select(
            col(TaskChange.at),
            func.coalesce(col(User.name), ""),
            col(TaskChange.what),
            col(TaskChange.before),
            col(TaskChange.after),
        )
        .outerjoin(User, col(User.id) == col(TaskChange.actor_id))
        .where(col(TaskChange.task_id) == task_id)
        .order_by(col(TaskChange.id))
    )
    return [ChangeRow(*row) for row in connection.execute(query)]


def add(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a task; returns its number."""
    number: Any = col(Task.id)
    return int(connection.execute(insert(Task).values(values).returning(number)).scalar_one())


def change(connection: Connection, task_id: int, values: dict[str, Any]) -> None:
    """Set columns of a task."""
    connection.execute(update(Task).where(col(Task.id) == task_id).values(values))


def note_change(connection: Connection, task_id: int, row: ChangeRow, actor_id: int | None) -> None:
    """Add a line to the history of a task."""
    values = {"task_id": task_id, "at": row.at, "actor_id": actor_id, "what": row.what}
    connection.execute(insert(TaskChange).values({**values, "before": row.before, "after": row.after}))


def count_follow_up(connection: Connection, client_id: int) -> None:
    """Set when the next open task of a client is due."""
    soonest = select(func.min(col(Task.due_at))).where(col(Task.client_id) == client_id, col(Task.state) == "open")
    values = {"next_follow_up_at": soonest.scalar_subquery()}
    connection.execute(update(Client).where(col(Client.id) == client_id).values(values))


@dataclass(frozen=True, slots=True)
class Reminded:
    """A task whose reminder is due, with where to send it."""

    id: int
    title: str
    remind_at: datetime
    due_on: date | None
    due_time: str
    client_name: str
    address: str
    language: str


def to_remind(connection: Connection, now: datetime, limit: int = 200) -> list[Reminded]:
    """Open tasks of active users whose reminder is due."""
    query: Any = (
        select(
            col(Task.id),
            col(Task.title),
            col(Task.remind_at),
            col(Task.due_on),
            col(Task.due_time),
            func.coalesce(col(Client.name), ""),
            col(_owner.login),
            col(_owner.language),
        )
        .join(_owner, col(_owner.id) == col(Task.owner_id))
        .outerjoin(Client, col(Client.id) == col(Task.client_id))
        .where(col(Task.state) == "open", col(Task.remind_at) <= now, col(_owner.is_active))
        .order_by(col(Task.remind_at), col(Task.id))
        .limit(limit)
        # Another daemon that is at it now leaves these rows to us; SQLite has one writer anyway.
        .with_for_update(skip_locked=True, of=Task)
    )
    return [Reminded(*row) for row in connection.execute(query)]


def answered(connection: Connection, message_ids: Iterable[int]) -> list[int]:
    """Open tasks that close on a reply, and got one by these messages: the other side wrote in their thread."""
    found: set[int] = set()
    first = table(Message).alias("first")
    for part in parts(message_ids):
        query = (
            select(col(Task.id))
            .join(first, first.c.id == col(Task.message_id))
            .join(Message, and_(col(Message.thread_id) == first.c.thread_id, col(Message.id) > first.c.id))
            .where(
                col(Message.id).in_(part),
                col(Message.kind) == literal("human"),
                col(Message.direction) != first.c.direction,
                col(Message.direction) != literal("internal"),
                col(Task.state) == "open",
                col(Task.closes_on_reply),
            )
        )
        found.update(number or 0 for number in connection.execute(query).scalars())
    return sorted(found)


def untouched_next(connection: Connection, task_id: int) -> list[TaskRow]:
    """The open task that the end of this one made, where nothing was done with it since."""
    touched = exists().where(col(TaskChange.task_id) == col(Task.id), col(TaskChange.what) != "made")
    query = _select().where(col(Task.repeats_id) == task_id, col(Task.state) == "open", ~touched)
    return [TaskRow(*row) for row in connection.execute(query)]


def on_timeline(connection: Connection, message_id: int) -> int | None:
    """A client on whose timeline a message stands: the first."""
    query = select(col(Entry.client_id)).where(col(Entry.message_id) == message_id).order_by(col(Entry.client_id))
    return connection.execute(query.limit(1)).scalar_one_or_none()
