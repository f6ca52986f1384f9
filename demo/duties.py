"""What the people of the demo have to do and have noted: duties.toml, entered by the code of the product."""

import tomllib
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from mailcrm.crm.due import Due, Reminder
from mailcrm.flow.edit import By, Office
from mailcrm.flow.notes import NewNote, add_note, pin_note
from mailcrm.flow.tasks import NewTask, add_task, finish

_tables = tomllib.loads(Path(__file__).with_name("duties.toml").read_text(encoding="utf-8"))


def assign(office: Office, users: dict[str, int], clients: dict[str, int], now: datetime) -> None:
    """Enter the tasks and notes: `users` by their keys, `clients` by their names."""
    for table in _tables["task"]:
        _task(office, By(users[table["owner"]], now), _client(clients, table["client"]), table)
    for table in _tables["note"]:
        _note(office, By(users[table["author"]], now), _client(clients, table["client"]) or 0, table)


def _client(clients: dict[str, int], beginning: str) -> int | None:
    return next(number for name, number in clients.items() if name.startswith(beginning)) if beginning else None


def _task(office: Office, by: By, client: int | None, table: dict[str, Any]) -> None:
    at = time.fromisoformat(table["time"]) if "time" in table else None
    due = Due(by.at.date() + timedelta(days=table["days"]), at)
    new = NewTask(table["title"], by.actor_id or 0, client, due, "UTC", Reminder.AT, table.get("repeat", ""))
    number = add_task(office, by, new)
    if table.get("done"):
        finish(office, by, number)


def _note(office: Office, by: By, client: int, table: dict[str, Any]) -> None:
    names = ("kind", "minutes", "place", "direction")
    more = {name: table[name] for name in names if name in table}
    note = NewNote(table["text"], at=by.at + timedelta(days=table["days"]), **more)
    number = add_note(office, by, client, note)
    if table.get("pinned"):
        pin_note(office, by, number)
