"""A list on pages: uploaded, its columns changed, looked through, taken in, its rows with problems, taken back."""

import io
import re
import time

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from mailcrm.flow import people
from tests.tables import everything
from tests.web.company import Company

SHEET = (
    "Company;E-mail;Phone;Branch\nBolt GmbH;info@bolt.example;none;North\nAtelier Fontain;a@fontain.example;;South\n"
)


def upload(browser: FlaskClient, data: bytes, name: str = "list.csv") -> str:
    answer = browser.post("/imports", data={"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def settled(browser: FlaskClient, address: str) -> str:
    """The page of an import once nobody works on it any more."""
    until = time.monotonic() + 60
    while (answer := browser.get(address)).headers.get("Refresh") and time.monotonic() < until:
        time.sleep(0.05)
    return answer.text


def test_a_list_is_taken_in_and_taken_back(company: Company) -> None:
    before = everything(company.db)
    browser = company.browser("anna")
    page = upload(browser, SHEET.encode())
    text = browser.get(page).text
    assert 'value="company" selected' in text
    assert "Bolt GmbH" in text
    columns = {f"column-{at}": target for at, target in enumerate(("company", "email", "phone", "tags"))}
    browser.post(f"{page}/reading", data={**columns, "header": "1", "existing": "fill", "add_domains": "on"})
    text = settled(browser, page)
    assert "this is no telephone number" in text
    assert "Is it the same client?" in text
    assert everything(company.db)["client"] == before["client"]
    browser.post(f"{page}/answers", data={"row-3": "new"})
    assert "Is it the same client?" not in settled(browser, page)
    browser.post(f"{page}/run")
    text = settled(browser, page)
    assert "Taken in" in text
    assert company.one("SELECT count(*) FROM client WHERE name IN ('Bolt GmbH', 'Atelier Fontain')") == 2
    data = browser.get(f"{page}/errors.xlsx").data
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert rows[1][:2] == ["2", "Phone: this is no telephone number (none)"]
    browser.post(f"{page}/undo")
    assert "Everything is as it was" in settled(browser, page)
    assert everything(company.db) == before


def test_the_sheet_of_problems_is_mended_and_fed_back(company: Company) -> None:
    browser, client = company.browser("anna"), company.clients["Atelier Fontaine"]
    page = upload(browser, SHEET.encode())
    browser.post(f"{page}/reading", data={"header": "1", "add_domains": "on",
                 **{f"column-{at}": t for at, t in enumerate(("company", "email", "phone", "more"))}})  # fmt: skip
    settled(browser, page)
    browser.post(f"{page}/run")
    settled(browser, page)
    data = browser.get(f"{page}/errors.xlsx").data
    again = upload(browser, data, "list errors.xlsx")
    text = browser.get(again).text
    assert 'value="client" selected' in text
    browser.post(f"{again}/run")
    assert "Taken in" in settled(browser, again)
    assert (
        company.one(f"SELECT count(*) FROM contact_address WHERE client_id = {client} AND email = 'a@fontain.example'")
        == 1
    )


def test_an_import_is_seen_by_its_user_and_admins_alone(company: Company) -> None:
    app, number = company.app(), company.imports[1]
    assert company.browser("anna", app=app).get(f"/imports/{number}").status_code == 200
    assert company.browser("vera", app=app).get(f"/imports/{number}").status_code == 200
    boris = company.browser("boris", app=app)
    assert boris.get(f"/imports/{number}").status_code == 404
    assert boris.get(f"/imports/{number}/errors.xlsx").status_code == 404
    for act in ("run", "undo", "reading", "answers", "back", "discard"):
        assert boris.post(f"/imports/{number}/{act}").status_code == 404, act
    assert f"/imports/{number}" not in boris.get("/imports").text


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 nonsense", b"%PDF-1.4 \x00\x01\x02"])
def test_a_file_that_cannot_be_read_says_so(company: Company, data: bytes) -> None:
    browser = company.browser("anna")
    form = {"file": (io.BytesIO(data), "list.xlsx"), "back": "/imports"}
    page = browser.post("/imports", data=form, content_type="multipart/form-data", follow_redirects=True).text
    assert re.search(r"notice wrong.*?(cannot be read|is empty)", page, re.DOTALL)
    assert "Choose a file first" in browser.post("/imports", data={"back": "/imports"}, follow_redirects=True).text


def test_a_large_list_is_taken_although_other_forms_are_small(company: Company) -> None:
    browser = company.browser("anna")
    rows = "".join(f"Client number {at};{at}@c{at}.example;{'x' * 200}\n" for at in range(6000))
    data = f"Company;E-mail;Note\n{rows}".encode()
    assert len(data) > 1 << 20
    page = upload(browser, data)
    assert "6000 rows" in browser.get(page).text
    people.edit_user(company.db, company.users["anna"], {"name": "Anna"}, company.now)
    assert browser.post("/account", data={"name": "x" * (2 << 20)}).status_code == 413
