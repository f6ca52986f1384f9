"""Tasks: the list, one of them, giving one, doing it and taking that back."""

from datetime import date, datetime, time
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import Field, StringConstraints

from mailcrm.crm.due import Due, Reminder
from mailcrm.errors import NotFound
from mailcrm.flow import tasks as flow
from mailcrm.flow.tasks import NewTask
from mailcrm.store import tasks
from mailcrm.store.tasks import Cursor, TaskFilter, TaskRow
from web.access import by, me, reading, reread, tools, who
from web.api.operations import Operation, Problem, operation
from web.api.values import Given, Id, Long, PageAsked, Short, Told, cursor, opened, time_of

Title = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class TaskTold(Told):
    """Something that a user owes a client by a date."""

    id: int
    title: str
    note: str
    client_id: int | None
    client_name: str
    owner_id: int
    owner_name: str
    message_id: int | None
    is_promise: bool
    due_on: date | None
    due_time: str
    zone: str
    due_at: datetime | None
    state: str
    done_at: datetime | None
    created_at: datetime


class TaskPage(Told):
    """One page of tasks, the soonest first."""

    items: list[TaskTold]
    next: str | None


class TasksAsked(PageAsked):
    """Which tasks."""

    state: Literal["open", "done"] = "open"
    owner_id: Id | None = None
    client_id: Id | None = None


class TaskGiven(Given):
    """A task to be given; without `owner_id` to oneself."""

    title: Title
    owner_id: Id | None = None
    client_id: Id | None = None
    note: Long = ""
    due_on: date | None = None
    due_time: Clock | None = None
    zone: Annotated[Short, Field(max_length=60)] = "UTC"
    """IANA name; of the day and the time."""
    reminder: Literal["", "at", "hour", "day"] = ""


@operation(Operation("GET", "/tasks", "tasks:read", "List tasks", TaskPage, query=TasksAsked))
def list_tasks(query: TasksAsked) -> TaskPage:
    """One page of the tasks that the user may see."""
    owners = (query.owner_id,) if query.owner_id else ()
    wanted = TaskFilter(state=query.state, owner_ids=owners, client_id=query.client_id)
    rows = tasks.tasks(reading(), who(), wanted, _after(query), query.limit + 1)
    shown = rows[: query.limit]
    more = _cursor(shown[-1]) if len(rows) > query.limit else None
    return TaskPage(items=[TaskTold.model_validate(row) for row in shown], next=more)


@operation(Operation("POST", "/tasks", "tasks:write", "Give a task", TaskTold, body=TaskGiven, status=201))
def add_task(body: TaskGiven) -> TaskTold:
    """The new task; its owner is told where somebody else gives it to him."""
    if body.zone not in available_timezones():
        raise Problem(409, f"There is no time zone called {body.zone}.")
    at = time.fromisoformat(body.due_time) if body.due_time else None
    due = Due(body.due_on, at) if body.due_on else None
    new = NewTask(
        body.title,
        body.owner_id or me().id,
        body.client_id,
        due,
        body.zone,
        Reminder(body.reminder) if due else Reminder.NONE,
        note=body.note,
    )
    task_id = flow.add_task(tools().office, by(), new)
    reread()
    return TaskTold.model_validate(_known(task_id))


@operation(Operation("GET", "/tasks/{task_id}", "tasks:read", "Read a task", TaskTold))
def read_task(task_id: int) -> TaskTold:
    """One task."""
    return TaskTold.model_validate(_known(task_id))


@operation(Operation("POST", "/tasks/{task_id}/finish", "tasks:write", "Finish a task", TaskTold))
def finish_task(task_id: int) -> TaskTold:
    """The task, done; one that comes again makes the next one."""
    _known(task_id)
    flow.finish(tools().office, by(), task_id)
    reread()
    return TaskTold.model_validate(_known(task_id))


@operation(Operation("POST", "/tasks/{task_id}/reopen", "tasks:write", "Reopen a task", TaskTold))
def reopen_task(task_id: int) -> TaskTold:
    """The task, to be done again."""
    _known(task_id)
    flow.reopen(tools().office, by(), task_id)
    reread()
    return TaskTold.model_validate(_known(task_id))


def _known(task_id: int) -> TaskRow:
    row = tasks.task(reading(), who(), task_id)
    if row is None:
        raise NotFound("There is no such task.")
    return row


def _cursor(row: TaskRow) -> str:
    return cursor(row.done_at if row.state == "done" else row.due_at, row.id)


def _after(query: TasksAsked) -> Cursor | None:
    if not query.after:
        return None
    value, number = opened(query.after, 2)
    return time_of(value), number
