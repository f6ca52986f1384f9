"""Reminders of tasks: each goes out once, whatever restarts, however many daemons look, wherever the clock is put."""

from datetime import UTC, datetime

from mailcrm.crm.wording import TaskWords, task_mail
from mailcrm.flow.notifications import NewNotification, queue
from mailcrm.store import tasks
from mailcrm.store.database import Database
from mailcrm.store.tasks import ChangeRow, Reminded

_MOST = 200


def remind(database: Database, base_url: str, now: datetime) -> int:
    """Queue a mail for every reminder that is due, and mark it as gone out, in one transaction; how many there were.

    What marks it is the row of the task, not the clock: one that is put back reminds of nothing twice.
    """
    total = 0
    while True:
        with database.writing() as connection:
            found = tasks.to_remind(connection, now, _MOST)
            for one in found:
                queue(connection, _mail(one, base_url), now)
                tasks.change(connection, one.id, {"remind_at": None, "reminded_at": now})
                tasks.note_change(connection, one.id, ChangeRow(now, "", "reminded", "", ""), None)
        total += len(found)
        if len(found) < _MOST:
            return total


def _mail(one: Reminded, base_url: str) -> NewNotification:
    words = TaskWords(one.title, one.client_name, one.due_on, one.due_time, f"{base_url}/tasks/{one.id}")
    subject, text = task_mail("reminder", one.language, words)
    # The time of the reminder is in the key: a task that is put off reminds again.
    key = f"task-{one.id}-reminder-{one.remind_at.astimezone(UTC):%Y%m%dT%H%M%S}"
    return NewNotification(key, one.address, subject, text)
