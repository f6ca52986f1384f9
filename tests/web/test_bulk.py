"""The list of clients with ticks: one form without scripts, notices with a way back, keys, and its budget."""

import re

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from mailcrm.flow import clients
from mailcrm.flow.clients import NewClient
from tests.web.company import Company
from tests.web.test_browser import opened
from tests.web.test_pages import MOST_QUERIES, Counter


def tagged(company: Company, name: str) -> int:
    return company.one(f"SELECT count(*) FROM client_tag JOIN tag ON tag.id = tag_id WHERE name = '{name}'")


def undo(browser: FlaskClient, page: str) -> str:
    """Press the button of the notice; returns the page that comes then."""
    found = re.search(r'<form method="post" action="([^"]*(?:bulk|handovers)/\d+/undo)"', page)
    assert found, page
    return browser.post(found[1], data={"back": "/clients"}, follow_redirects=True).text


def test_what_is_ticked_is_changed_and_can_be_undone(company: Company) -> None:
    browser, ids = company.browser("vera"), list(company.clients.values())
    page = browser.get("/clients").text
    assert page.count("name=clients") == len(ids)
    form = {"clients": ids[:3], "tag": "Spring", "back": "/clients?order=newest"}
    answer = browser.post("/clients/bulk/tag", data=form)
    assert answer.location == "/clients?order=newest"
    page = browser.get("/clients").text
    assert "3 clients have got the tag." in page
    assert tagged(company, "Spring") == 3
    browser.post("/clients/bulk/untag", data={"clients": ids[2:4], "tag": "spring"})
    page = browser.get("/clients").text
    assert "The tag is taken off 1 client. 1 was so already." in page
    assert "1 client is as before." in undo(browser, page)
    assert tagged(company, "Spring") == 3
    group = company.groups["hand"]
    browser.post("/clients/bulk/put", data={"clients": ids, "group_id": group})
    page = browser.get("/clients").text
    assert company.one(f"SELECT count(*) FROM group_client WHERE group_id = {group}") == len(ids)
    undo(browser, page)
    browser.post("/clients/bulk/archive", data={"clients": ids[:2]})
    page = browser.get("/clients").text
    assert "2 clients are archived. Their history stays." in page
    undo(browser, page)
    assert company.one("SELECT count(*) FROM client WHERE archived_at IS NOT NULL") == 0
    answer = browser.post(
        "/clients/bulk/tag", data={"tag": "x"}, headers={"Referer": "/clients"}, follow_redirects=True
    )
    assert "Choose clients first." in answer.text
    assert browser.post("/clients/bulk/put", data={"clients": ids, "group_id": "99"}).status_code == 404


def test_all_that_fit_the_filter_are_meant_on_every_page(company: Company) -> None:
    browser = company.browser("vera")
    fitting = sum("or" in name.casefold() for name in company.clients)
    assert 0 < fitting < len(company.clients)
    browser.post("/clients/bulk/tag?q=or", data={"every": "1", "tag": "Fits"})
    assert tagged(company, "Fits") == fitting
    browser.post("/clients/bulk/archive?archived=1", data={"every": "1"})
    assert company.one("SELECT count(*) FROM client WHERE archived_at IS NOT NULL") == 0


def test_clients_are_handed_over_and_what_is_not_his_is_told(company: Company) -> None:
    browser, ids, boris = company.browser("boris"), list(company.clients.values()), company.users["boris"]
    clients.edit_client(company.rooms["anna"].office, company.by, ids[0], {"owner_id": boris})
    his = company.one(f"SELECT count(*) FROM client WHERE owner_id = {company.users['klara']}")
    data = {"clients": ids, "to_id": company.users["klara"]}
    page = browser.post("/clients/bulk/give", data=data, follow_redirects=True).text
    assert f"1 client has a new owner. {len(ids) - 1} are not yours to hand over." in page
    assert company.one(f"SELECT count(*) FROM client WHERE owner_id = {company.users['klara']}") == his + 1
    assert "Clients chosen from the list" in browser.get("/handovers").text
    assert "1 client is back with its owner." in undo(browser, page)
    assert company.one(f"SELECT owner_id FROM client WHERE id = {ids[0]}") == boris


def test_nobody_undoes_what_a_colleague_did(company: Company) -> None:
    company.browser("vera").post("/clients/bulk/tag", data={"clients": list(company.clients.values()), "tag": "Hers"})
    number, before = company.one("SELECT max(id) FROM bulk_edit"), tagged(company, "Hers")
    assert company.browser("anna").post(f"/clients/bulk/{number}/undo").status_code == 404
    assert tagged(company, "Hers") == before > 0


def test_a_page_of_fifty_keeps_its_budget(company: Company) -> None:
    for number in range(60):
        new = NewClient(f"Client number {number} of some length", owner_id=company.users["boris"])
        clients.add_client(company.rooms["anna"].office, company.by, new)
    app = company.app()
    browser, counter = company.browser("vera", app=app), Counter(company.db)
    browser.get("/clients?q=number")
    for address in ("/clients", "/clients?q=number&mine=1", "/clients?q=number"):
        counter.count = 0
        answer = browser.get(address)
        assert counter.count <= MOST_QUERIES, address
    assert answer.text.count("name=clients") == 50
    assert "All 60 on all pages" in answer.text
    assert len(answer.data) < 25 * 1024


@pytest.mark.browser
def test_by_keys_and_without_scripts(company: Company, address: str, chromium: Browser) -> None:
    for scripts in (True, False):
        with opened(chromium, company, address, "vera", java_script_enabled=scripts) as page:
            _tick_and_undo(company, page, f"{address}/clients", scripts)


def _tick_and_undo(company: Company, page: Page, where: str, scripts: bool) -> None:
    page.goto(where)
    every = page.get_by_label("Choose all on this page")
    if scripts:
        every.check()
        assert page.locator("[name=clients]:checked").count() == len(company.clients)
        every.uncheck()
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("x")
    else:
        assert not every.is_visible()
        page.locator("[name=clients]").first.focus()
        page.keyboard.press("Space")
    assert page.locator("[name=clients]:checked").count() == 1
    page.get_by_role("textbox", name="Tag").fill(f"Keys {scripts}")
    page.keyboard.press("Enter")
    page.get_by_text("1 client has got the tag.").wait_for()
    assert tagged(company, f"Keys {scripts}") == 1
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("1 client is as before.").wait_for()
    assert tagged(company, f"Keys {scripts}") == 0
