"""What is open with a client and which deals there are, for its dossier: in one query."""

from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from mailcrm.model import Deal, Task
from mailcrm.store import told
from mailcrm.store.told import Told
from mailcrm.store.visibility import Viewer


def standing(connection: Connection, who: Viewer, client_id: int, most: int = 100) -> tuple[list[Told], list[Told]]:
    """The open tasks of a client, the soonest first and those without a day last, and its deals, the newest first.

    There are so many of each at most, as far as the viewer may see them.
    """
    due = col(Task.due_at)
    tasks: Any = select(col(Task.id)).where(col(Task.client_id) == client_id, col(Task.state) == "open")
    tasks = tasks.order_by(due.is_(None), due, col(Task.id)).limit(most)
    deals: Any = select(col(Deal.id)).where(col(Deal.client_id) == client_id, col(Deal.archived_at).is_(None))
    deals = deals.order_by(col(Deal.id).desc()).limit(most)
    rows = told.told(connection, [told.tasks(who, tasks), told.deals(who, deals)])
    open_ = [row for row in rows if row.kind == "task"]
    open_.sort(key=lambda row: (row.at is None, row.at.timestamp() if row.at else 0, row.id))
    return open_, sorted((row for row in rows if row.kind == "deal"), key=lambda row: -row.id)
