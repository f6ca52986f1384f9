"""Entries that are no messages: once for each record and client, between the messages, found by their kind."""

from datetime import timedelta
from pathlib import Path

import pytest

from mailcrm.store import entries, timeline
from mailcrm.store.database import Database
from mailcrm.store.entries import NewEntry
from mailcrm.store.timeline import EntryRow, Filters, Keyset
from mailcrm.store.visibility import FULL, viewer
from tests.web.company import ANNA, LARS, Company, letter


@pytest.fixture
def company(db: Database, tmp_path: Path) -> Company:
    """A company with one client and one letter of yesterday."""
    found = Company(db, tmp_path / "company")
    found.client("Nordwind Pumpen GmbH", "nordwind.example")
    found.deliver("anna", letter(LARS, ANNA, "Valves", "Good day."), timedelta(days=1))
    return found


def _shown(company: Company, **wanted: str) -> list[EntryRow]:
    with company.db.reading() as connection:
        who = viewer(connection, company.users["vera"], "staff", company.now)
        client = company.clients["Nordwind Pumpen GmbH"]
        return list(timeline.entries(connection, who, client, Filters(**wanted), Keyset(size=10)).entries)


def test_an_entry_stands_where_its_time_is(company: Company) -> None:
    client, anna = company.clients["Nordwind Pumpen GmbH"], company.users["anna"]
    with company.db.writing() as connection:
        for number, hours in ((1, 30), (2, 2)):
            entries.add(connection, NewEntry(client, company.now - timedelta(hours=hours), "note", number, anna))
        entries.add(connection, NewEntry(client, company.now, "note", 2, anna))
    shown = _shown(company)
    assert [(one.entry_kind, one.record_id, one.level) for one in shown] == [
        ("note", 2, FULL),
        ("message", 0, FULL),
        ("note", 1, FULL),
    ]
    assert shown[0].actor_id == anna
    assert [one.record_id for one in _shown(company, entry_kind="note")] == [2, 1]


def test_an_entry_can_be_moved_and_taken_away(company: Company) -> None:
    client = company.clients["Nordwind Pumpen GmbH"]
    with company.db.writing() as connection:
        entries.add(connection, NewEntry(client, company.now, "note", 1, None))
        entries.move(connection, "note", 1, company.now - timedelta(days=3))
    assert [one.entry_kind for one in _shown(company)] == ["message", "note"]
    with company.db.writing() as connection:
        entries.remove(connection, "note", 1)
    assert [one.entry_kind for one in _shown(company)] == ["message"]
