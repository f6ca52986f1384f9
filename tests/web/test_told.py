"""What stands on timelines beside messages: every kind is told, found by its filter, and costs no query of its own."""

import pytest

from mailcrm.flow.deals import archive
from mailcrm.flow.notes import NewNote, add_note
from mailcrm.flow.tasks import NewTask, add_task
from mailcrm.model import Entry
from mailcrm.store.rows import insert
from tests.web.company import Company
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
