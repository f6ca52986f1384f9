"""The numbers of a report on tasks: done, done too late, and overdue as of now."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlmodel import col

from mailcrm.model import Task
from mailcrm.store.report_measures import Cells, Measure, Rows, amounts, columns
from mailcrm.store.report_scope import Scope, by, clients, within
from mailcrm.store.tasks import sees_task
from mailcrm.store.visibility import EVERYTHING, Viewer


def _tasks(who: Viewer, scope: Scope, at: Any, *here: ColumnElement[bool]) -> Select[Any]:
    """Tasks that the viewer may see, each with its owner; 0 stands for the client of one that has none."""
    client: Any = func.coalesce(col(Task.client_id), 0)
    found = columns(Cells(at, col(Task.id), client, col(Task.id), actor=Task.owner_id))
    # Who sees a task is not the same as who sees its client: it may be his own.
    narrowed = clients(EVERYTHING, scope, col(Task.client_id))
    return select(*found, *amounts()).where(*here, *narrowed, *by(scope, col(Task.owner_id)), sees_task(who))


def _done(*here: ColumnElement[bool]) -> Rows:
    def rows(who: Viewer, scope: Scope) -> Select[Any]:
        at = col(Task.done_at)
        return _tasks(who, scope, at, col(Task.state) == "done", *within(scope, at), *here)

    return rows


def _overdue(who: Viewer, scope: Scope) -> Select[Any]:
    return _tasks(who, scope, col(Task.due_at), col(Task.state) == "open", col(Task.due_at) <= scope.now)


TASKS = (
    Measure("tasks-done", "task", _done()),
    Measure("tasks-late", "task", _done(col(Task.done_at) > col(Task.due_at))),
    Measure("tasks-overdue", "task", _overdue, dated=False),
)
