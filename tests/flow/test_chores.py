"""Chores: when they are due, that two daemons do each once, and that one which fails stops nobody."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailcrm.errors import Refused
from mailcrm.flow.chores import CHORES, Chore, ChoreTools, Clockwork, run_due
from mailcrm.flow.edit import Office
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.net.secrets import Keyring
from mailcrm.store import chores
from mailcrm.store.database import Database
from tests.servers import wait_until

HOUR = timedelta(hours=1)


@dataclass
class House:
    """A database with a clock that is set by hand, and notes of what was done."""

    db: Database
    folder: Path
    clock: datetime
    done: list[str] = field(default_factory=list)

    @property
    def tools(self) -> ChoreTools:
        """What chores work with."""
        keyring = Keyring.load(self.folder / "key", create=True)
        office = Office(self.db, keyring.fingerprint, frozenset({"example.com"}))
        return ChoreTools(office, open_blobs(BlobPlace(self.folder / "blobs")), keyring)

    def chore(self, name: str = "sweep", every: timedelta = HOUR) -> Chore:
        """A chore that notes its name."""
        return Chore(name, every, lambda _tools, _now: self.done.append(name))

    def look(self, *wanted: Chore, owner: str = "one") -> list[str]:
        """One look at what is due."""
        return run_due(self.tools, owner, lambda: self.clock, wanted)


@pytest.fixture
def house(db: Database, tmp_path: Path, now: datetime) -> House:
    """The house, at the beginning of time."""
    return House(db, tmp_path, now)


def test_a_chore_is_done_at_once_and_then_when_its_time_comes(house: House) -> None:
    chore = house.chore()
    assert house.look(chore) == ["sweep"]
    assert house.look(chore) == []
    house.clock += HOUR - timedelta(seconds=1)
    assert house.look(chore) == []
    house.clock += timedelta(seconds=1)
    assert house.look(chore, owner="after a restart") == ["sweep"]
    assert house.done == ["sweep", "sweep"]


def test_a_clock_that_is_put_back_stops_nothing(house: House) -> None:
    chore = house.chore()
    house.look(chore)
    house.clock -= timedelta(days=30)
    assert house.look(chore) == ["sweep"]
    assert house.look(chore) == []


def test_clocks_that_differ_a_little_do_nothing_twice(house: House) -> None:
    chore = house.chore(every=timedelta(minutes=1))
    house.look(chore)
    house.clock -= timedelta(seconds=20)
    assert house.look(chore, owner="two") == []


def test_one_that_fails_is_noted_and_tried_again_and_the_others_go_on(house: House) -> None:
    def refuse(_tools: ChoreTools, _now: datetime) -> None:
        raise Refused("The mill is closed.")

    def stumble(_tools: ChoreTools, _now: datetime) -> None:
        raise ZeroDivisionError

    broken = (Chore("mill", HOUR, refuse), Chore("stone", HOUR, stumble))
    assert house.look(*broken, house.chore()) == ["sweep"]
    with house.db.reading() as connection:
        assert [(row.name, row.error) for row in chores.known(connection)] == [
            ("mill", "The mill is closed."),
            ("stone", "ZeroDivisionError"),
            ("sweep", ""),
        ]
    house.clock += timedelta(minutes=3)
    assert house.look(house.chore("mill"), house.chore("sweep")) == ["mill"]


def test_what_a_dead_daemon_had_begun_is_begun_anew_after_its_lease(house: House) -> None:
    chore = house.chore()
    with house.db.writing() as connection:
        chores.add_missing(connection, [chore.name], house.clock)
        assert chores.claim(connection, chore.name, chore.every, "dead", house.clock)
    assert house.look(chore) == []
    house.clock += chores.LEASE
    assert house.look(chore) == ["sweep"]


def test_two_daemons_at_the_same_moment_do_a_chore_once(house: House) -> None:
    house.look(house.chore())
    house.clock += HOUR
    gate = threading.Barrier(4)

    def one(name: str) -> None:
        gate.wait(10)
        house.look(house.chore(), owner=name)

    threads = [threading.Thread(target=one, args=(f"daemon {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert house.done == ["sweep", "sweep"]


def test_the_chores_of_the_product_run_by_themselves(house: House) -> None:
    clockwork = Clockwork(house.tools, "daemon", lambda: house.clock)
    clockwork.start()

    def all_done() -> bool:
        with house.db.reading() as connection:
            rows = chores.known(connection)
        return {row.name for row in rows if row.done_at} == {chore.name for chore in CHORES}

    wait_until(all_done, "every chore")
    clockwork.stop()
