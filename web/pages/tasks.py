"""Tasks: the list, one task with its history, the forms, and what is done to tasks with a way back."""

from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.crm import repeat as rules
from mailcrm.crm.due import Due, Reminder, moment
from mailcrm.crm.repeat import Repeat
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import tasks as flow
from mailcrm.flow.tasks import NewTask
from mailcrm.store import clients, people, tasks, threads
from mailcrm.store.tasks import Cursor, TaskFilter, TaskRow
from web import notices
from web.access import by, me, now, number, reading, tools, who
from web.languages import local, zone_name
from web.pages.clients import known as known_client

pages = Blueprint("tasks", __name__)
SIZE = 50
SPANS = ("", "overdue", "today", "week", "later", "undated", "done")
OWNERS = ("mine", "groups", "all")
_EMPTY = {"owner": "", "client": "", "on": "", "at": "", "reminder": "at", "repeat": "", "every": "1", "note": ""}


@pages.get("/tasks")
def overview() -> str:
    """One page of tasks: the user's own, those of his groups' clients, or all that he may see."""
    wanted, owner = _wanted(), _owner()
    rows = tasks.tasks(reading(), who(), wanted, _after(), SIZE + 1)
    last = rows[SIZE - 1] if len(rows) > SIZE else None
    return render_template(
        "tasks/overview.html",
        rows=rows[:SIZE],
        more=_written(last, wanted) if last else "",
        first="after" not in request.args,
        span=_span(),
        spans=SPANS,
        owner=owner,
        order=wanted.order,
        args={name: request.args[name] for name in ("owner", "span", "order") if request.args.get(name)},
        today=local(now()).date(),
        client=None,
    )


@pages.get("/clients/<int:client_id>/tasks")
def of_client(client_id: int) -> str:
    """The open tasks of a client, and those that were done last."""
    client = known_client(client_id)
    open_ = tasks.tasks(reading(), who(), TaskFilter(client_id=client_id), None, SIZE)
    done = tasks.tasks(reading(), who(), TaskFilter("done", client_id=client_id), None, SIZE)
    return render_template(
        "tasks/client.html", client=client, client_id=client_id, rows=open_, done=done, today=local(now()).date()
    )


@pages.get("/tasks/new")
def new() -> str:
    """The form: `message` fills in what a message says, `client` and `on` what they name."""
    form = {**_EMPTY, "owner": str(me().id), "title": request.args.get("title", "")[: flow.LONGEST]}
    form["on"] = _day(request.args.get("on", ""), "")
    message_id = number(request.args.get("message", ""))
    message = threads.message(reading(), who(), message_id) if message_id else None
    client_id: int | None = number(request.args.get("client", "")) or None
    promised = None
    if message is not None:
        promised = message.heard.promise
        form["title"] = form["title"] or (promised.sentence if promised else message.subject)
        form["on"] = form["on"] or (promised.due_on.isoformat() if promised else "")
        client_id = client_id or tasks.on_timeline(reading(), message.id)
    form["client"] = _client_name(client_id)
    return _form(None, form, message, bool(promised))


@pages.post("/tasks/new")
def add() -> Response:
    """Make a task."""
    message_id = number(request.form.get("message", "")) or None
    new_task = _given(message_id)
    added = flow.add_task(tools().office, by(), new_task)
    notices.say_restorable(gettext("The task is added."), url_for("tasks.delete", task_id=added))
    return redirect(notices.back(url_for("tasks.overview")))


@pages.get("/tasks/<int:task_id>")
def task(task_id: int) -> str:
    """One task: its form and its history."""
    row = _known(task_id)
    rule = rules.parse(row.repeat)
    form = {
        "title": row.title,
        "owner": str(row.owner_id),
        "client": row.client_name,
        "on": row.due_on.isoformat() if row.due_on else "",
        "at": row.due_time,
        "reminder": row.reminder,
        "repeat": rule.unit if rule else "",
        "every": str(rule.every) if rule else "1",
        "note": row.note,
    }
    message = threads.message(reading(), who(), row.message_id) if row.message_id else None
    return _form(row, form, message, row.is_promise)


@pages.post("/tasks/<int:task_id>")
def edit(task_id: int) -> Response:
    """Change a task."""
    row = _known(task_id)
    flow.edit_task(tools().office, by(), task_id, _given(row.message_id))
    notices.say(gettext("The task is changed."))
    return redirect(notices.back(url_for("tasks.task", task_id=task_id)))


@pages.post("/tasks/<int:task_id>/done")
def done(task_id: int) -> Response:
    """Say that a task is done."""
    finished = flow.finish(tools().office, by(), task_id)
    again = gettext("Done. The next one is in the list.") if finished.next_id else gettext("Done.")
    notices.say_restorable(again, url_for("tasks.reopen", task_id=task_id))
    return _on()


@pages.post("/tasks/<int:task_id>/open")
def reopen(task_id: int) -> Response:
    """Take "done" or "deleted" back."""
    flow.reopen(tools().office, by(), task_id)
    notices.say(gettext("It is as it was before."))
    return _on()


@pages.post("/tasks/<int:task_id>/delete")
def delete(task_id: int) -> Response:
    """Delete a task."""
    flow.drop(tools().office, by(), task_id)
    notices.say_restorable(gettext("The task is deleted."), url_for("tasks.reopen", task_id=task_id))
    target = notices.back(url_for("tasks.overview"))
    return redirect(url_for("tasks.overview") if target == url_for("tasks.task", task_id=task_id) else target)


@pages.post("/tasks/<int:task_id>/later")
def later(task_id: int) -> Response:
    """Let a task be due so many days after today."""
    days = number(request.form.get("days", ""))
    flow.put_off(tools().office, by(), task_id, local(now()).date() + timedelta(days=min(days, 400)))
    notices.say(gettext("The task has a new day."))
    return _on()


def _form(row: TaskRow | None, form: dict[str, str], message: threads.MessageRow | None, is_promise: bool) -> str:
    return render_template(
        "tasks/task.html",
        row=row,
        form=form,
        message=message,
        is_promise=is_promise,
        owners={str(user.id): user.name for user in people.users(reading(), active_only=True)},
        changes=tasks.history(reading(), row.id) if row else [],
        today=local(now()).date(),
        target=notices_target(),
    )


def notices_target() -> str:
    """Where a form leads back to: the page that it was opened from, where it is one of ours."""
    target = request.args.get("back", "")
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else url_for("tasks.overview")


def _given(message_id: int | None) -> NewTask:
    form = request.form
    on = _day(form.get("on", ""), None)
    name = form.get("client", "").strip()
    client = clients.client_by_name(reading(), who(), name) if name else None
    if name and client is None:
        raise Refused(f'There is no client called "{name}".')
    due = Due(date.fromisoformat(on), _time(form.get("at", ""))) if on else None
    reminder = form.get("reminder", "")
    return NewTask(
        title=form.get("title", ""),
        owner_id=number(form.get("owner", "")) or me().id,
        client_id=client.id if client else None,
        due=due,
        zone=zone_name() or str(tools().site.work.zone),
        reminder=Reminder(reminder) if reminder in list(Reminder) else Reminder.NONE,
        repeat=_rule(due),
        note=form.get("note", ""),
        message_id=message_id,
        is_promise="promise" in form,
        closes_on_reply="closes" in form,
    )


def _rule(due: Due | None) -> str:
    unit, every = request.form.get("repeat", ""), number(request.form.get("every", "1")) or 1
    if not unit:
        return ""
    if due is None:
        raise Refused("A task that comes again needs a first day.")
    week = (due.on.day - 1) // 7 + 1
    nth = rules.LAST if week == 5 else week
    return rules.written(Repeat(unit, every, due.on.day, nth, due.on.weekday()))


def _wanted() -> TaskFilter:
    zone = local(now()).tzinfo or UTC
    today = local(now()).date()
    end = moment(Due(today), zone)
    week = moment(Due(today + timedelta(days=6 - today.weekday())), zone)
    span, owner = _span(), _owner()
    dates: dict[str, tuple[datetime | None, datetime | None]] = {
        "overdue": (None, now()),
        "today": (now(), end),
        "week": (end, week),
        "later": (week, None),
    }
    since, until = dates.get(span, (None, None))
    order = request.args.get("order", "")
    return TaskFilter(
        state="done" if span == "done" else "open",
        owner_ids=who().stands_for or (me().id,) if owner == "mine" else (),
        group_ids=who().group_ids if owner == "groups" else None,
        since=since,
        until=until,
        undated=span == "undated",
        order="newest" if order == "newest" else "due",
    )


def _span() -> str:
    span = request.args.get("span", "")
    return span if span in SPANS else ""


def _owner() -> str:
    owner = request.args.get("owner", "")
    return owner if owner in OWNERS else "mine"


def _after() -> Cursor | None:
    at, _, last = request.args.get("after", "").rpartition("~")
    if not number(last):
        return None
    try:
        return (datetime.fromisoformat(at).astimezone(UTC) if at else None), int(last)
    except (ValueError, OverflowError):
        return None


def _written(row: TaskRow, wanted: TaskFilter) -> str:
    key = row.done_at if wanted.state == "done" else row.due_at
    return f"{key.isoformat() if key else ''}~{row.id}"


def _known(task_id: int) -> TaskRow:
    row = tasks.task(reading(), who(), task_id)
    if row is None:
        raise NotFound("There is no such task.")
    return row


def _client_name(client_id: int | None) -> str:
    found = clients.client(reading(), who(), client_id) if client_id else None
    return found.name if found else ""


def _day(text: str, default: str | None) -> str:
    """The day as ISO 8601 writes it; `default`, or Refused where there is none, for a text that is no day."""
    if not text.strip():
        return ""
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        if default is None:
            raise Refused("This is no day: write it like 2026-01-31.") from None
        return default


def _time(text: str) -> time | None:
    if not text.strip():
        return None
    try:
        return time.fromisoformat(text.strip()).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise Refused("This is no time: write it like 14:30.") from None


def _on() -> Response:
    return redirect(notices.back(url_for("tasks.overview")))
