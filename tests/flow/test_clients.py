"""Clients get and lose addresses and domains: their history appears and disappears, by the rules of receiving."""

from datetime import datetime
from pathlib import Path

import pytest

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients, contacts, links
from mailcrm.flow.clients import NewClient
from mailcrm.flow.contacts import NewContact
from mailcrm.flow.edit import Office
from mailcrm.flow.people import NewUser, add_user
from mailcrm.store import clients as stored
from mailcrm.store import contacts as stored_contacts
from mailcrm.store import links as stored_links
from mailcrm.store import triage
from mailcrm.store.clients import ClientFilter
from mailcrm.store.database import Database
from mailcrm.store.visibility import EVERYTHING
from tests.mailroom import Mailroom, mail

ANNA = "Anna <anna@example.com>"
IVAN = "Иван <ivan@romashka.example>"
PETR = "Пётр <petr@romashka.example>"


@pytest.fixture
def room(db: Database, now: datetime, tmp_path: Path) -> Mailroom:
    return Mailroom(db, now, tmp_path / "blobs")


def states(room: Mailroom) -> list[str]:
    with room.db.reading() as connection:
        rows = connection.exec_driver_sql("SELECT state, verdict FROM placement ORDER BY id")
        return [f"{state} {verdict}".strip() for state, verdict in rows]


def timeline(room: Mailroom, client_id: int) -> list[tuple[str, str, str]]:
    """(subject, rule, evidence) of what stands on a client's timeline, oldest first."""
    with room.db.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT m.subject, l.rule, l.evidence FROM entry e JOIN message m ON m.id = e.message_id JOIN link l"
            f" ON l.message_id = m.id AND l.client_id = e.client_id WHERE e.client_id = {client_id} ORDER BY e.at"
        )
        return [(subject, rule, evidence) for subject, rule, evidence in rows]


def counters(room: Mailroom, client_id: int) -> tuple[int, bool, bool]:
    with room.db.reading() as connection:
        found = stored.client(connection, EVERYTHING, client_id)
    assert found is not None
    return found.message_count, found.last_in_at is not None, found.last_out_at is not None


def test_a_client_is_added_edited_and_found(room: Mailroom) -> None:
    add = clients.add_client
    first = add(room.office, room.by, NewClient("ООО  Ромашка", domains=("https://www.Romashka.example/about",)))
    second = add(room.office, room.by, NewClient("Алёна", kind="person", addresses=("Alena@Mail.ru",), tax_id="7701"))
    with room.db.reading() as connection:
        assert stored.domains(connection, first) == ["romashka.example"]
        assert stored_contacts.own_addresses(connection, second) == ["alena@mail.ru"]
        for words, wanted in (
            ("ромашка ооо", [first]),
            ("алена", [second]),
            ("АЛЁНА", [second]),
            ("alena@", [second]),
            ("romashka", [first]),
            ("7701", [second]),
            ("%", []),
        ):
            assert [c.id for c in stored.clients(connection, EVERYTHING, ClientFilter(words))] == wanted, words
    clients.edit_client(room.office, room.by, first, {"name": "Ромашка", "owner_id": room.user_id, "note": " big "})
    clients.archive(room.office, room.by, second)
    with room.db.reading() as connection:
        found = stored.client(connection, EVERYTHING, first)
        assert found is not None
        assert (found.name, found.owner_name, found.note) == ("Ромашка", "Anna", "big")
        assert stored.count(connection, EVERYTHING) == (1, 1)
        assert stored.client_by_name(connection, EVERYTHING, "рОМАШКА") == found
        assert [c.id for c in stored.clients(connection, EVERYTHING, ClientFilter(archived=True))] == [second]


@pytest.mark.parametrize("order", ["name", "last_in", "last_out", "newest"])
def test_pages_of_clients_hold_everybody_once(room: Mailroom, order: str) -> None:
    for n in range(7):
        clients.add_client(room.office, room.by, NewClient(f"Client {n % 3}", addresses=(f"c{n}@one.example",)))
    for n in (2, 5, 3):
        room.deliver(mail(f"c{n}@one.example", ANNA))
        room.deliver(mail(ANNA, f"c{n}@one.example"))
    wanted = ClientFilter(order=order)
    with room.db.reading() as connection:
        whole = stored.clients(connection, EVERYTHING, wanted)
        paged, after = [], None
        while page := stored.clients(connection, EVERYTHING, wanted, after, limit=2):
            paged += page
            after = stored.cursor(page[-1], order)
    assert paged == whole
    assert len(whole) == 7
    if order.startswith("last"):
        assert [c.message_count for c in whole] == [2, 2, 2, 0, 0, 0, 0]


def test_what_cannot_belong_to_a_client_is_refused(room: Mailroom) -> None:
    client_id = clients.add_client(room.office, room.by, NewClient("Acme"))
    add_user(room.db, NewUser("boss@gmail.com", "Boss"), room.now)
    with pytest.raises(Refused, match=r"Anybody can have an address at gmail\.com"):
        clients.add_domain(room.office, room.by, client_id, "Gmail.com")
    with pytest.raises(Refused, match="our own domain"):
        clients.add_domain(room.office, room.by, client_id, "mail.example.com")
    with pytest.raises(Refused, match="not a domain"):
        clients.add_domain(room.office, room.by, client_id, "acme")
    for own in ("colleague@example.com", "boss@gmail.com"):
        with pytest.raises(Refused, match="address of our own"):
            clients.add_address(room.office, room.by, client_id, own)
    with pytest.raises(Refused, match="not an e-mail address"):
        clients.add_address(room.office, room.by, client_id, "nobody at home")
    with pytest.raises(Refused, match="needs a name"):
        clients.edit_client(room.office, room.by, client_id, {"name": " "})
    with pytest.raises(Refused, match="no such user"):
        clients.edit_client(room.office, room.by, client_id, {"owner_id": 4711})
    with pytest.raises(NotFound):
        clients.add_domain(room.office, room.by, 4711, "acme.example")
    with pytest.raises(Refused, match="Anybody can"):
        clients.add_client(room.office, room.by, NewClient("Ghost", domains=("mail.ru",)))
    with room.db.reading() as connection:
        assert stored.client_by_name(connection, EVERYTHING, "Ghost") is None


def test_a_new_address_finds_unstored_mail(room: Mailroom) -> None:
    room.deliver(mail(ANNA, IVAN, "Offer"))
    room.deliver(mail("news@shop.example", ANNA, "Buy"))
    assert states(room) == ["done metadata", "done ignore"]
    client_id = clients.add_client(room.office, room.by, NewClient("Ромашка"))
    assert clients.add_address(room.office, room.by, client_id, "IVAN@romashka.example") == 1
    assert states(room) == ["todo", "done ignore"]
    with room.db.reading() as connection:
        assert triage.count(connection, room.viewer) == 0
        assert [r.counterpart for r in triage.rows(connection, room.viewer, "attached")] == ["ivan@romashka.example"]
    assert clients.add_address(room.office, room.by, client_id, "ivan@romashka.example") == 0, "it has it already"


def test_a_new_domain_finds_unstored_mail_below_it(room: Mailroom) -> None:
    room.deliver(mail(ANNA, "it@mail.romashka.co.uk", "Help"))
    client_id = clients.add_client(room.office, room.by, NewClient("Ромашка"))
    assert clients.add_domain(room.office, room.by, client_id, "romashka.co.uk") == 1
    assert states(room) == ["todo"]


def test_history_appears_with_an_address_and_goes_with_it(room: Mailroom) -> None:
    first = clients.add_client(room.office, room.by, NewClient("Acme", addresses=("joe@acme.example",)))
    room.deliver(mail("joe@acme.example", f"{ANNA}, {IVAN}", "All three"))
    room.deliver(mail(ANNA, "joe@acme.example", "Only Joe"))
    room.deliver(mail(ANNA, f"joe@acme.example, {PETR}", "With Pyotr"))
    second = clients.add_client(room.office, room.by, NewClient("Ромашка"))
    assert timeline(room, second) == []

    clients.add_address(room.office, room.by, second, "ivan@romashka.example")
    assert timeline(room, second) == [("All three", "address", "ivan@romashka.example")]
    clients.add_domain(room.office, room.by, second, "romashka.example")
    both = [
        ("All three", "address", "ivan@romashka.example"),
        ("With Pyotr", "domain", "petr@romashka.example at romashka.example"),
    ]
    assert timeline(room, second) == both
    assert counters(room, second) == (2, True, True)

    clients.remove_address(room.office, room.by, second, "ivan@romashka.example")
    assert timeline(room, second) == [("All three", "domain", "ivan@romashka.example at romashka.example"), both[1]]
    clients.remove_domain(room.office, room.by, second, "romashka.example")
    assert timeline(room, second) == []
    assert counters(room, second) == (0, False, False)
    assert counters(room, first) == (3, True, True), "the other client keeps its history"

    clients.add_domain(room.office, room.by, second, "romashka.example")
    assert len(timeline(room, second)) == 2, "what was taken away by a rule comes back by a rule"


def test_threads_follow_their_messages(room: Mailroom) -> None:
    clients.add_client(room.office, room.by, NewClient("Acme", addresses=("joe@acme.example",)))
    room.deliver(mail("joe@acme.example", f"{ANNA}, {IVAN}, {PETR}", "Plan", Message_ID="<plan@acme.example>"))
    room.deliver(mail("joe@acme.example", f"{ANNA}, {PETR}", "Re: Plan", In_Reply_To="<plan@acme.example>"))
    second = clients.add_client(room.office, room.by, NewClient("Ромашка", addresses=("ivan@romashka.example",)))
    rules = [(subject, rule) for subject, rule, _ in timeline(room, second)]
    assert rules == [("Plan", "address"), ("Re: Plan", "thread")]
    clients.remove_address(room.office, room.by, second, "ivan@romashka.example")
    assert timeline(room, second) == [], "a thread does not hold on to itself"


def test_an_undone_link_stays_undone(room: Mailroom) -> None:
    clients.add_client(room.office, room.by, NewClient("Acme", addresses=("joe@acme.example",)))
    room.deliver(mail("joe@acme.example", f"{ANNA}, {IVAN}", "Plan"))
    second = clients.add_client(room.office, room.by, NewClient("Ромашка", addresses=("ivan@romashka.example",)))
    with room.db.reading() as connection:
        message_id = connection.exec_driver_sql("SELECT id FROM message").scalar_one()
        link = next(one for one in stored_links.links(connection, [message_id]) if one.client_id == second)
    links.undo(room.office, room.by, link.id)
    assert timeline(room, second) == []
    clients.add_domain(room.office, room.by, second, "romashka.example")
    clients.remove_address(room.office, room.by, second, "ivan@romashka.example")
    clients.add_address(room.office, room.by, second, "ivan@romashka.example")
    assert timeline(room, second) == []


def test_an_archived_client_gets_nothing_until_it_is_restored(room: Mailroom) -> None:
    clients.add_client(room.office, room.by, NewClient("Acme", addresses=("joe@acme.example",)))
    second = clients.add_client(room.office, room.by, NewClient("Ромашка", addresses=("ivan@romashka.example",)))
    clients.archive(room.office, room.by, second)
    room.deliver(mail("joe@acme.example", f"{ANNA}, {IVAN}", "Plan"))
    assert timeline(room, second) == []
    clients.restore(room.office, room.by, second)
    assert [subject for subject, _, _ in timeline(room, second)] == ["Plan"]


def test_contacts_have_addresses_and_phones(room: Mailroom) -> None:
    office = Office(room.db, room.office.fingerprint, room.office.own_domains, phone_region="RU")
    client_id = clients.add_client(office, room.by, NewClient("Ромашка", addresses=("ivan@romashka.example",)))
    new = NewContact("Иван", "директор", addresses=("ivan@romashka.example",), phones=("8 (495) 123-45-67", "доб. 12"))
    contact_id = contacts.add_contact(office, room.by, client_id, new)
    with room.db.reading() as connection:
        found = stored_contacts.contact(connection, contact_id)
        assert found is not None
        assert found.addresses == ("ivan@romashka.example",)
        assert [(p.number, p.raw) for p in found.phones] == [("+74951234567", "8 (495) 123-45-67"), ("12", "доб. 12")]
        assert stored_contacts.contacts(connection, client_id) == [found]
        assert stored_contacts.own_addresses(connection, client_id) == []
    changes = {"position": "owner", "addresses": ["vanya@romashka.example"], "phones": []}
    contacts.edit_contact(office, room.by, contact_id, changes)
    with room.db.reading() as connection:
        found = stored_contacts.contact(connection, contact_id)
        assert found is not None
        assert (found.position, found.addresses, found.phones) == ("owner", ("vanya@romashka.example",), ())
    contacts.remove_contact(office, room.by, contact_id)
    with room.db.reading() as connection:
        assert stored_contacts.contacts(connection, client_id) == []
        assert stored_contacts.own_addresses(connection, client_id) == ["vanya@romashka.example"]
    with pytest.raises(Refused, match="needs a name or an address"):
        contacts.add_contact(office, room.by, client_id, NewContact())
    with pytest.raises(NotFound):
        contacts.edit_contact(office, room.by, contact_id, {"name": "x"})
