"""Mail of mailcrm itself: each key once, whatever asks for it again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mailcrm.errors import Refused
from mailcrm.flow.notifications import NewNotification, NotificationFile, queue
from mailcrm.model import Notification
from mailcrm.store.database import Database

REMINDER = NewNotification("task:7:due", "Anna@Firm.example", "Due today", "Call Acme.\n")


def rows(database: Database) -> list[tuple[object, ...]]:
    table = Notification.metadata.tables["notification"]
    columns = ("key", "address", "subject", "state", "attachment_name", "not_before")
    with database.reading() as connection:
        return [
            tuple(row) for row in connection.execute(table.select().with_only_columns(*(table.c[c] for c in columns)))
        ]


def test_a_key_is_queued_once(db: Database, now: datetime) -> None:
    with db.writing() as connection:
        assert queue(connection, REMINDER, now)
        assert not queue(connection, replace(REMINDER, text="again"), now + timedelta(days=1))
    assert rows(db) == [("task:7:due", "anna@firm.example", "Due today", "queued", "", now)]


def test_a_file_goes_along_and_line_breaks_leave_the_subject(db: Database, now: datetime) -> None:
    report = replace(REMINDER, key="report:1", subject="Two\r\nlines", attachment=NotificationFile("ab" * 32, "r.xlsx"))
    with db.writing() as connection:
        queue(connection, report, now)
    assert rows(db)[0][2:5] == ("Two lines", "queued", "r.xlsx")


def test_who_has_no_address_is_refused(db: Database, now: datetime) -> None:
    with db.writing() as connection, pytest.raises(Refused):
        queue(connection, replace(REMINDER, address="nobody"), now)
