"""Reports by e-mail: once for each period across restarts and two daemons, with what their reader may see, until he
says that it is enough."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.errors import Refused
from mailcrm.flow import clients, people, report_mail
from mailcrm.flow.chores import CHORES, ChoreTools, run_due
from mailcrm.flow.clients import NewClient
from mailcrm.flow.edit import By
from mailcrm.flow.people import NewUser
from mailcrm.flow.report_mail import ReportPost
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database
from mailcrm.store.visibility import Policy
from tests.mailroom import Mailroom

BERLIN = ZoneInfo("Europe/Berlin")
LINK = "https://crm.example.com"
CHORE = tuple(one for one in CHORES if one.name == "reports")


class House:
    """A company with a user; `now` of the tests is Monday, the 2nd of March 2026, 10:30 in Berlin."""

    def __init__(self, db: Database, now: datetime, folder: Path) -> None:
        self.db, self.now, self.room = db, now, Mailroom(db, now, folder / "mailroom")
        self.user = people.add_user(db, NewUser("vera@example.com", "Vera"), now)
        self.by = By(self.user, now)

    def send(self, later: timedelta = timedelta(), clients: str = "all") -> int:
        """One turn of the chore."""
        return report_mail.send(self.db, ReportPost(LINK, BERLIN, Policy(clients=clients)), self.now + later)

    def mail(self) -> list[tuple[str, str]]:
        """Subject and text of what was queued for Vera."""
        query = "SELECT subject, text FROM notification WHERE address = 'vera@example.com' ORDER BY id"
        with self.db.reading() as connection:
            return [(row[0], row[1]) for row in connection.exec_driver_sql(query)]


@pytest.fixture
def house(db: Database, now: datetime, tmp_path: Path) -> House:
    """A company without reports by mail."""
    return House(db, now, tmp_path)


def test_a_week_is_told_of_once_when_it_is_over(house: House) -> None:
    report_mail.subscribe(house.room.office, house.by, "week", BERLIN)
    assert house.send() == 0, "the week that was over when he asked"
    monday = timedelta(days=6, hours=20, minutes=29)
    assert house.send(monday) == 0, "it is 6:59 in Berlin"
    assert house.send(monday + timedelta(minutes=1)) == 1
    assert house.send(monday + timedelta(hours=5)) == 0
    assert house.send() == 0, "nor with the clock put back"
    assert house.send(timedelta(days=14)) == 1
    assert [subject for subject, _ in house.mail()] == [
        "Report 2026-03-02 – 2026-03-08",
        "Report 2026-03-09 – 2026-03-15",
    ]
    assert f"{LINK}/reports?since=2026-03-02&until=2026-03-08" in house.mail()[0][1]


def test_a_month_is_told_of_after_its_last_day_and_only_the_last_of_several(house: House) -> None:
    report_mail.subscribe(house.room.office, house.by, "month", BERLIN)
    assert house.send(timedelta(days=29)) == 0
    assert house.send(timedelta(days=100)) == 1
    assert [subject for subject, _ in house.mail()] == ["Report 2026-05-01 – 2026-05-31"]


def test_two_daemons_and_a_restart_send_it_once(house: House, tmp_path: Path) -> None:
    report_mail.subscribe(house.room.office, house.by, "week", BERLIN)
    later = house.now + timedelta(days=7)
    blobs, keyring = open_blobs(BlobPlace(tmp_path / "blobs")), Keyring.load(tmp_path / "key", create=True)
    tools = ChoreTools(house.room.office, blobs, keyring, work=WorkCalendar(BERLIN))
    with ThreadPoolExecutor(4) as executor:
        done = [executor.submit(run_due, tools, f"daemon {n}", lambda: later, CHORE) for n in range(4)]
        assert sorted(one.result() for one in done)[-1] == ["reports"]
        counts = [executor.submit(house.send, timedelta(days=7)) for _ in range(4)]
        assert [one.result() for one in counts] == [0, 0, 0, 0]
    assert len(house.mail()) == 1


def test_it_tells_what_its_reader_may_see(house: House) -> None:
    report_mail.subscribe(house.room.office, house.by, "week", BERLIN)
    mine = NewClient("Of Vera", owner_id=house.user)
    for new in (mine, NewClient("Of Anna", owner_id=house.room.user_id), NewClient("Of nobody")):
        clients.add_client(house.room.office, house.room.by, new)
    assert house.send(timedelta(days=7), "assigned") == 1
    assert "New clients: 1 (before: 0)\n" in house.mail()[0][1]
    assert house.send(timedelta(days=14)) == 1
    assert "New clients: 0 (before: 3)" in house.mail()[1][1]


def test_it_stops_at_a_word_and_comes_in_ones_language(house: House) -> None:
    office = house.room.office
    people.edit_user(house.db, house.user, {"language": "ru"}, house.now)
    report_mail.subscribe(office, house.by, "month", BERLIN)
    report_mail.subscribe(office, house.by, "week", BERLIN)
    assert house.send(timedelta(days=7)) == 1
    assert house.mail()[0][0] == "Отчёт 02.03.2026 – 08.03.2026"
    assert "Новые клиенты: 0" in house.mail()[0][1]
    report_mail.subscribe(office, house.by, "", BERLIN)
    assert house.send(timedelta(days=60)) == 0
    with pytest.raises(Refused):
        report_mail.subscribe(office, house.by, "hour", BERLIN)


def test_whoever_left_gets_none(house: House) -> None:
    report_mail.subscribe(house.room.office, house.by, "week", BERLIN)
    people.edit_user(house.db, house.user, {"is_active": False}, house.now)
    assert house.send(timedelta(days=7)) == 0
