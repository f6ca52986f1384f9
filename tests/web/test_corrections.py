"""Documents found by the code of the product in delivered mail, and what people say of them through the forms."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from mailcrm.flow.beside import drain_once
from mailcrm.flow.desk import Desk
from mailcrm.flow.readers import Readers
from mailcrm.net.blobs import open_blobs
from mailcrm.store.database import Database
from tests.net.extract.files import docx
from tests.web.company import ANNA, BORIS, Company, furnished, letter

TESS = "Tess Marlow <tess@brightwater.example>"
_OFFER = [
    "Offer for pumps and valves at the Brightwater station",
    *(
        f"Clause {n}: the supplier brings part {n * 17} to the yard by week {n}, at a price of {n * 31}."
        for n in range(40)
    ),
]
_PLAN = [f"Step {n} of the safety plan asks the crew to check valve {n * 7} before noon." for n in range(40)]


@pytest.fixture
def found(db: Database, tmp_path: Path, readers: Readers) -> Company:
    """A company in whose mail the documents have been found."""
    company = furnished(db, tmp_path / "company")
    changed = [line.replace("527", "540") for line in _OFFER]
    posts = (
        ("Pump offer.docx", _OFFER, 9),
        ("Pump offer v2.docx", changed, 8),
        ("Safety plan.docx", _PLAN, 7),
    )
    for name, lines, ago in posts:
        sent = letter(ANNA, TESS, f"About {name}", "It is attached.", files={name: docx(lines)})
        company.deliver("anna", sent, timedelta(days=ago))
    private = letter(BORIS, TESS, "For you", "Alone.", files={"Private terms.docx": docx(_PLAN[:20] + _OFFER[:9])})
    company.deliver("boris", private, timedelta(days=6))
    drain_once(Desk(db, open_blobs(company.site().blobs), readers, "test", lambda: company.now))
    return company


def document(company: Company, title: str) -> int:
    """The document with this title, in the newest state."""
    return company.one(f"SELECT id FROM document WHERE substr(title, 1, {len(title)}) = '{title}' AND size > 0")


def undo(browser: object, page: str) -> None:
    """Press the button of the notice on a page."""
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    answer = browser.post("/documents/undo", data={"token": token[1]})  # type: ignore[attr-defined]
    assert answer.status_code == 302


def test_versions_in_ordinary_mail_are_shown(found: Company) -> None:
    page = found.browser("anna").get(f"/documents/{document(found, 'Pump offer')}").text
    assert re.findall(r'<b class="v[^"]*">v(\d)</b>', page) == ["2", "1"]
    assert "Tess Marlow" in page
    assert "% of the text is the same" in page


def test_a_title_is_given_and_taken_back(found: Company) -> None:
    browser, number = found.browser("anna"), document(found, "Safety plan")
    before = re.search("<h1>.*?</h1>", browser.get(f"/documents/{number}").text)
    browser.post(f"/documents/{number}/rename", data={"title": "  Plan of   the crew "})
    page = browser.get(f"/documents/{number}").text
    assert "<h1>Plan of the crew</h1>" in page
    undo(browser, page)
    assert before
    assert before[0] in browser.get(f"/documents/{number}").text
    browser.post(f"/documents/{number}/rename", data={"title": " ", "back": f"/documents/{number}"})
    assert "A title needs a word." in browser.get(f"/documents/{number}").text


def test_a_document_is_split_and_joined_again(found: Company) -> None:
    browser, number = found.browser("anna"), document(found, "Pump offer")
    second = found.one(f"SELECT id FROM version WHERE document_id = {number} AND number = 2")
    browser.post(f"/documents/{number}/split", data={"leaving": str(second)})
    page = browser.get(f"/documents/{number}").text
    assert re.findall(r'<b class="v[^"]*">v(\d)</b>', page) == ["1"]
    assert browser.get(f"/documents/{second}").status_code == 200
    undo(browser, page)
    assert found.one(f"SELECT count(*) FROM version WHERE document_id = {number}") == 2


def test_two_documents_are_joined_and_split_again(found: Company) -> None:
    browser, offer, plan = found.browser("anna"), document(found, "Pump offer"), document(found, "Safety plan")
    count = found.one("SELECT count(DISTINCT document_id) FROM version")
    answer = browser.post(f"/documents/{plan}/join", data={"other": str(offer)})
    assert found.one("SELECT count(DISTINCT document_id) FROM version") == count - 1
    undo(browser, browser.get(answer.headers["Location"]).text)
    assert found.one("SELECT count(DISTINCT document_id) FROM version") == count


def test_a_document_is_moved_to_many_clients_and_to_another(found: Company) -> None:
    browser, number = found.browser("anna"), document(found, "Safety plan")
    browser.post(f"/documents/{number}/move", data={"scope": "broadcast"})
    assert "goes to many clients" in browser.get(f"/documents/{number}").text
    browser.post(f"/documents/{number}/move", data={"scope": "client", "client": "Atelier Fontaine"})
    scope = f"client:{found.clients['Atelier Fontaine']}"
    assert found.one(f"SELECT count(*) FROM document WHERE id = {number} AND scope = '{scope}'") == 1
    assert browser.post(f"/documents/{number}/move", data={"scope": "everybody"}).status_code == 400


def test_a_private_document_cannot_be_corrected_by_others(found: Company) -> None:
    secret, offer = document(found, "Private terms"), document(found, "Pump offer")
    browser = found.browser("anna")
    rules = "SELECT count(*) FROM document_rule"
    for act, data in (("rename", {"title": "x"}), ("split", {"leaving": "1"}), ("join", {"other": str(offer)})):
        assert browser.post(f"/documents/{secret}/{act}", data=data).status_code == 404, act
    assert browser.post(f"/documents/{offer}/join", data={"other": str(secret)}).status_code == 404
    assert browser.post(f"/documents/{offer}/versions/{secret}/role").status_code == 404
    assert browser.get(f"/documents/{secret}/correct").status_code == 404
    assert browser.post(f"/documents/suggestions/{secret}/{offer}/yes").status_code == 404
    assert found.one(rules) == 0
