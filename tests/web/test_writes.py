"""GET never writes, every write needs the form's own token, and the forms do what they say."""

import re
from datetime import timedelta

import pytest

from mailcrm.flow import people
from tests.web.company import ANNA, PASSWORD, Company, letter
from tests.web.places import OFFER, numbers, pages
from web.signin import COOKIE


def dump(company: Company) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    listing = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'message_search%'"
    if not company.db.is_sqlite:
        listing = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    with company.db.reading() as connection:
        tables = list(connection.exec_driver_sql(listing).scalars())
        return {
            name: sorted((tuple(row) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')), key=repr)
            for name in tables
        }


@pytest.mark.parametrize("name", ["anna", "vera"])
def test_get_never_writes(company: Company, name: str) -> None:
    app = company.app()
    browser = company.browser(name, app=app)
    before = dump(company)
    for address in pages(company, app):
        browser.get(address)
        browser.get(address, headers={"HX-Request": "true"})
        browser.head(address)
    after = dump(company)
    # What was opened is written down, and it is only ever added.
    looked = after.pop("audit")
    assert set(before.pop("audit")) < set(looked)
    # So are the visits of public pages; how often one may come is counted.
    assert set(before.pop("hit")) <= set(after.pop("hit"))
    before.pop("limiter"), after.pop("limiter")
    assert after == before


def test_every_post_needs_its_token(company: Company) -> None:
    app = company.app()
    browser = company.browser("vera", app=app)
    app.config["WTF_CSRF_ENABLED"] = True
    filled, before, tried = (
        {
            **numbers(company),
            "answer": "yes",
            "link_id": 1,
            "triage_id": 1,
            "session_id": 1,
            "act": "undo",
            "state": "done",
            "kind": "document",
        },
        dump(company),
        0,
    )
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            # Programs show a token of their own, and public pages have no sign-in to protect.
            if "POST" in (rule.methods or ()) and not rule.endpoint.startswith(("api.", "public.")):
                act = "undo" if rule.endpoint == "messages.change_link" else "pause"
                values = {key: filled.get(key, 1) for key in rule.arguments} | (
                    {"act": act} if "act" in rule.arguments else {}
                )
                answer = browser.post(app.url_for(rule.endpoint, **values))
                assert answer.status_code == 400, rule.endpoint
                tried += 1
    assert tried > 25
    assert dump(company) == before


def test_a_form_with_its_token_is_taken(company: Company) -> None:
    app = company.app()
    browser = company.browser("anna", app=app)
    app.config["WTF_CSRF_ENABLED"] = True
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/account").text)
    assert token
    form = {"csrf_token": token[1], "name": "Anna L.", "language": "ru", "theme": "dark"}
    assert browser.post("/account", data=form).status_code == 302
    page = browser.get("/account").text
    assert '<html lang="ru" dir="ltr" data-theme="dark">' in page
    assert "Сохранено." in page


def test_a_link_is_undone_and_the_undoing_taken_back(company: Company) -> None:
    browser, number, client = company.browser("anna"), company.number(OFFER), numbers(company)["client_id"]
    link = company.one(f"SELECT id FROM link WHERE message_id = {number}")
    browser.post(f"/links/{link}/undo", data={"back": f"/messages/{number}"})
    assert f'/messages/{number}"' not in browser.get(f"/clients/{client}").text.replace("=/messages", '="/messages')
    token = re.search(r'name="token" value="([^"]+)"', browser.get(f"/messages/{number}").text)
    browser.post(f"/links/{link}/undo", data={"back": f"/messages/{number}"})
    token = re.search(r'name="token" value="([^"]+)"', browser.get(f"/messages/{number}").text) or token
    assert token
    browser.post(f"/links/{link}/redo")
    assert f"href=/messages/{number}>" in browser.get(f"/clients/{client}").text


def test_an_undo_is_for_its_own_user(company: Company) -> None:
    app = company.app()
    anna, number = company.browser("anna", app=app), company.number(OFFER)
    link = company.one(f"SELECT id FROM link WHERE message_id = {number}")
    anna.post(f"/links/{link}/undo")
    page = anna.get(f"/messages/{number}").text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    boris = company.browser("boris", app=app)
    assert boris.post("/undo", data={"token": token[1]}).status_code == 400
    assert company.one(f"SELECT count(*) FROM entry WHERE message_id = {number}") == 0
    assert anna.post("/undo", data={"token": token[1]}).status_code == 302
    assert company.one(f"SELECT count(*) FROM entry WHERE message_id = {number}") == 1
    assert anna.post("/undo", data={"token": "forged"}).status_code == 400


def test_a_message_is_moved_and_linked_by_the_name_of_a_client(company: Company) -> None:
    browser, number = company.browser("anna"), company.number(OFFER)
    link = company.one(f"SELECT id FROM link WHERE message_id = {number}")
    browser.post(f"/links/{link}/move", data={"client": "atelier fontaine"})
    target = company.clients["Atelier Fontaine"]
    assert company.one(f"SELECT client_id FROM entry WHERE message_id = {number}") == target
    browser.post(f"/messages/{number}/links", data={"client": "Harbour & Sons Ltd"})
    assert company.one(f"SELECT count(*) FROM entry WHERE message_id = {number}") == 2
    answer = browser.post(f"/messages/{number}/links", data={"client": "Nobody", "back": f"/messages/{number}"})
    assert "There is no client called “Nobody”." in browser.get(answer.location).text


def test_a_client_is_added_edited_archived_and_taken_back(company: Company) -> None:
    browser = company.browser("anna", "ru")
    new = {"name": "Blue Lagoon", "kind": "company", "domains": "lagoon.example", "addresses": "x@lagoon.example"}
    address = browser.post("/clients/new", data=new).location
    assert "lagoon.example" in browser.get(address).text
    browser.post(f"{address}/edit", data={"name": "Blue Lagoon Ltd", "kind": "company", "note": "A note"})
    assert "A note" in browser.get(address).text
    browser.post(f"{address}/archive")
    page = browser.get("/clients?q=lagoon").text
    assert f'action="{address}/restore"' in page
    assert "Нет клиента" in page
    browser.post(f"{address}/restore")
    assert "Blue Lagoon Ltd" in browser.get("/clients?q=lagoon").text
    answer = browser.post("/clients/new", data={"name": " ", "kind": "company", "back": "/clients/new"})
    assert "У клиента должно быть название." in browser.get(answer.location).text


def test_contacts_have_several_addresses_and_phones(company: Company) -> None:
    browser, client = company.browser("anna"), numbers(company)["client_id"]
    form = {
        "name": "New Person",
        "addresses": "a@new.example\nb@new.example",
        "phones": "+49 30 5550111\n+49 30 5550112",
    }
    page = browser.get(browser.post(f"/clients/{client}/contacts/new", data=form).location).text
    for shown in ("New Person", "a@new.example", "b@new.example", 'href="tel:+49305550112"'):
        assert shown in page
    number = company.one("SELECT max(id) FROM contact")
    browser.post(f"/contacts/{number}/edit", data={**form, "addresses": "b@new.example"})
    page = browser.get(f"/clients/{client}").text
    assert "a@new.example" not in page
    browser.post(f"/contacts/{number}/remove")
    assert "New Person" not in browser.get(f"/clients/{client}").text
    assert "b@new.example" in browser.get(f"/clients/{client}").text


def test_the_tray_is_emptied_row_by_row_and_filled_again(company: Company) -> None:
    browser = company.browser("anna")
    first, second = (company.one(f"SELECT {one}(id) FROM triage") for one in ("min", "max"))
    browser.post(f"/tray/{first}/attach", data={"client": "Atelier Fontaine"})
    page = browser.get("/tray").text
    assert "mia@stoneworks.example now belongs to Atelier Fontaine." in page
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    browser.post("/undo", data={"token": token[1]})
    assert "mia@stoneworks.example" in browser.get("/tray").text
    browser.post(f"/tray/{second}/never", data={"what": "domain"})
    assert company.one("SELECT count(*) FROM never_rule WHERE value = 'orlov-group.example'") == 1
    browser.post("/tray/dismiss", data={"row": first})
    browser.get("/tray")
    assert "The tray is empty" in browser.get("/tray").text


def test_signing_in_is_limited_and_sessions_are_revoked(company: Company) -> None:
    people.change_password(company.db, company.users["boris"], PASSWORD, company.now)
    app = company.app()
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    wrong = browser.post("/sign-in", data={"login": "boris@example.com", "password": "not this one"})
    assert wrong.status_code == 403
    assert "The address or the password is not right." in wrong.text
    right = browser.post("/sign-in?next=//evil.example/", data={"login": "Boris@Example.com", "password": PASSWORD})
    assert right.location == "/"
    cookie = next(one for one in right.headers.getlist("Set-Cookie") if one.startswith(COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    other = company.browser("boris", app=app)
    session = company.one("SELECT min(id) FROM user_session WHERE agent <> 'Test'")
    assert other.post(f"/account/sessions/{session}/revoke").status_code == 302
    assert browser.get("/clients", headers={"Accept": "text/html"}).status_code == 302
    assert other.get("/clients").status_code == 200
    stranger = app.test_client()
    answers = [stranger.post("/sign-in", data={"login": "boris@example.com", "password": "guess"}) for _ in range(7)]
    assert answers[-1].status_code == 429
    assert "Too many attempts: wait" in answers[-1].text


def test_a_session_of_somebody_else_cannot_be_revoked(company: Company) -> None:
    anna, boris = company.browser("anna"), company.browser("boris")
    session = company.one(f"SELECT min(id) FROM user_session WHERE user_id = {company.users['boris']}")
    assert anna.post(f"/account/sessions/{session}/revoke").status_code == 404
    assert boris.get("/clients").status_code == 200


def test_a_mailbox_is_added_for_oneself_and_never_at_a_strange_server(company: Company) -> None:
    browser = company.browser("anna")
    form = {"address": "sales@example.com", "server": "main", "password": "secret", "owner": "boris@example.com"}
    page = browser.get(browser.post("/mailboxes/new", data=form).location).text
    assert "sales@example.com" in page
    assert "secret" not in page
    assert company.one("SELECT user_id FROM mailbox WHERE address = 'sales@example.com'") == company.users["anna"]
    refused = browser.post("/mailboxes/new", data={**form, "address": "b@example.com", "server": "evil.example"})
    assert refused.status_code == 400
    assert browser.post("/mailboxes/new", data={**form, "address": "c@example.com", "password": ""}).status_code == 400


def test_an_old_session_moves_on_at_most_every_few_minutes(company: Company) -> None:
    company.now -= timedelta(hours=1)
    browser = company.browser("anna")
    browser.get("/help")
    seen = dump(company)["user_session"]
    browser.get("/help")
    assert dump(company)["user_session"] == seen


def test_a_hostile_message_is_shown_and_not_obeyed(company: Company) -> None:
    evil = "<b>bold</b> {{ 7*7 }} {% raise %} <script>alert(1)</script>"
    name = '../../etc/пароль\r\nSet-Cookie: x=1;"<b>.html'
    message = letter(
        f'"{evil[:20]}" <evil@nordwind.example>', ANNA, evil, f"{evil} javascript:alert(1) https://x.example/?a=<b>"
    )
    message.add_attachment(b"<script>alert(1)</script>", maintype="text", subtype="html", filename="x.html")
    raw = message.as_string().replace("x.html", "=?utf-8?q?" + "".join(f"={b:02X}" for b in name.encode()) + "?=")
    company._number += 1
    company.rooms["anna"].deliver(raw.encode())
    number, client = company.one("SELECT max(id) FROM message"), numbers(company)["client_id"]
    browser = company.browser("anna")
    thread = company.one(f"SELECT thread_id FROM message WHERE id = {number}")
    for address in (f"/clients/{client}", f"/messages/{number}", f"/threads/{thread}", "/search?q=bold"):
        page = browser.get(address).text
        assert "<script>alert" not in page, address
        assert "<b>bold" not in page, address
        assert "49 " not in page.partition("<main")[2][:300], address
        assert "{{ 7*7 }}" in page or address.startswith("/search"), address
    download = browser.get(f"/messages/{number}/attachments/0")
    assert download.mimetype == "application/octet-stream"
    assert "x=1" not in str(download.headers.get("Set-Cookie", ""))
    value = download.headers["Content-Disposition"]
    assert value.startswith("attachment; ")
    assert "/" not in value.partition("filename*")[0]
    assert "sandbox" in download.headers["Content-Security-Policy"]
    assert browser.get(f"/messages/{number}/attachments/0/view").status_code == 404
