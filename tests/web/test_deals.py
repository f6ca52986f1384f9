"""Deals in the browser of a person: cards are moved by a form, a move is undone, messages are linked."""

import re

import pytest

from mailcrm.flow import deals
from mailcrm.store import deal_items
from mailcrm.store import deals as stored
from mailcrm.store.visibility import EVERYTHING
from tests.web.company import Company
from tests.web.places import KLARA_LETTER


def shown(text: str) -> str:
    """What a person reads of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def stage(company: Company, deal_id: int) -> str:
    with company.db.reading() as connection:
        found = stored.deal(connection, EVERYTHING, deal_id)
    assert found
    return found.stage_name


def undo_address(page: str) -> str:
    found = re.search(r'action="(/deals/moves/\d+/undo)"', page)
    assert found
    return found[1]


def test_a_card_is_moved_by_its_form_and_the_move_undone(company: Company) -> None:
    browser, pumps = company.browser("anna"), company.deals["pumps"]
    form = {"deal": pumps, f"to-{pumps}": company.deals["won"], "back": "/deals"}
    answer = browser.post("/deals/move", data=form)
    assert answer.location == "/deals"
    board = browser.get("/deals").text
    assert "“Forty pumps for the waterworks” is now in Won." in board
    assert stage(company, pumps) == "Won"
    browser.post(undo_address(board), data={"back": "/deals"})
    assert stage(company, pumps) == "Offer sent"


def test_who_loses_a_deal_is_asked_why(company: Company) -> None:
    browser, pumps, lost = (
        company.browser("anna"),
        company.deals["pumps"],
        company.one("SELECT max(stage_id) FROM deal"),
    )
    answer = browser.post("/deals/move", data={"deal": pumps, f"to-{pumps}": lost, "back": "/deals"})
    assert answer.location == f"/deals/{pumps}/edit#f-lost_reason"
    form = {"title": "Forty pumps", "currency": "eur", "value": "1 250,5", "lost_reason": "Late"}
    browser.post(f"/deals/{pumps}/edit", data=form)
    page = shown(browser.get(f"/deals/{pumps}").text)
    assert "Why it was lost Late" in page
    assert "€1,250.50" in page


def test_a_deal_begins_at_a_message(company: Company) -> None:
    browser, client = company.browser("anna"), company.clients["Nordwind Pumpen GmbH"]
    number = company.number("1@company.test")
    choice = browser.get(f"/messages/{number}/deals").text
    assert f"/deals/new?client={client}&amp;message={number}" in choice
    form = {"client_id": client, "message": number, "title": "Filters", "value": "12,500", "currency": "EUR"}
    address = browser.post("/deals/new", data=form).location
    assert f'"/messages/{number}"' in browser.get(address).text
    assert "€12,500" in browser.get(address).text
    browser.post(f"/messages/{number}/deals", data={"deal": company.deals["pumps"]})
    with company.db.reading() as connection:
        linked = deal_items.deals_of(connection, EVERYTHING, "message", [number])
    assert {one.title for one in linked} == {"Filters", "Forty pumps for the waterworks"}
    browser.post(f"{address}/remove/message", data={"record": number})
    assert "It no longer belongs to the deal." in browser.get(address).text


def test_a_private_message_is_a_stub_in_a_deal(company: Company) -> None:
    number, pumps = company.number(KLARA_LETTER), company.deals["pumps"]
    with company.db.reading() as connection:
        subject = connection.exec_driver_sql(f"SELECT subject FROM message WHERE id = {number}").scalar_one()
    deals.attach(company.rooms["anna"].office, company.by, pumps, "message", [number])
    assert subject in company.browser("klara").get(f"/deals/{pumps}").text
    page = company.browser("boris").get(f"/deals/{pumps}").text
    assert f"/messages/{number}" in page
    assert subject not in page


@pytest.mark.parametrize("wrong", ["12 pieces", "1.2.3", "-5", "1e400", "NaN"])
def test_an_amount_that_is_none_is_said_and_nothing_is_saved(company: Company, wrong: str) -> None:
    browser, before = company.browser("anna"), company.one("SELECT count(*) FROM deal")
    client = company.clients["Nordwind Pumpen GmbH"]
    form = {"client_id": client, "title": "Filters", "value": wrong, "currency": "EUR", "back": "/deals/new"}
    assert browser.post("/deals/new", data=form).status_code == 302
    assert 'class="notice wrong"' in browser.get("/deals/new").text
    assert company.one("SELECT count(*) FROM deal") == before


def test_amounts_are_read_in_the_language_of_the_user(company: Company) -> None:
    client = company.clients["Nordwind Pumpen GmbH"]
    for language, text, shown_as in (("en", "12,500.5", "€12,500.50"), ("ru", "12 500,5", "12\xa0500,50\xa0€")):
        browser = company.browser("anna", language)
        form = {"client_id": client, "title": "Filters", "value": text, "currency": "EUR"}
        assert shown_as in browser.get(browser.post("/deals/new", data=form).location).text


def test_only_admins_set_up_stages(company: Company) -> None:
    staff, admin = company.browser("anna"), company.browser("vera")
    assert staff.get("/deals/stages").status_code == 403
    assert staff.post("/deals/stages", data={"usual": "1"}).status_code == 403
    talk = company.deals["stage"]
    admin.post("/deals/stages", data={"name": "Contract", "kind": "open", "probability": "90"})
    admin.post(f"/deals/stages/{talk}", data={"name": "Talk", "kind": "open", "probability": "5"})
    admin.post(f"/deals/stages/{talk}/shift", data={"later": "1"})
    board = shown(staff.get("/deals").text)
    assert board.index("Offer sent 2") < board.index("Talk 2") < board.index("Contract 0")


def test_a_company_without_stages_is_told_what_to_do(company: Company) -> None:
    with company.db.writing() as connection:
        for name in ("deal_move", "deal_item", "deal", "deal_stage"):
            connection.exec_driver_sql(f"DELETE FROM {name}")
    assert "An admin sets them up" in company.browser("anna").get("/deals").text
    admin = company.browser("vera", "ru")
    admin.post("/deals/stages", data={"usual": "1"})
    assert "Переговоры" in admin.get("/deals").text
