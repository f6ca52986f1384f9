"""Two daemons, each a process of its own, on one database: what is done by the clock happens once, across restarts,
with clocks that are put back, and where both are at the same chore."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, timedelta
from pathlib import Path

import pytest

from mailcrm.crm.due import Due, Reminder
from mailcrm.flow import handover, report_mail, tasks
from mailcrm.flow.handover import NewHandover
from mailcrm.flow.tasks import NewTask
from mailcrm.net.secrets import Keyring
from mailcrm.store.handovers import Subject
from tests.chore_worker import Worker
from tests.flow.test_groups import Firm, firm

__all__ = ["firm"]
DAY = timedelta(days=1)
TASKS = 12


@pytest.fixture
def folder(firm: Firm, tmp_path: Path) -> Path:
    """What is due on the next day: reminders, a handover and, a week later, a report for each of two users."""
    oleg, vera, client = firm.by("oleg"), firm.by("vera"), next(iter(firm.clients.values()))
    for number in range(TASKS):
        due = Due(date(2026, 3, 3 + number % 2))
        new = NewTask(f"Task {number}", firm.users["oleg"], client, due, reminder=Reminder.AT)
        tasks.add_task(firm.office, oleg, new)
    handover.plan(firm.office, vera, NewHandover(Subject("client", client), firm.users["mila"], firm.now + DAY))
    for by in (oleg, vera):
        report_mail.subscribe(firm.office, by, "week", UTC)
    place = tmp_path / "daemons"
    place.mkdir()
    Keyring.load(place / "key", create=True)
    return place


@pytest.fixture
def pair(firm: Firm, folder: Path) -> Iterator[list[Worker]]:
    """Two daemons at work."""
    workers = [Worker(firm.db.url, folder, f"daemon {number}") for number in range(2)]
    yield workers
    for one in workers:
        one.kill()


def together(workers: list[Worker], act: str, at: object) -> list[list[str]]:
    """Both at the same moment; which chores each of them did."""
    for one in workers:
        one.begin(act, at)  # type: ignore[arg-type]
    return [one.end().split() for one in workers]


def happened(firm: Firm) -> dict[str, int]:
    """How often each thing happened."""
    counts = {}
    with firm.db.reading() as connection:
        for name, query in (
            ("mails", "SELECT count(*) FROM notification"),
            ("different mails", "SELECT count(DISTINCT subject || address) FROM notification"),
            ("reminded", "SELECT count(*) FROM task_change WHERE what = 'reminded'"),
            ("handed over", "SELECT count(*) FROM audit WHERE act = 'handed over'"),
            ("owners", "SELECT count(*) FROM owner_change"),
        ):
            counts[name] = int(connection.exec_driver_sql(query).scalar_one())
    return counts


def expected(firm: Firm, before: dict[str, int], reminded: int, handed: int, reports: int) -> dict[str, int]:
    more = {"mails": reminded + reports, "different mails": reminded + reports, "reminded": reminded}
    return {name: before[name] + more.get(name, handed) for name in before}


@pytest.mark.parametrize("act", ["look", "race"])
def test_each_thing_happens_once_with_two_daemons_restarts_and_clocks_put_back(
    firm: Firm, folder: Path, pair: list[Worker], act: str
) -> None:
    before = happened(firm)
    together(pair, act, firm.now)
    assert happened(firm) == before, "nothing is due yet"
    noon = firm.now + DAY + timedelta(hours=3)
    done = together(pair, act, noon)
    half = expected(firm, before, TASKS // 2, 1, 0)
    assert happened(firm) == half
    assert max(Counter(name for some in done for name in some).values(), default=1) == 1
    for at in (noon, noon - timedelta(hours=5), noon - 30 * DAY, noon + timedelta(minutes=1)):
        together(pair, act, at)
        assert happened(firm) == half, at
    for one in pair:
        one.kill()
    pair[:] = [Worker(firm.db.url, folder, f"daemon {number} again") for number in range(2)]
    for at in (noon - 2 * DAY, noon, noon + DAY):
        together(pair, act, at)
    whole = expected(firm, before, TASKS, 1, 0)
    assert happened(firm) == whole
    for days in (9, 3, 9):
        together(pair, act, noon + days * DAY)
    assert happened(firm) == {**whole, "mails": whole["mails"] + 2, "different mails": whole["different mails"] + 2}


def test_a_daemon_that_is_killed_at_its_work_leaves_nothing_undone_and_nothing_twice(
    firm: Firm, folder: Path, pair: list[Worker]
) -> None:
    before, noon = happened(firm), firm.now + DAY + timedelta(hours=3)
    together(pair, "look", firm.now)
    pair[0].begin("look", noon)
    pair[0].kill()
    pair[1].begin("look", noon + timedelta(minutes=1))
    pair[1].end()
    # What the dead one had begun is begun anew when its lease is over.
    for minutes in (20, 40):
        pair[1].begin("look", noon + timedelta(minutes=minutes))
        pair[1].end()
    assert happened(firm) == expected(firm, before, TASKS // 2, 1, 0)
