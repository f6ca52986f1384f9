"""Two clients on pages: proposed with reasons, compared, merged, separated, called different."""

import re

from tests.tables import everything
from tests.web.company import Company


def test_two_clients_are_compared_merged_and_separated(company: Company) -> None:
    browser = company.browser("anna")
    first, second = company.clients["Nordwind Pumpen GmbH"], company.client("Nordwind Pumpen", "nordwind.example")
    browser.post("/duplicates")
    page = browser.get("/duplicates").text
    assert "same name" in page
    assert "same domain" in page
    page = browser.get(f"/clients/{first}/merge?other={second}").text
    assert "<mark>nordwind.example</mark>" in page
    before = everything(company.db)
    page = browser.post(f"/clients/{second}/merge", data={"other": str(first)}, follow_redirects=True).text
    assert "Its mail, documents and people are here now" in page
    assert "Valves for the spring overhaul" in page
    undo = re.search(r'action="(/merges/\d+/undo)"', page)
    assert undo
    assert "Separate again" in browser.get(f"/clients/{second}/edit").text
    assert "Merged into" in browser.get(f"/clients/{first}/edit").text
    assert "Nordwind Pumpen GmbH" not in browser.get("/clients?archived=1").text
    page = browser.post(undo[1], follow_redirects=True).text
    assert "The clients are separate again" in page
    assert everything(company.db) == before


def test_two_clients_are_called_different_and_proposed_again(company: Company) -> None:
    browser = company.browser("anna")
    first, second = company.clients["Atelier Fontaine"], company.client("Atelier Fontain")
    browser.post("/duplicates")
    assert "similar name" in browser.get("/duplicates").text
    page = browser.post(f"/clients/{first}/differs", data={"other": str(second)}, follow_redirects=True).text
    undo = re.search(r'action="(/clients/\d+/differs/\d+/undo)"', page)
    assert undo
    assert "similar name" not in page
    assert "similar name" in browser.post(undo[1], follow_redirects=True).text


def test_what_cannot_be_merged_says_why(company: Company) -> None:
    browser, client = company.browser("anna"), company.clients["Atelier Fontaine"]
    form = {"other": str(client), "back": f"/clients/{client}/edit"}
    assert (
        "cannot be merged with itself"
        in browser.post(f"/clients/{client}/merge", data=form, follow_redirects=True).text
    )
    assert browser.get(f"/clients/{client}/merge?client=Nobody").status_code == 404
    assert browser.get(f"/clients/{client}/merge?other=99999").status_code == 404
    assert browser.post("/merges/99/undo").status_code == 404
    assert browser.get(f"/clients/{client}/merge").status_code == 302
