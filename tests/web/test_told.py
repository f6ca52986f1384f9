"""What stands on timelines beside messages: every kind is told, found by its filter, and costs no query of its own."""

import pytest

from mailcrm.flow.deals import archive
from mailcrm.flow.notes import NewNote, add_note
from mailcrm.flow.tasks import NewTask, add_task
from mailcrm.model import Entry
from mailcrm.store.rows import insert
from tests.web.company import LARS, Company, letter
from tests.web.test_pages import MOST_QUERIES, Counter
from web.kinds import KINDS

SAID = {
    "note": "A note in words",
    "call": "A call in words",
    "meeting": "A meeting in words",
    "task": "A task in words",
    "deal": "Forty pumps for the waterworks",
    "offer": "buyer",
    "decision": "Offer accepted",
}
"""What the entry of each kind says; a new kind tells its words here."""


@pytest.fixture
def client(company: Company) -> int:
    """A client with an entry of every kind."""
    client = company.clients["Nordwind Pumpen GmbH"]
    office = company.rooms["anna"].office
    for kind in ("note", "call", "meeting"):
        add_note(office, company.by, client, NewNote(SAID[kind], kind))
    add_task(office, company.by, NewTask(SAID["task"], company.users["anna"], client))
    recipient = company.one(f"SELECT max(id) FROM recipient WHERE client_id = {client} AND state = 'accepted'")
    with company.db.writing() as connection:
        connection.exec_driver_sql(f"UPDATE recipient SET decision = 'accepted' WHERE id = {recipient}")
        row = {"client_id": client, "at": company.now, "record_id": recipient, "direction": "", "message_kind": ""}
        have = set(connection.exec_driver_sql(f"SELECT kind FROM entry WHERE client_id = {client}").scalars())
        insert(connection, Entry, [{**row, "kind": kind} for kind in ("offer", "decision") if kind not in have])
    return client


def test_every_kind_is_told_and_found_within_the_budget(company: Company, client: int) -> None:
    assert set(SAID) == set(KINDS)
    browser, counter = company.browser("anna"), Counter(company.db)
    browser.get(f"/clients/{client}")
    counter.count = 0
    page = browser.get(f"/clients/{client}").text
    assert counter.count <= MOST_QUERIES
    for kind, words in SAID.items():
        assert f'{kind}" data-row' in page, kind
        alone = browser.get(f"/clients/{client}?kind={kind}").text.partition('<aside id="beside"')[0]
        assert words in alone, kind
        others = [one for one in KINDS if one != kind]
        assert not [one for one in others if f'{one}" data-row' in alone], kind


def test_a_deal_says_where_it_stands_until_it_is_archived(company: Company, client: int) -> None:
    browser = company.browser("anna")
    page = browser.get(f"/clients/{client}?kind=deal").text
    for words in ("€84,000", "Offer sent", "Anna Lindqvist", "Too dear by a tenth", "expected", "$1,249.50"):
        assert words in page, words
    assert "Entered twice" not in page
    archive(company.rooms["anna"].office, company.by, company.deals["pumps"])
    assert SAID["deal"] not in browser.get(f"/clients/{client}?kind=deal").text


def test_records_of_a_hidden_client_are_told_to_nobody_else(company: Company, client: int) -> None:
    boris = company.browser("boris", app=company.app(clients="assigned"))
    assert boris.get(f"/clients/{client}").status_code == 404
    assert boris.get(f"/clients/{client}?kind=deal").status_code == 404


INVITATION = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:{place}@meet\r\nSUMMARY:Valves\r\n"
    "LOCATION:{place}\r\nDTSTART:20260320T090000Z\r\nDTEND:20260320T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_an_invitation_says_when_and_where_the_meeting_is_to_who_may_read_it(company: Company) -> None:
    for owner, place in (("anna", "Hamburg"), ("klara", "Bremen")):
        message = letter(LARS, f"{owner}@example.com", "Let us meet", "Does it suit you?")
        message.add_alternative(INVITATION.format(place=place), subtype="calendar", params={"method": "REQUEST"})
        company.deliver(owner, message)
    address = f"/clients/{company.clients['Nordwind Pumpen GmbH']}"
    said = {name: company.browser(name).get(address).text for name in ("boris", "klara")}
    assert '<b>Valves</b> <time datetime="2026-03-20T09:00Z">Mar 20, 2026, 09:00</time> – 10:00' in said["boris"]
    assert "Hamburg" in said["boris"]
    assert "Bremen" not in said["boris"], "the mailbox of Klara shows others that there was a message, no more"
    assert "Bremen" in said["klara"]
