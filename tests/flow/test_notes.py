"""Notes, calls and meetings: on the timeline with a way back, pinned, and telling those whom they name."""

from datetime import timedelta
from pathlib import Path

import pytest

from mailcrm.crm.mentions import Nameable, mentioned
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import notes
from mailcrm.flow.notes import NewNote
from mailcrm.store import notes as store
from mailcrm.store import timeline
from mailcrm.store.database import Database
from mailcrm.store.timeline import Filters, Keyset
from mailcrm.store.visibility import Policy, viewer
from tests.web.company import Company

USERS = (
    Nameable(1, "anna.l@example.com", "Anna Lindqvist"),
    Nameable(2, "boris@example.com", "Борис Кравцов"),
    Nameable(3, "anna.s@example.com", "Anna Stern"),
    Nameable(4, "petr@example.com", "Пётр Ильин"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@boris look", {2}),
        ("Спросить у @Борис Кравцов, пожалуйста", {2}),
        ("@борис", {2}),
        ("@Пётр и @петр", {4}),
        ("@Anna Stern knows", {3}),
        ("@anna knows", set()),
        ("@anna.l@example.com", {1}),
        ("mail to boris@example.com", set()),
        ("@borissov", set()),
        ("nobody @ home", set()),
    ],
)
def test_whom_a_note_names(text: str, expected: set[int]) -> None:
    assert mentioned(text, USERS) == expected


@pytest.fixture
def company(db: Database, tmp_path: Path) -> Company:
    """A company with one client."""
    found = Company(db, tmp_path / "company")
    found.client("Nordwind", "nordwind.example")
    return found


def kinds(company: Company) -> list[tuple[str, int]]:
    with company.db.reading() as connection:
        who = viewer(connection, company.users["boris"], "staff", company.now)
        page = timeline.entries(connection, who, company.clients["Nordwind"], Filters(), Keyset(size=20))
    return [(one.entry_kind, one.record_id) for one in page.entries]


def test_a_note_is_written_changed_deleted_and_brought_back(company: Company) -> None:
    office, client = company.rooms["anna"].office, company.clients["Nordwind"]
    note = notes.add_note(office, company.by, client, NewNote("They want 45 days."))
    call = notes.add_note(
        office, company.by, client, NewNote("Called", "call", company.now - timedelta(hours=2), 5, direction="in")
    )
    assert kinds(company) == [("note", note), ("call", call)]
    notes.edit_note(office, company.by, note, NewNote("A meeting", "meeting", company.now - timedelta(hours=4)))
    assert kinds(company) == [("call", call), ("meeting", note)]
    notes.delete_note(office, company.by, note)
    assert kinds(company) == [("call", call)]
    notes.restore_note(office, company.by, note)
    assert kinds(company) == [("call", call), ("meeting", note)]
    with pytest.raises(Refused):
        notes.add_note(office, company.by, client, NewNote(" "))
    with pytest.raises(NotFound):
        notes.add_note(office, company.by, 999, NewNote("x"))
    with pytest.raises(NotFound):
        notes.pin_note(office, company.by, 999)


def test_whoever_is_named_is_told_once(company: Company) -> None:
    office, client = company.rooms["anna"].office, company.clients["Nordwind"]
    note = notes.add_note(office, company.by, client, NewNote("@boris and @anna, look"))
    query = "SELECT address FROM notification ORDER BY id"
    with company.db.reading() as connection:
        assert connection.exec_driver_sql(query).scalars().all() == ["boris@example.com"], "one's own name tells nobody"
        boris = viewer(connection, company.users["boris"], "staff", company.now)
        assert [one.note_id for one in store.mentions(connection, boris)] == [note]
    notes.edit_note(office, company.by, note, NewNote("@boris and @klara, look again"))
    with company.db.reading() as connection:
        assert connection.exec_driver_sql(query).scalars().all() == ["boris@example.com", "klara@example.com"]
    seen = company.by.__class__(company.users["boris"], company.now)
    notes.mark_seen(office, seen, note)
    with company.db.reading() as connection:
        assert store.mentions(connection, boris) == []
    notes.mark_seen(office, seen, note, on=False)
    with company.db.reading() as connection:
        assert len(store.mentions(connection, boris)) == 1


def test_whoever_may_not_see_the_client_is_told_nothing(company: Company) -> None:
    office, client = company.rooms["anna"].office, company.clients["Nordwind"]
    notes.add_note(office, company.by, client, NewNote("@boris, look"), Policy(clients="assigned"))
    assert company.one("SELECT count(*) FROM mention") == 0
    assert company.one("SELECT count(*) FROM notification") == 0
