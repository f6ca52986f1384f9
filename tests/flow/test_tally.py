"""What reports count is the same whatever came first, and follows links and threads that are put right later."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.flow import clients, links
from mailcrm.flow.clients import NewClient
from mailcrm.flow.tally import rebuild, tally
from mailcrm.store.database import Database
from tests.mailroom import Mailroom, mail

ANNA, IVAN = "Anna <anna@example.com>", "Иван <ivan@romashka.example>"
CALENDAR = WorkCalendar()
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
COLUMNS = "direction, day, wait, reply_by, reply_day, reply_minutes, tallied"


def letter(sender: str, to: str, at: datetime, number: int, answers: int | None = None) -> bytes:
    ids = {"Message_ID": f"<{number}@test>", "Date": at.strftime("%a, %d %b %Y %H:%M:%S +0000")}
    if answers is not None:
        ids["In_Reply_To"] = f"<{answers}@test>"
    return mail(sender, to, "Pumps", f"Letter {number}", **ids)


def thread() -> list[bytes]:
    hour = timedelta(hours=1)
    return [
        letter(IVAN, ANNA, MONDAY, 1),
        letter(ANNA, IVAN, MONDAY + 3 * hour, 2, 1),
        letter(IVAN, ANNA, MONDAY + 4 * hour, 3, 2),
        letter(ANNA, IVAN, MONDAY + 26 * hour, 4, 3),
    ]


@pytest.fixture
def room(db: Database, tmp_path: Path) -> Mailroom:
    found = Mailroom(db, MONDAY + timedelta(days=3), tmp_path / "blobs")
    clients.add_client(found.office, found.by, NewClient("Romashka", domains=("romashka.example",)))
    return found


def counted(room: Mailroom) -> list[tuple[object, ...]]:
    with room.db.reading() as connection:
        rows = connection.exec_driver_sql(f"SELECT {COLUMNS} FROM entry WHERE message_id IS NOT NULL ORDER BY at")
        return [tuple(row) for row in rows]


def expected(user: int) -> list[tuple[object, ...]]:
    day = 20780
    return [
        ("in", day, 2, user, day, 180, True),
        ("out", day, None, None, None, None, True),
        ("in", day, 1, user, day + 1, 7 * 60, True),
        ("out", day + 1, None, None, None, None, True),
    ]


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5], ids=str)
def test_the_order_of_arrival_changes_nothing(room: Mailroom, order: tuple[int, ...]) -> None:
    letters = thread()
    for number in order:
        room.deliver(letters[number])
        tally(room.office, CALENDAR, room.now)
    assert counted(room) == expected(room.user_id)
    assert tally(room.office, CALENDAR, room.now) == 0, "nothing waits"


def test_an_answer_that_is_taken_off_the_timeline_ends_no_wait(room: Mailroom) -> None:
    for one in thread():
        room.deliver(one)
    tally(room.office, CALENDAR, room.now)
    with room.db.reading() as connection:
        query = (
            "SELECT link.id FROM link JOIN message ON message.id = link.message_id WHERE message.message_id = '2@test'"
        )
        number = int(connection.exec_driver_sql(query).scalar_one())
    act = links.undo(room.office, room.by, number)
    tally(room.office, CALENDAR, room.now)
    assert [row[2:6] for row in counted(room)] == [
        (2, room.user_id, 20781, 11 * 60),
        (None, None, None, None),
        (None, None, None, None),
    ]
    links.take_back(room.office, room.by, act)
    tally(room.office, CALENDAR, room.now)
    assert counted(room) == expected(room.user_id)


def test_everything_is_counted_anew_by_another_calendar(room: Mailroom) -> None:
    for one in thread():
        room.deliver(one)
    tally(room.office, CALENDAR, room.now)
    free = WorkCalendar(holidays=frozenset({MONDAY.date()}))
    assert rebuild(room.office, free, room.now) == 4
    assert [row[5] for row in counted(room) if row[2]] == [0, 3 * 60]
    rebuild(room.office, CALENDAR, room.now)
    assert counted(room) == expected(room.user_id)
