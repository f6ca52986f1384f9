"""Tasks: made, changed, done, repeated, taken back, closed by replies; reminders that go out once."""

import threading
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mailcrm.crm.due import Due, Reminder
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import tasks
from mailcrm.flow.chores import ChoreTools, run_due
from mailcrm.flow.edit import By, Office
from mailcrm.flow.reminders import remind
from mailcrm.flow.tasks import NewTask
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.store import tasks as store
from mailcrm.store.database import Database
from mailcrm.store.tasks import TaskFilter, TaskRow
from mailcrm.store.visibility import EVERYTHING, Policy, viewer
from tests.web.company import ANNA, LARS, Company, letter

TODAY = date(2026, 3, 2)


@pytest.fixture
def company(db: Database, tmp_path: Path) -> Company:
    """A company with one client, on Monday, 2 March 2026."""
    found = Company(db, tmp_path / "company", datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    found.client("Nordwind", "nordwind.example")
    return found


def office(company: Company) -> Office:
    return company.rooms["anna"].office


def new(company: Company, title: str = "Send the offer", **more: object) -> int:
    given = {"due": Due(TODAY + timedelta(days=1)), "client_id": company.clients["Nordwind"], **more}
    return tasks.add_task(office(company), company.by, NewTask(title, company.users["anna"], **given))  # type: ignore[arg-type]


def row(company: Company, number: int) -> TaskRow:
    with company.db.reading() as connection:
        found = store.task(connection, EVERYTHING, number)
    assert found is not None
    return found


def mails(company: Company) -> list[tuple[str, str]]:
    with company.db.reading() as connection:
        query = "SELECT address, subject FROM notification ORDER BY id"
        return [tuple(one) for one in connection.exec_driver_sql(query)]  # type: ignore[misc]


def history(company: Company, number: int) -> list[str]:
    with company.db.reading() as connection:
        return [one.what for one in store.history(connection, number)]


def follow_up(company: Company) -> object:
    with company.db.reading() as connection:
        return connection.exec_driver_sql("SELECT next_follow_up_at FROM client").scalar_one()


def test_a_task_has_its_moment_in_its_zone_and_stands_on_the_timeline(company: Company) -> None:
    number = new(company, due=Due(date(2026, 3, 29), time(10)), zone="Europe/Berlin")
    found = row(company, number)
    assert found.due_at == datetime(2026, 3, 29, 8, tzinfo=UTC)
    assert found.zone == "Europe/Berlin"
    assert company.one(f"SELECT count(*) FROM entry WHERE kind = 'task' AND record_id = {number}") == 1
    assert follow_up(company) is not None
    assert mails(company) == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"title": "  "}, Refused),
        ({"due": None, "repeat": "day:1"}, Refused),
        ({"repeat": "year:1"}, Refused),
        ({"due": Due(date(9999, 12, 31))}, Refused),
        ({"client_id": 9999}, NotFound),
        ({"message_id": 9999}, NotFound),
    ],
)
def test_what_cannot_be_is_refused(company: Company, changes: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        new(company, **changes)
    assert company.one("SELECT count(*) FROM task") == 0


def test_whoever_gets_a_task_is_told_once_in_his_language(company: Company) -> None:
    boris = company.users["boris"]
    number = tasks.add_task(office(company), company.by, NewTask("Проверить расчёт", boris))
    assert mails(company) == [("boris@example.com", "A task for you: Проверить расчёт")]
    tasks.edit_task(office(company), company.by, number, NewTask("Проверить расчёт ещё раз", boris))
    assert len(mails(company)) == 1
    tasks.edit_task(office(company), company.by, number, NewTask("Проверить", company.users["klara"]))
    assert mails(company)[-1][0] == "klara@example.com"
    assert history(company, number) == ["made", "title", "title", "owner_id"]


def test_done_and_taken_back(company: Company) -> None:
    number = new(company)
    assert tasks.finish(office(company), company.by, number).next_id is None
    assert row(company, number).state == "done"
    assert follow_up(company) is None
    with pytest.raises(Refused):
        tasks.finish(office(company), company.by, number)
    tasks.reopen(office(company), company.by, number)
    assert (row(company, number).state, row(company, number).done_at) == ("open", None)
    assert follow_up(company) is not None
    tasks.drop(office(company), company.by, number)
    tasks.reopen(office(company), company.by, number)
    assert history(company, number) == ["made", "done", "open", "dropped", "open"]


def test_one_that_comes_again_comes_once_and_goes_with_the_way_back(company: Company) -> None:
    number = new(company, repeat="week:2", reminder=Reminder.AT)
    following = tasks.finish(office(company), company.by, number).next_id
    assert following is not None
    assert row(company, following).due_on == TODAY + timedelta(days=15)
    assert row(company, following).state == "open"
    tasks.reopen(office(company), company.by, number)
    assert row(company, following).state == "dropped"
    again = tasks.finish(office(company), company.by, number).next_id
    assert again is not None
    tasks.put_off(office(company), company.by, again, TODAY + timedelta(days=20))
    tasks.reopen(office(company), company.by, number)
    assert row(company, again).state == "open", "somebody has changed it since"


def test_a_reply_closes_the_task_that_waits_for_it(company: Company) -> None:
    asked = company.deliver("anna", letter(LARS, ANNA, "Valves", "How much?"), timedelta(hours=3))
    number = new(company, "Answer Lars", message_id=company.number(asked), closes_on_reply=True)
    kept = new(company, "Think about it", message_id=company.number(asked))
    again = letter(LARS, ANNA, "Re: Valves", "And when?", In_Reply_To=f"<{asked}>", References=f"<{asked}>")
    company.deliver("anna", again, timedelta(hours=2))
    assert row(company, number).state == "open", "he wrote himself"
    answer = letter(ANNA, LARS, "Re: Valves", "84.00", In_Reply_To=f"<{asked}>", References=f"<{asked}>")
    company.deliver("boris", answer, timedelta(hours=1))
    assert row(company, number).state == "done"
    assert row(company, kept).state == "open"


def test_a_promise_in_a_letter_is_offered_and_never_a_task_by_itself(company: Company) -> None:
    mine = company.deliver("anna", letter(ANNA, LARS, "Offer", "I will send it by Friday."))
    theirs = company.deliver("anna", letter(LARS, ANNA, "Money", "We will pay on 9 March."))
    company.deliver("anna", letter(LARS, "Tom <tom@x.example>", "Not to us", "I will call you tomorrow.", Cc=ANNA))
    with company.db.reading() as connection:
        found = connection.exec_driver_sql("SELECT by_us, due_on, state FROM spoken_promise ORDER BY due_on").all()
    assert [(bool(by_us), str(due), state) for by_us, due, state in found] == [
        (True, "2026-03-06", "open"),
        (False, "2026-03-09", "open"),
    ]
    assert company.one("SELECT count(*) FROM task") == 0
    new(company, message_id=company.number(mine), is_promise=True)
    assert company.one("SELECT count(*) FROM spoken_promise WHERE state = 'taken'") == 1
    assert company.number(theirs)


def test_reminders_go_out_once_across_restart_and_clock_change(company: Company) -> None:
    zone = ZoneInfo("Europe/Moscow")
    due = Due(TODAY, time(15))
    number = new(company, "Позвонить", due=due, zone="Europe/Moscow", reminder=Reminder.HOUR)
    at = datetime(2026, 3, 2, 14, tzinfo=zone)
    assert remind(company.db, "http://crm.example", at - timedelta(seconds=1)) == 0
    assert remind(company.db, "http://crm.example", at) == 1
    fresh = Database(company.db.url)
    for later in (timedelta(), timedelta(hours=-5), timedelta(days=3)):
        assert remind(fresh, "http://crm.example", at + later) == 0
    fresh.close()
    assert mails(company) == [("anna@example.com", "Reminder: Позвонить")]
    tasks.edit_task(office(company), company.by, number, _same(company, "Позвонить Ларсу", due))
    assert remind(company.db, "http://crm.example", at + timedelta(minutes=1)) == 0, "only the words changed"
    tasks.put_off(office(company), company.by, number, TODAY + timedelta(days=1))
    assert remind(company.db, "http://crm.example", at + timedelta(days=1)) == 1
    assert len(mails(company)) == 2


def _same(company: Company, title: str, due: Due) -> NewTask:
    client = company.clients["Nordwind"]
    return NewTask(title, company.users["anna"], client, due, "Europe/Moscow", Reminder.HOUR)


def test_reminders_of_what_is_done_do_not_go_out(company: Company) -> None:
    number = new(company, due=Due(TODAY), reminder=Reminder.AT)
    tasks.finish(office(company), company.by, number)
    assert remind(company.db, "", company.now + timedelta(days=2)) == 0


def test_two_daemons_remind_once(company: Company, tmp_path: Path) -> None:
    for count in range(30):
        new(company, f"Task {count}", due=Due(TODAY), reminder=Reminder.AT)
    tools = ChoreTools(
        office(company), open_blobs(BlobPlace(tmp_path / "blobs")), company.keyring, "http://crm.example"
    )
    gate, later = threading.Barrier(3), company.now + timedelta(days=1)

    def one(name: str) -> None:
        gate.wait(10)
        run_due(tools, name, lambda: later)
        remind(company.db, "http://crm.example", later)

    threads = [threading.Thread(target=one, args=(f"daemon {number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(mails(company)) == 30
    assert company.one("SELECT count(*) FROM task_change WHERE what = 'reminded'") == 30


def test_the_list_is_by_keyset_and_shows_only_what_one_may_see(company: Company) -> None:
    for number in range(7):
        new(company, f"Task {number}", due=Due(TODAY + timedelta(days=number % 3)) if number else None)
    private = tasks.add_task(office(company), company.by, NewTask("Private", company.users["anna"]))
    with company.db.reading() as connection:
        boris = viewer(connection, company.users["boris"], "staff", company.now)
        strict = viewer(connection, company.users["boris"], "staff", company.now, Policy(clients="assigned"))
        assert len(store.tasks(connection, boris, TaskFilter())) == 7
        assert store.tasks(connection, strict, TaskFilter()) == []
        assert store.task(connection, boris, private) is None
        anna = viewer(connection, company.users["anna"], "staff", company.now)
        pages, after = [], None
        while page := store.tasks(connection, anna, TaskFilter(), after, 3):
            pages += [one.title for one in page]
            after = (page[-1].due_at, page[-1].id)
    assert len(pages) == len(set(pages)) == 8
    assert pages[-2:] == ["Task 0", "Private"]
    with pytest.raises(NotFound):
        tasks.finish(office(company), By(company.users["boris"], company.now, "", boris), private)
