"""Tasks: made, changed, done, taken back; each change is a line of history, and whoever gets one is told."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection

from mailcrm.crm import repeat
from mailcrm.crm.due import Due, Reminder, moment, reminded_at
from mailcrm.crm.wording import TaskWords, task_mail
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients as flow_clients
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.flow.notifications import NewNotification, queue
from mailcrm.store import entries, people, promises, tasks, threads
from mailcrm.store.entries import NewEntry
from mailcrm.store.tasks import ChangeRow, TaskRow
from mailcrm.store.visibility import EVERYTHING

LONGEST = 300
"""Characters of a title."""
_EARLIEST, _LATEST = date(2000, 1, 1), date(2199, 12, 31)
_TOLD = ("title", "owner_id", "due_on", "due_time", "repeat", "client_id", "note")
"""The columns whose changes are told in the history."""

_SAME = (
    *("title", "note", "client_id", "owner_id", "created_by", "repeat"),
    *("is_promise", "closes_on_reply", "message_id"),
)
"""What the next task has of the one before where it comes again."""


@dataclass(frozen=True, slots=True)
class NewTask:
    """What a person decides about a task."""

    title: str
    owner_id: int
    client_id: int | None = None
    due: Due | None = None
    zone: str = "UTC"
    """Of the day and the time."""
    reminder: Reminder = Reminder.NONE
    repeat: str = ""
    """As crm.repeat writes it."""
    note: str = ""
    message_id: int | None = None
    is_promise: bool = False
    closes_on_reply: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """A task that was done, and the one that came of it where it comes again."""

    task_id: int
    next_id: int | None


def add_task(office: Office, by: By, new: NewTask) -> int:
    """Make a task; returns its number. Its owner is told where somebody else gives it to him.

    Raises Refused for a task without words, an impossible day or rule, and NotFound for a client, a message or a user
    that is not there.
    """
    with editing(office, by) as edit:
        values = _checked(edit, new)
        if new.message_id is not None:
            found = threads.message(edit.connection, by.who, new.message_id)
            if found is None:
                raise NotFound("There is no such message, or it is private.")
            promises.set_state(edit.connection, new.message_id, "taken")
        number = _insert(edit.connection, {**values, "message_id": new.message_id, "is_promise": new.is_promise}, by)
        _tell(edit, number)
        return number


def edit_task(office: Office, by: By, task_id: int, new: NewTask) -> None:
    """Change a task to what is given; the message that it was made from stays. Raises as `add_task`."""
    with editing(office, by) as edit:
        before = known(edit, task_id)
        values = _checked(edit, new)
        if values["remind_at"] == _remind_at(before):
            # Only what is new is reminded of: changing a title sends nothing again.
            values.pop("remind_at")
        _change(edit.connection, before, values, by)
        for client in {before.client_id, new.client_id} - {None}:
            tasks.count_follow_up(edit.connection, client or 0)
        _move_entry(edit, before, new.client_id)
        if before.owner_id != new.owner_id:
            _tell(edit, task_id)


def finish(office: Office, by: By, task_id: int) -> Finished:
    """Say that a task is done; one that comes again comes again. Raises NotFound, or Refused where it is done."""
    with editing(office, by) as edit:
        row = known(edit, task_id)
        if row.state != "open":
            raise Refused("This task is done already.")
        return Finished(task_id, close(edit.connection, row, by.actor_id, by.at))


def reopen(office: Office, by: By, task_id: int) -> None:
    """Take "done" or "deleted" back; the next one that came of it goes where nobody touched it. Raises NotFound."""
    with editing(office, by) as edit:
        row = known(edit, task_id)
        for following in tasks.untouched_next(edit.connection, task_id):
            _set_state(edit.connection, following, "dropped", by.actor_id, by.at)
        _set_state(edit.connection, row, "open", by.actor_id, by.at)


def drop(office: Office, by: By, task_id: int) -> None:
    """Delete a task; `reopen` takes it back. Raises NotFound."""
    with editing(office, by) as edit:
        row = known(edit, task_id)
        _set_state(edit.connection, row, "dropped", by.actor_id, by.at)
        edit.note("removed", "task", task_id, row.client_id, row.title)


def put_off(office: Office, by: By, task_id: int, on: date) -> None:
    """Let a task be due on another day. Raises NotFound, or Refused for an impossible day."""
    with editing(office, by) as edit:
        row = known(edit, task_id)
        due = Due(_checked_day(on), time.fromisoformat(row.due_time) if row.due_time else None)
        values = _dates(due, row.zone, Reminder(row.reminder))
        _change(edit.connection, row, values, by)
        if row.client_id:
            tasks.count_follow_up(edit.connection, row.client_id)


def close_answered(connection: Connection, message_ids: list[int], now: datetime) -> None:
    """Close the tasks that wait for a reply which is among these messages."""
    for number in tasks.answered(connection, message_ids):
        row = tasks.task(connection, EVERYTHING, number)
        if row is not None:
            close(connection, row, None, now)


def close(connection: Connection, row: TaskRow, actor_id: int | None, at: datetime) -> int | None:
    """Close an open task in the transaction at hand; returns the number of the next one where it comes again."""
    _set_state(connection, row, "done", actor_id, at)
    rule = repeat.parse(row.repeat)
    if rule is None or row.due_on is None:
        return None
    on = repeat.following(rule, row.due_on, at.astimezone(zone(row.zone)).date())
    due = Due(on, time.fromisoformat(row.due_time) if row.due_time else None)
    values = {name: getattr(row, name) for name in _SAME} | _dates(due, row.zone, Reminder(row.reminder))
    return _insert(connection, {**values, "repeats_id": row.id}, By(actor_id, at))


def known(edit: Edit, task_id: int) -> TaskRow:
    """The task, where its editor may see it; raises NotFound."""
    found = tasks.task(edit.connection, edit.by.who, task_id)
    if found is None:
        raise NotFound("There is no such task.")
    return found


def zone(name: str) -> ZoneInfo:
    """The time zone of this name; UTC for none that is known."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _checked(edit: Edit, new: NewTask) -> dict[str, Any]:
    title = " ".join(new.title.split())[:LONGEST]
    if not title:
        raise Refused("A task needs a few words that say what is to be done.")
    owner = people.user(edit.connection, new.owner_id)
    if owner is None or not owner.is_active:
        raise NotFound("There is no such user.")
    if new.client_id is not None:
        flow_clients.known(edit, new.client_id)
    rule = repeat.parse(new.repeat)
    if rule is not None and new.due is None:
        raise Refused("A task that comes again needs a first day.")
    if new.due is not None:
        _checked_day(new.due.on)
    return {
        "title": title,
        "note": new.note.strip()[:20000],
        "client_id": new.client_id,
        "owner_id": new.owner_id,
        "repeat": repeat.written(rule),
        "closes_on_reply": new.closes_on_reply,
        **_dates(new.due, new.zone, new.reminder),
    }


def _checked_day(on: date) -> date:
    if not _EARLIEST <= on <= _LATEST:
        raise Refused("This day is too far away.")
    return on


def _dates(due: Due | None, name: str, reminder: Reminder) -> dict[str, Any]:
    where = zone(name)
    return {
        "due_on": due.on if due else None,
        "due_time": due.at.strftime("%H:%M") if due and due.at else "",
        "zone": where.key,
        "due_at": moment(due, where) if due else None,
        "reminder": str(reminder) if due else "",
        "remind_at": reminded_at(due, reminder, where) if due else None,
    }


def _remind_at(row: TaskRow) -> datetime | None:
    if row.due_on is None:
        return None
    due = Due(row.due_on, time.fromisoformat(row.due_time) if row.due_time else None)
    return reminded_at(due, Reminder(row.reminder), zone(row.zone))


def _insert(connection: Connection, values: dict[str, Any], by: By) -> int:
    made = {"created_by": by.actor_id, "created_at": by.at, "changed_at": by.at, "state": "open"}
    number = tasks.add(connection, {**made, **values})
    tasks.note_change(connection, number, ChangeRow(by.at, "", "made", "", ""), by.actor_id)
    client = values["client_id"]
    if client is not None:
        entries.add(connection, NewEntry(client, by.at, "task", number, by.actor_id))
        tasks.count_follow_up(connection, client)
    return number


def _change(connection: Connection, before: TaskRow, values: dict[str, Any], by: By) -> None:
    tasks.change(connection, before.id, {**values, "changed_at": by.at})
    for name in _TOLD:
        old, new = getattr(before, name), values.get(name, getattr(before, name))
        if old != new:
            row = ChangeRow(by.at, "", name, _said(connection, name, old), _said(connection, name, new))
            tasks.note_change(connection, before.id, row, by.actor_id)


def _said(connection: Connection, name: str, value: Any) -> str:
    if name == "owner_id":
        found = people.user(connection, value)
        return found.name if found else ""
    return "" if value is None else str(value)[:LONGEST]


def _set_state(connection: Connection, row: TaskRow, state: str, actor_id: int | None, at: datetime) -> None:
    done = {"done_at": at, "done_by": actor_id} if state == "done" else {"done_at": None, "done_by": None}
    tasks.change(connection, row.id, {"state": state, "changed_at": at, **done})
    tasks.note_change(connection, row.id, ChangeRow(at, "", state, "", ""), actor_id)
    if row.client_id is not None:
        tasks.count_follow_up(connection, row.client_id)


def _move_entry(edit: Edit, before: TaskRow, client_id: int | None) -> None:
    if before.client_id != client_id:
        entries.remove(edit.connection, "task", before.id)
        if client_id is not None:
            entries.add(edit.connection, NewEntry(client_id, before.created_at, "task", before.id, edit.by.actor_id))


def _tell(edit: Edit, task_id: int) -> None:
    """Tell the owner of a task that somebody else gave it to him."""
    row = tasks.task(edit.connection, EVERYTHING, task_id)
    owner = people.user(edit.connection, row.owner_id) if row else None
    giver = people.user(edit.connection, edit.by.actor_id) if edit.by.actor_id else None
    if row is None or owner is None or owner.id == edit.by.actor_id:
        return
    link = f"{edit.office.base_url}/tasks/{task_id}"
    words = TaskWords(row.title, row.client_name, row.due_on, row.due_time, link, giver.name if giver else "")
    subject, text = task_mail("given", owner.language, words)
    key = f"task-{task_id}-given-{owner.id}-{edit.by.at.astimezone(UTC):%Y%m%dT%H%M%S}"
    queue(edit.connection, NewNotification(key, owner.login, subject, text), edit.by.at)
