"""Who sees how much of a message: on the timeline, in threads, search, attachments, raw bytes and evidence alike."""

import re

import pytest

from tests.web.company import ANNA, BORIS, LARS, Company, letter
from tests.web.places import BORIS_LETTER, HTML_LETTER, KLARA_LETTER, OFFER, numbers


def test_a_timeline_shows_text_subject_or_a_stub(company: Company) -> None:
    client = numbers(company)["client_id"]
    page = company.browser("anna").get(f"/clients/{client}").text
    assert "could the pressure test be on Friday" in page
    assert "Pressure test on Friday" in page
    assert "The protocol is confidential" not in page
    assert "Private: only that there was a message" in page
    for private in ("Personal matter", "Nobody&#39;s business", "klara@example.com"):
        assert private not in page
    assert "The protocol is confidential" in company.browser("boris").get(f"/clients/{client}").text
    assert "Personal matter" in company.browser("klara").get(f"/clients/{client}").text


@pytest.mark.parametrize("name", ["anna", "vera"])
def test_a_message_of_which_only_the_subject_is_seen_gives_no_more(company: Company, name: str) -> None:
    browser, number = company.browser(name), company.number(BORIS_LETTER)
    page = browser.get(f"/messages/{number}")
    assert "Pressure test on Friday" in page.text
    assert "confidential" not in page.text
    thread = company.one(f"SELECT thread_id FROM message WHERE id = {number}")
    assert "confidential" not in browser.get(f"/threads/{thread}").text
    for part in ("html", "raw", "headers", "attachments/0", "attachments/0/view"):
        assert browser.get(f"/messages/{number}/{part}").status_code == 404, part
    assert company.browser("boris").get(f"/messages/{number}/raw").status_code == 200


def test_a_stub_is_found_by_nobody_else(company: Company) -> None:
    browser, number = company.browser("anna"), company.number(KLARA_LETTER)
    for part in ("", "/html", "/raw", "/headers"):
        answer = browser.get(f"/messages/{number}{part}")
        assert answer.status_code == 404, part
        assert "Personal" not in answer.text
    thread = company.one(f"SELECT thread_id FROM message WHERE id = {number}")
    page = browser.get(f"/threads/{thread}").text
    assert "Private: only that there was a message" in page
    assert "Personal matter" not in page
    link = company.one(f"SELECT id FROM link WHERE message_id = {number}")
    assert browser.post(f"/links/{link}/undo").status_code == 404
    assert browser.post(f"/messages/{number}/links", data={"client": "Atelier Fontaine"}).status_code == 404


def test_search_finds_only_what_may_be_seen(company: Company) -> None:
    anna = company.browser("anna")
    assert "data-row" not in anna.get("/search?q=confidential").text
    assert "data-row" not in anna.get("/search?q=personal+matter").text
    found = anna.get("/search?q=pressure").text
    assert found.count("data-row") == 2
    assert "protocol" not in found
    assert "protocol" in company.browser("boris").get("/search?q=confidential").text


def test_attachments_and_raw_bytes_go_to_who_may_read_them(company: Company) -> None:
    company.deliver("boris", letter(LARS, BORIS, "Plan", "See the plan.", files={"plan.pdf": b"%PDF secret"}))
    number = company.one("SELECT max(id) FROM message")
    assert company.browser("boris").get(f"/messages/{number}/attachments/0").data == b"%PDF secret"
    assert company.browser("anna").get(f"/messages/{number}/attachments/0").status_code == 404
    page = company.browser("anna").get(f"/clients/{numbers(company)['client_id']}").text
    assert "plan.pdf" not in page


def test_a_blind_copy_is_shown_to_the_owner_of_the_mailbox_alone(company: Company) -> None:
    company.deliver("anna", letter(ANNA, LARS, "Open words", "Text.", Bcc="hidden@fontaine.example"))
    number = company.one("SELECT max(id) FROM message")
    assert "hidden@fontaine.example" in company.browser("anna").get(f"/messages/{number}").text
    other = company.browser("boris")
    client = company.clients["Atelier Fontaine"]
    for address in (f"/messages/{number}", f"/clients/{client}", "/search?q=open+words", f"/clients/{client}?person=1"):
        assert "hidden@fontaine.example" not in other.get(address).text, address


def test_headers_and_raw_bytes_hide_a_blind_copy_from_others(company: Company) -> None:
    company.deliver("anna", letter(ANNA, LARS, "Open words", "Text.", Bcc="hidden@fontaine.example"))
    number = company.one("SELECT max(id) FROM message")
    other, owner = company.browser("boris"), company.browser("anna")
    for part in ("raw", "headers"):
        assert "hidden@fontaine.example" in owner.get(f"/messages/{number}/{part}").text
        assert "hidden@fontaine.example" not in other.get(f"/messages/{number}/{part}").text


def test_admin_pages_are_for_admins(company: Company) -> None:
    for name in ("anna", "boris"):
        browser = company.browser(name)
        assert browser.get("/users").status_code == 403
        assert (
            browser.post("/users", data={"login": "x@example.com", "password": "long enough it is"}).status_code == 403
        )
        assert browser.post(f"/users/{company.users['anna']}", data={"role": "admin"}).status_code == 403
        assert (
            browser.post(f"/users/{company.users['vera']}/password", data={"password": "taken over!"}).status_code
            == 403
        )
    assert company.one("SELECT count(*) FROM user_account WHERE role = 'admin'") == 1


def test_mailboxes_of_others_are_not_there_for_staff(company: Company) -> None:
    anna, boris = company.rooms["anna"].mailbox_id, company.rooms["boris"].mailbox_id
    browser = company.browser("anna")
    assert browser.get(f"/mailboxes/{anna}").status_code == 200
    assert browser.get(f"/mailboxes/{boris}").status_code == 404
    assert "boris@example.com" not in browser.get("/mailboxes").text
    for act in ("pause", "resume", "password", "visibility"):
        assert browser.post(f"/mailboxes/{boris}/{act}", data={"password": "x"}).status_code == 404, act
    assert company.browser("vera").get(f"/mailboxes/{boris}").status_code == 200


def test_the_tray_holds_only_ones_own_mail(company: Company) -> None:
    assert "mia@stoneworks.example" in company.browser("anna").get("/tray").text
    assert "stoneworks" not in company.browser("boris").get("/tray").text
    row = company.one("SELECT min(id) FROM triage")
    for act, data in (("attach", {"client": "Atelier Fontaine"}), ("client", {}), ("never", {"what": "address"})):
        assert company.browser("boris").post(f"/tray/{row}/{act}", data=data).status_code == 404, act


def test_strangers_see_the_door_only(company: Company) -> None:
    app = company.app()
    stranger, number = app.test_client(), company.number(OFFER)
    for address in ("/clients", f"/messages/{number}/raw", f"/messages/{number}/attachments/0", "/clients/1/stream"):
        answer = stranger.get(address)
        assert answer.status_code in (302, 401), address
        assert b"Valves" not in answer.data
    assert str(stranger.get("/clients/1", headers={"Accept": "text/html"}).location).startswith(
        "/sign-in?next=/clients/1"
    )


def test_remote_pictures_wait_for_a_word_of_the_user(company: Company) -> None:
    browser, number = company.browser("anna"), company.number(HTML_LETTER)
    frame = browser.get(f"/messages/{number}/html")
    assert "pictures.nordwind.example" not in frame.text
    assert "data:image/png;base64," in frame.text
    assert "<script" not in frame.text
    assert "https:" not in frame.headers["Content-Security-Policy"]
    assert browser.post(f"/messages/{number}/images", data={"show": "1"}).status_code == 302
    shown = browser.get(f"/messages/{number}/html")
    assert "https://pictures.nordwind.example/spring.png" in shown.text
    assert "img-src 'self' data: https:" in shown.headers["Content-Security-Policy"]
    assert "https:" not in browser.get(f"/messages/{number}").headers["Content-Security-Policy"]
    assert "pictures.nordwind" not in company.browser("boris").get(f"/messages/{number}/html").text
    browser.post(f"/messages/{number}/images")
    assert "pictures.nordwind.example" not in browser.get(f"/messages/{number}/html").text
    assert re.search(r"sandbox [^;]*allow-popups", shown.headers["Content-Security-Policy"])
    assert "allow-scripts" not in shown.headers["Content-Security-Policy"]
