"""What is forgotten in time, and what is not."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select
from sqlmodel import SQLModel, col

from mailcrm.flow.tidy import Retention, tidy
from mailcrm.model import AuditEntry, Folder, Mailbox, Placement, SignInAttempt, Triage
from mailcrm.store import audit
from mailcrm.store.audit import Act
from mailcrm.store.database import Database
from mailcrm.store.rows import insert


def test_old_lines_of_the_tray_and_old_attempts_go_and_verdicts_stay(db: Database, now: datetime) -> None:
    with db.writing() as connection:
        insert(connection, Mailbox, [{"id": 1, "address": "anna@firm.example", "created_at": now}])
        insert(connection, Folder, [{"id": 1, "mailbox_id": 1, "raw_name": b"INBOX", "name": "INBOX"}])
        for number, age in ((1, 10), (2, 400)):
            _tray_line(connection, number, now - timedelta(days=age), now)
            attempt = {
                "login": "anna@firm.example",
                "ip": "192.0.2.1",
                "at": now - timedelta(days=age),
                "succeeded": False,
            }
            insert(connection, SignInAttempt, [attempt])
            audit.note(connection, Act(None, "opened", "client", number), now - timedelta(days=2 * age))

    tidy(db, Retention(), now)

    with db.reading() as connection:
        assert connection.execute(select(col(Triage.placement_id))).scalars().all() == [1]
        assert _count(connection, SignInAttempt) == 1
        assert _count(connection, AuditEntry) == 1
        assert _count(connection, Placement) == 2


def _tray_line(connection: Connection, number: int, at: datetime, now: datetime) -> None:
    placement = {"id": number, "folder_id": 1, "uidvalidity": 1, "uid": number, "state": "done", "seen_at": now}
    insert(connection, Placement, [placement])
    line = {"placement_id": number, "mailbox_id": 1, "at": at, "direction": "out", "counterpart": "x@new.example"}
    insert(connection, Triage, [line])


def _count(connection: Connection, model: type[SQLModel]) -> int:
    return int(connection.execute(select(func.count()).select_from(model)).scalar_one())
