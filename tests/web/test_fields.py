"""Fields and tags on pages: an admin adds them, everybody fills them in, lists show and follow them."""

import re

from tests.web.company import Company
from tests.web.places import numbers


def test_an_admin_adds_a_field_and_staff_fill_it_in(company: Company) -> None:
    app, client = company.app(), numbers(company)["client_id"]
    vera, anna = company.browser("vera", app=app), company.browser("anna", app=app)
    assert vera.post("/fields", data={"label": "Contract until", "kind": "date", "in_list": "on"}).status_code == 302
    assert "Contract until" in vera.get("/fields").text
    assert anna.get("/fields").status_code == 403
    assert anna.post("/fields", data={"label": "X", "kind": "text"}).status_code == 403
    form = {"name": "Nordwind Pumpen GmbH", "kind": "company", "owner_id": "", "field-contract_until": "31.12.2027"}
    page = anna.post(f"/clients/{client}/edit", data={**form, "tags": "VIP, spring"}, follow_redirects=True).text
    assert "Dec 31, 2027" in page
    assert re.findall(r'<span class="tag">(\w+)</span>', page) == ["spring", "VIP"]
    assert "Dec 31, 2027" in anna.get("/clients").text
    # A value that does not fit saves nothing and says why.
    form = {**form, "name": "Other", "field-contract_until": "soon", "back": f"/clients/{client}/edit"}
    page = anna.post(f"/clients/{client}/edit", data=form, follow_redirects=True).text
    assert "Contract until: “soon” is not a date" in page
    assert "Nordwind Pumpen GmbH" in page


def test_the_list_follows_fields_and_tags(company: Company) -> None:
    browser = company.browser("anna")
    first = re.findall(r'<tr data-row>.*?<a href="[^"]*">([^<]*)', browser.get("/clients?order=discount").text)
    assert first[0] == "Atelier Fontaine"
    assert len(first) == 8
    for narrowed in ("f.industry=shipping", f"tag={company.one('SELECT id FROM tag')}"):
        rows = re.findall(r"<tr data-row>", browser.get(f"/clients?{narrowed}").text)
        assert len(rows) == 1, narrowed
    assert "Nothing fits these filters" in browser.get("/clients?f.industry=water").text
    assert browser.get("/clients?tag=x&order=nothing&f.other=1").status_code == 200


def test_fields_are_moved_archived_and_taken_back(company: Company) -> None:
    browser = company.browser("vera")
    number = company.one("SELECT id FROM field WHERE key = 'discount'")
    browser.post(f"/fields/{number}/move", data={"way": "up"})
    browser.post(f"/fields/{number}/archive")
    page = browser.get("/fields").text
    assert "The field is archived" in page
    assert "Discount" not in browser.get("/clients").text
    browser.post(f"/fields/{number}/restore")
    browser.post(f"/fields/{number}", data={"label": "Rebate", "in_list": "on"})
    assert "Rebate" in browser.get("/clients").text
    assert browser.get("/fields/999").status_code == 404
