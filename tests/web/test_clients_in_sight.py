"""Where clients are seen by those alone who look after them: every page, list and form tried by somebody else."""

import io
import zipfile
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mailcrm.flow import people
from mailcrm.flow.people import NewUser
from mailcrm.model import Absence, ClientGroup, GroupClient, GroupDeputy
from mailcrm.store.rows import insert
from tests.web.company import BORIS, OLGA, Company, letter
from tests.web.places import BORIS_LETTER, OFFER, numbers, pages
from tests.web.test_writes import dump

PRIVATE = {"client_id", "contact_id", "thread_id", "message_id", "document_id", "version_id", "link_id", "group_id"}
PRIVATE |= {"handover_id", "absence_id", "deal_id", "move_id"}
"""The variables of addresses that belong to a client, or that he can be seen through."""
PUBLIC = ("/o/", "/c/", "/p/", "/u/")
"""Pages for clients, who are known by their tokens."""
LISTS = (
    "/clients?q=nord",
    "/clients?order=last_in",
    "/search?q=offer",
    "/search?q=valves+client:nordwind",
    "/documents?q=offer",
    "/documents/export.xlsx?q=offer",
    "/deals",
    "/deals/list",
    "/palette?q=nord",
    "/palette",
    "/palette/clients?client=nord",
)


@pytest.fixture
def app(company: Company) -> Flask:
    """The application where clients are seen by those who look after them."""
    return company.app(clients="assigned")


@pytest.fixture
def stranger(company: Company, app: Flask) -> FlaskClient:
    """A member of staff without a mailbox, who looks after nobody."""
    return _joined(company, app, "oleg")


def _joined(company: Company, app: Flask, name: str, role: str = "staff") -> FlaskClient:
    new = NewUser(f"{name}@example.com", name.title(), role=role)
    company.users[name] = people.add_user(company.db, new, company.now)
    return company.browser(name, app=app)


def _filled(company: Company) -> dict[str, object]:
    link = company.one(f"SELECT id FROM link WHERE message_id = {company.number(OFFER)}")
    return {
        **numbers(company),
        "link_id": link,
        "answer": "yes",
        "act": "undo",
        "triage_id": 1,
        "session_id": 1,
        "state": "done",
        "kind": "document",
    }


def _words(data: bytes) -> str:
    if not data.startswith(b"PK"):
        return data.decode()
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return "".join(book.read(name).decode() for name in book.namelist())


@pytest.mark.parametrize("role", ["staff", "manager"])
def test_no_address_opens_what_somebody_else_looks_after(company: Company, app: Flask, role: str) -> None:
    browser, filled, before, tried = _joined(company, app, "oleg", role), _filled(company), dump(company), 0
    form = {"name": "x.example", "other": filled["document_id"]}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            # Programs come with a token of a user, which is tried in the tests of the interface for them.
            if not PRIVATE & set(rule.arguments) or rule.rule.startswith("/api/"):
                continue
            address = app.url_for(rule.endpoint, **{name: filled.get(name, 1) for name in rule.arguments})
            for method in {"GET", "POST"} & (rule.methods or set()):
                answer = browser.open(address, method=method, data=form)
                # 403: for admins alone, whatever the number.
                assert answer.status_code in (403, 404), f"{method} {address}: {answer.status_code}"
                tried += 1
    assert tried > 30
    assert dump(company) == before


def test_no_list_names_what_somebody_else_looks_after(company: Company, app: Flask, stranger: FlaskClient) -> None:
    shown = 0
    for address in [*pages(company, app), *LISTS]:
        if address.startswith(PUBLIC):
            continue
        answer = stranger.get(address)
        for word in (*company.clients, "nordwind.example", "Pressure test"):
            assert word not in _words(answer.data), f"{address}: {word}"
        shown += answer.status_code == 200
    assert shown > 20


def test_the_same_lists_name_them_to_who_looks_after_them(company: Company, app: Flask) -> None:
    owner = company.browser("anna", app=app)
    for address in LISTS:
        found = "Brightwater Utilities" if "documents" in address else "Nordwind Pumpen GmbH"
        assert found in _words(owner.get(address).data), address
    assert company.browser("vera", app=app).get(f"/clients/{numbers(company)['client_id']}").status_code == 200


def test_a_cover_sees_the_clients_of_who_is_away_for_as_long(company: Company, stranger: FlaskClient) -> None:
    address, day = f"/clients/{numbers(company)['client_id']}", timedelta(days=1)
    away = {"user_id": company.users["anna"], "cover_id": company.users["oleg"], "note": "", "created_at": company.now}
    with company.db.writing() as connection:
        insert(connection, Absence, [{**away, "starts_at": company.now - 3 * day, "ends_at": company.now - day}])
    assert stranger.get(address).status_code == 404
    with company.db.writing() as connection:
        insert(connection, Absence, [{**away, "starts_at": company.now - day, "ends_at": company.now + day}])
    assert stranger.get(address).status_code == 200
    assert "Nordwind" in stranger.get("/clients").text
    assert "Valves for the spring" in stranger.get("/search?q=overhaul").text


@pytest.mark.parametrize("part", ["manager", "deputy"])
def test_a_group_opens_its_clients_and_no_others(company: Company, stranger: FlaskClient, part: str) -> None:
    client, other = numbers(company)["client_id"], company.clients["Harbour & Sons Ltd"]
    manager = company.users["oleg"] if part == "manager" else None
    row = {"id": 91, "name": "North", "name_key": "north", "manager_id": manager, "created_at": company.now}
    with company.db.writing() as connection:
        insert(connection, ClientGroup, [{**row, "kind": "hand", "rule": "", "answer_hours": 0, "note": ""}])
        insert(connection, GroupClient, [{"group_id": 91, "client_id": client, "added_at": company.now}])
        if part == "deputy":
            insert(connection, GroupDeputy, [{"group_id": 91, "user_id": company.users["oleg"]}])
    assert stranger.get(f"/clients/{client}").status_code == 200
    assert stranger.get(f"/messages/{company.number(OFFER)}").status_code == 200
    assert stranger.get(f"/clients/{other}").status_code == 404
    assert "Harbour" not in stranger.get("/clients").text


def test_ones_own_copy_is_open_but_does_not_name_the_client(company: Company, app: Flask) -> None:
    boris, number = company.browser("boris", app=app), company.number(BORIS_LETTER)
    page = boris.get(f"/messages/{number}")
    assert page.status_code == 200
    assert "Pressure test on Friday" in page.text
    thread = company.one(f"SELECT thread_id FROM message WHERE id = {number}")
    for address in (f"/messages/{number}", f"/threads/{thread}", "/search?q=pressure"):
        assert "Nordwind Pumpen" not in boris.get(address).text, address
    link = company.one(f"SELECT id FROM link WHERE message_id = {number}")
    assert boris.post(f"/links/{link}/undo").status_code == 404
    assert boris.get(f"/messages/{company.number(OFFER)}").status_code == 404


def test_mail_of_another_client_cannot_be_drawn_into_ones_own(company: Company, app: Flask) -> None:
    boris = company.browser("boris", app=app)
    new = {"name": "Mine", "kind": "company"}
    for name in ("nordwind.example", "pumps.nordwind.example"):
        boris.post("/clients/new", data={**new, "domains": name})
    for name in ("lars.berg@nordwind.example", "somebody.new@nordwind.example", "ida@holm.example"):
        boris.post("/clients/new", data={**new, "addresses": name})
    assert company.one("SELECT count(*) FROM client WHERE name = 'Mine'") == 0
    boris.post("/clients/new", data={**new, "domains": "elsewhere.example"})
    assert company.one("SELECT owner_id FROM client WHERE name = 'Mine'") == company.users["boris"]
    mine = company.one("SELECT id FROM client WHERE name = 'Mine'")
    boris.post(f"/clients/{mine}/names", data={"name": "holm.example"})
    assert company.one(f"SELECT count(*) FROM client_domain WHERE client_id = {mine}") == 1


def test_a_tray_gives_mail_to_ones_own_clients_alone(company: Company, app: Flask) -> None:
    company.deliver("boris", letter(BORIS, "New One <new.one@fair.example>", "Fair", "Hello."))
    row = company.one("SELECT max(id) FROM triage")
    boris = company.browser("boris", app=app)
    boris.post(f"/tray/{row}/attach", data={"client": "Nordwind Pumpen GmbH"})
    assert company.one("SELECT count(*) FROM contact_address WHERE email = 'new.one@fair.example'") == 0


def test_a_client_that_is_given_away_is_out_of_sight(company: Company, app: Flask) -> None:
    anna, client = company.browser("anna", app=app), company.clients["Harbour & Sons Ltd"]
    form = {"name": "Harbour & Sons Ltd", "kind": "company", "owner_id": company.users["boris"]}
    assert anna.post(f"/clients/{client}/edit", data=form).location == "/clients"
    assert anna.get(f"/clients/{client}").status_code == 404
    assert company.browser("boris", app=app).get(f"/clients/{client}").status_code == 200


def test_a_thread_counts_and_shows_only_what_is_in_sight(company: Company, app: Flask) -> None:
    boris = company.browser("boris", app=app)
    copies = f"SELECT message_id FROM message_copy WHERE mailbox_id = {company.rooms['boris'].mailbox_id}"
    first = company.one(f"SELECT min(id) FROM message WHERE direction = 'in' AND id IN ({copies})")
    thread = company.one(f"SELECT thread_id FROM message WHERE id = {first}")
    whole = company.browser("anna", app=app).get(f"/threads/{thread}").text
    assert "Коммерческое предложение" in whole
    assert "Коммерческое предложение" not in boris.get(f"/threads/{thread}").text
    assert OLGA.partition(" <")[0] in boris.get(f"/threads/{thread}").text
