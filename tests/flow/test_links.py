"""Links by hand and the tray: every act does what it says, and every act is taken back."""

from datetime import datetime
from pathlib import Path

import pytest

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients, links
from mailcrm.flow.clients import NewClient
from mailcrm.store import contacts as stored_contacts
from mailcrm.store import links as stored
from mailcrm.store import never, triage
from mailcrm.store.database import Database
from mailcrm.store.visibility import Viewer
from tests.mailroom import Mailroom, mail

ANNA = "Anna <anna@example.com>"
JOE = "joe@acme.example"


@pytest.fixture
def room(db: Database, now: datetime, tmp_path: Path) -> Mailroom:
    return Mailroom(db, now, tmp_path / "blobs")


def everything(room: Mailroom) -> list[list[tuple[object, ...]]]:
    """All that an act by hand may change, but for when and by whom it was changed."""
    queries = (
        "SELECT message_id, client_id, rule, evidence, state FROM link ORDER BY message_id, client_id",
        "SELECT message_id, client_id, direction FROM entry ORDER BY message_id, client_id",
        "SELECT id, message_count, last_in_at, last_out_at FROM client ORDER BY id",
        "SELECT id, state FROM triage ORDER BY id",
        "SELECT client_id, email FROM contact_address ORDER BY client_id, email",
        "SELECT user_id, value FROM never_rule ORDER BY value",
    )
    with room.db.reading() as connection:
        return [[tuple(row) for row in connection.exec_driver_sql(query)] for query in queries]


def acme_and_other(room: Mailroom) -> tuple[int, int, stored.LinkRow]:
    """Two clients, one message, and its link to the first."""
    first = clients.add_client(room.office, room.by, NewClient("Acme", addresses=(JOE,)))
    second = clients.add_client(room.office, room.by, NewClient("Other"))
    room.deliver(mail(JOE, ANNA, "Plan"))
    with room.db.reading() as connection:
        message_id = connection.exec_driver_sql("SELECT id FROM message").scalar_one()
        return first, second, stored.links(connection, [message_id])[0]


def on_timeline(room: Mailroom) -> list[int]:
    with room.db.reading() as connection:
        return list(connection.exec_driver_sql("SELECT client_id FROM entry ORDER BY client_id").scalars())


def test_a_link_is_undone_and_made_again(room: Mailroom) -> None:
    first, _, link = acme_and_other(room)
    before = everything(room)
    act = links.undo(room.office, room.by, link.id)
    assert on_timeline(room) == []
    links.take_back(room.office, room.by, act)
    assert everything(room) == before
    links.undo(room.office, room.by, link.id)
    act = links.redo(room.office, room.by, link.id)
    assert on_timeline(room) == [first]
    links.take_back(room.office, room.by, act)
    assert on_timeline(room) == []


def test_a_message_is_moved_and_linked_to_more(room: Mailroom) -> None:
    first, second, link = acme_and_other(room)
    before = everything(room)
    act = links.move(room.office, room.by, link.id, second)
    assert on_timeline(room) == [second]
    links.take_back(room.office, room.by, act)
    assert everything(room) == before
    act = links.also_link(room.office, room.by, link.message_id, second)
    assert on_timeline(room) == [first, second]
    with room.db.reading() as connection:
        made = stored.links(connection, [link.message_id])[1]
    assert (made.rule, made.actor_id, made.confidence) == ("person", room.user_id, 1.0)
    links.take_back(room.office, room.by, act)
    assert everything(room) == before
    links.move(room.office, room.by, link.id, first)
    assert on_timeline(room) == [first], "to where it is already"


def test_a_link_made_by_hand_survives_the_rules(room: Mailroom) -> None:
    _, second, link = acme_and_other(room)
    links.also_link(room.office, room.by, link.message_id, second)
    clients.add_address(room.office, room.by, second, JOE)
    clients.remove_address(room.office, room.by, second, JOE)
    assert second in on_timeline(room)


def test_the_tray_gives_an_address_to_a_client(room: Mailroom) -> None:
    first, *_ = acme_and_other(room)
    for n in range(2):
        room.deliver(mail(ANNA, "new@stranger.example", f"Question {n}"))
    before = everything(room)
    with room.db.reading() as connection:
        row, other = triage.rows(connection, room.viewer)
        assert (row.subject, row.counterpart, row.mailbox) == ("Question 1", "new@stranger.example", room.owner)
        assert triage.rows(connection, room.viewer, before=(row.at, row.id)) == [other]
    act = links.attach(room.office, room.by, room.viewer, row.id, first)
    with room.db.reading() as connection:
        assert stored_contacts.all_addresses(connection, first) == [JOE, "new@stranger.example"]
        assert triage.count(connection, room.viewer) == 0
        waiting = connection.exec_driver_sql("SELECT count(*) FROM placement WHERE state = 'todo'").scalar_one()
        assert waiting == 2
    links.take_back(room.office, room.by, act)
    assert everything(room) == before


def test_the_tray_shows_nobody_elses_mailbox(room: Mailroom) -> None:
    first, *_ = acme_and_other(room)
    room.deliver(mail(ANNA, "new@stranger.example", "Question"))
    stranger = Viewer(room.user_id + 1, "admin", ())
    with room.db.reading() as connection:
        row = triage.rows(connection, room.viewer)[0]
        assert triage.rows(connection, stranger) == []
        assert triage.count(connection, stranger) == 0
    with pytest.raises(NotFound):
        links.attach(room.office, room.by, stranger, row.id, first)
    with pytest.raises(NotFound):
        links.dismiss(room.office, room.by, stranger, [row.id])


def test_never_again(room: Mailroom) -> None:
    room.deliver(mail(ANNA, "a@bank.example", "One"))
    room.deliver(mail(ANNA, "b@bank.example", "Two"))
    before = everything(room)
    act = links.never_again(room.office, room.by, "A@bank.example", for_user=room.user_id)
    with room.db.reading() as connection:
        assert [r.counterpart for r in triage.rows(connection, room.viewer)] == ["b@bank.example"]
        assert [r.value for r in never.rules(connection, room.user_id)] == ["a@bank.example"]
        assert never.rules(connection, room.user_id + 1) == [], "personal rules are private"
    with pytest.raises(Refused, match="already"):
        links.never_again(room.office, room.by, "a@bank.example", for_user=room.user_id)
    links.take_back(room.office, room.by, act)
    assert everything(room) == before
    links.never_again(room.office, room.by, "bank.example")
    with room.db.reading() as connection:
        assert triage.count(connection, room.viewer) == 0
    assert room.deliver(mail(ANNA, "a@bank.example", "Three")).dropped == 1
    with room.db.reading() as connection:
        assert triage.count(connection, room.viewer) == 0
    for wrong in ("example.com", "nonsense"):
        with pytest.raises(Refused, match="cannot be on a never-list"):
            links.never_again(room.office, room.by, wrong)


def test_rows_of_the_tray_are_dismissed(room: Mailroom) -> None:
    room.deliver(mail(ANNA, "a@bank.example", "One"))
    before = everything(room)
    with room.db.reading() as connection:
        row = triage.rows(connection, room.viewer)[0]
    act = links.dismiss(room.office, room.by, room.viewer, [row.id])
    with room.db.reading() as connection:
        assert triage.count(connection, room.viewer) == 0
    links.take_back(room.office, room.by, act)
    assert everything(room) == before


def test_what_is_not_there_is_said(room: Mailroom) -> None:
    *_, link = acme_and_other(room)
    with pytest.raises(NotFound, match="no such link"):
        links.undo(room.office, room.by, 4711)
    with pytest.raises(NotFound, match="no such client"):
        links.also_link(room.office, room.by, link.message_id, 4711)
    with pytest.raises(NotFound, match="no such message"):
        links.also_link(room.office, room.by, 4711, link.client_id)
