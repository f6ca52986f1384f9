"""The API from outside: tokens, scopes, the same eyes as the pages, and answers that keep to its own description."""

from datetime import timedelta

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from werkzeug.test import TestResponse

from mailcrm.flow import people, tokens
from mailcrm.flow.edit import By
from mailcrm.flow.tokens import SCOPES, NewToken
from tests.web.company import Company
from tests.web.places import BORIS_LETTER, HTML_LETTER, KLARA_LETTER


def token(company: Company, name: str = "anna", *scopes: str) -> str:
    """A token of a user; for everything where no scopes are named."""
    by = By(company.users[name], company.now)
    return tokens.add_token(company.rooms["anna"].office, by, NewToken("Test", scopes or SCOPES))


class Program:
    """A program that calls the API with a token."""

    def __init__(self, app: Flask, shown: str) -> None:
        self.client, self.headers = app.test_client(), {"Authorization": f"Bearer {shown}"}

    def call(self, method: str, path: str, **options: object) -> TestResponse:
        """One call; `json` is the body."""
        return self.client.open(f"/api/v1{path}", method=method, headers=self.headers, **options)  # type: ignore[arg-type]

    def read(self, path: str) -> dict[str, object]:
        """What a GET tells, which must have worked."""
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.get_json()
        return found


@pytest.fixture
def program(company: Company) -> Program:
    """A program of Anna's with every scope."""
    return Program(company.app(), token(company))


def test_clients_are_listed_page_by_page(company: Company, program: Program) -> None:
    for order in ("name", "newest", "last_in", "last_out"):
        names, after = [], ""
        while True:
            page = program.read(f"/clients?limit=3&order={order}&after={after}")
            names += [one["name"] for one in page["items"]]  # type: ignore[attr-defined, index]
            after = str(page["next"] or "")
            if not after:
                break
        assert sorted(names) == sorted(company.clients)


def test_a_client_is_added_changed_archived_and_restored(program: Program) -> None:
    made = program.call("POST", "/clients", json={"name": "Aqua Nova", "domains": ["aquanova.example"]})
    assert made.status_code == 201
    path = f"/clients/{made.get_json()['id']}"
    assert program.read(path)["domains"] == ["aquanova.example"]
    changed = program.call("PATCH", path, json={"tax_id": "77 01"})
    assert (changed.get_json()["tax_id"], changed.get_json()["name"]) == ("77 01", "Aqua Nova")
    assert program.call("POST", f"{path}/archive").get_json()["archived_at"]
    assert program.call("POST", f"{path}/restore").get_json()["archived_at"] is None


def test_contacts_are_added_changed_and_deleted(company: Company, program: Program) -> None:
    client = company.clients["Atelier Fontaine"]
    body = {"name": "Luc Fontaine", "addresses": ["luc@fontaine.example"], "phones": ["+33 1 99 00 12 34"]}
    made = program.call("POST", f"/clients/{client}/contacts", json=body).get_json()
    assert made["phones"] == [{"number": "+33199001234", "raw": "+33 1 99 00 12 34"}]
    path = f"/contacts/{made['id']}"
    assert program.call("PATCH", path, json={"position": "Owner"}).get_json()["position"] == "Owner"
    assert program.call("DELETE", path).get_json() == {"done": True}
    assert program.call("GET", path).status_code == 404


def test_a_timeline_tells_what_its_user_may_see(company: Company) -> None:
    client = company.clients["Nordwind Pumpen GmbH"]
    app = company.app()
    told: dict[str, dict[int, dict[str, str]]] = {}
    for name in ("anna", "boris"):
        page = Program(app, token(company, name)).read(f"/clients/{client}/timeline?limit=200")
        told[name] = {one["message_id"]: one for one in page["items"]}  # type: ignore[attr-defined, index]
    private, stubbed = company.number(KLARA_LETTER), company.number(BORIS_LETTER)
    assert told["boris"][stubbed]["level"] == "full"
    assert told["anna"][private]["level"] == "stub"
    assert not told["anna"][private]["subject"]
    assert Program(app, token(company, "anna")).call("GET", f"/messages/{private}").status_code == 404


def test_a_message_is_told_whole(company: Company, program: Program) -> None:
    told = program.read(f"/messages/{company.number(HTML_LETTER)}")
    assert told["level"] == "full"
    assert "Prices: see the table." in str(told["text"])
    assert [one["filename"] for one in told["attachments"]]  # type: ignore[attr-defined, index]


def test_documents_are_told_with_versions_and_answers(company: Company, program: Program) -> None:
    client = company.clients["Brightwater Utilities"]
    page = program.read(f"/clients/{client}/documents")
    ids = [one["id"] for one in page["items"]]  # type: ignore[attr-defined, index]
    assert company.documents["offer"] in ids
    whole = program.read(f"/documents/{company.documents['offer']}")
    assert len(whole["all_versions"]) == whole["versions"]  # type: ignore[arg-type]
    assert whole["sendings"]


def test_tasks_are_given_finished_and_reopened(company: Company, program: Program) -> None:
    client = company.clients["Atelier Fontaine"]
    body = {"title": "Call about the fountain", "client_id": client, "due_on": "2026-12-31", "due_time": "10:30"}
    made = program.call("POST", "/tasks", json={**body, "zone": "Europe/Paris", "reminder": "hour"}).get_json()
    assert made["due_at"] == "2026-12-31T09:30:00Z"
    path = f"/tasks/{made['id']}"
    assert program.read(path)["owner_id"] == company.users["anna"]
    listed = program.read(f"/tasks?client_id={client}&limit=1")
    assert made["id"] in [one["id"] for one in listed["items"]]  # type: ignore[attr-defined, index]
    assert program.call("POST", f"{path}/finish").get_json()["state"] == "done"
    assert program.call("POST", f"{path}/reopen").get_json()["state"] == "open"
    assert program.call("POST", "/tasks", json={**body, "zone": "Mars/Base"}).status_code == 409
    assert program.call("POST", "/tasks", json={**body, "client_id": 999999}).status_code == 404


def test_deals_are_added_changed_moved_and_archived(company: Company, program: Program) -> None:
    client = company.clients["Atelier Fontaine"]
    stages = program.read("/deals/stages")["items"]
    lost = next(one["id"] for one in stages if one["kind"] == "lost")  # type: ignore[attr-defined]
    body = {"client_id": client, "title": "Two fountains", "value": "12500.5", "expected_on": "2026-12-31"}
    made = program.call("POST", "/deals", json=body).get_json()
    assert (made["value"], made["currency"], made["owner_id"]) == ("12500.5", "EUR", company.users["anna"])
    path = f"/deals/{made['id']}"
    assert program.call("PATCH", path, json={"title": "Three fountains", "value": None}).get_json()["value"] is None
    assert program.read(path)["title"] == "Three fountains"
    moved = program.call("POST", f"{path}/move", json={"stage_id": lost, "lost_reason": "Too dear"}).get_json()
    assert (moved["stage_kind"], moved["lost_reason"]) == ("lost", "Too dear")
    assert program.call("POST", f"{path}/archive").get_json()["archived_at"]
    listed = program.read(f"/deals?client_id={client}")["items"]
    assert made["id"] not in [one["id"] for one in listed]  # type: ignore[attr-defined]
    assert program.call("POST", f"{path}/restore").get_json()["archived_at"] is None
    assert program.call("POST", f"{path}/move", json={"stage_id": 999999}).status_code == 404
    assert program.call("POST", "/deals", json={**body, "value": "1e5"}).status_code == 422


@pytest.mark.parametrize("order", ["moved", "expected", "value", "title", "client"])
def test_deals_are_listed_page_by_page(company: Company, program: Program, order: str) -> None:
    found, after = [], ""
    while True:
        page = program.read(f"/deals?limit=2&order={order}&after={after}")
        found += [one["id"] for one in page["items"]]  # type: ignore[attr-defined]
        after = str(page["next"] or "")
        if not after:
            break
    assert len(found) == len(set(found)) == company.one("SELECT count(*) FROM deal WHERE archived_at IS NULL")


def test_nothing_opens_without_a_working_token(company: Company, program: Program) -> None:
    app = company.app()
    assert Program(app, "mcrm_" + "x" * 43).call("GET", "/clients").status_code == 401
    assert Program(app, "").call("GET", "/clients").status_code == 401
    assert company.browser("anna", app=app).get("/api/v1/clients").status_code == 401
    by = By(company.users["anna"], company.now)
    office = company.rooms["anna"].office
    ended = token(company)
    with company.db.reading() as connection:
        number = connection.exec_driver_sql("SELECT max(id) FROM api_token").scalar_one()
    tokens.revoke_token(office, by, int(number))
    assert Program(app, ended).call("GET", "/clients").status_code == 401
    short = tokens.add_token(office, by, NewToken("Short", SCOPES, days=1))
    assert tokens.current(company.db, short, company.now) is not None
    assert tokens.current(company.db, short, company.now + timedelta(days=2)) is None


def test_a_token_of_somebody_who_left_is_dead(company: Company) -> None:
    shown = token(company, "boris")
    people.edit_user(company.db, company.users["boris"], {"is_active": False}, company.now)
    assert tokens.current(company.db, shown, company.now) is None


def test_scopes_hold(company: Company) -> None:
    program = Program(company.app(), token(company, "anna", "clients:read"))
    assert program.call("GET", "/clients").status_code == 200
    refused = program.call("POST", "/clients", json={"name": "Not allowed"})
    assert (refused.status_code, refused.mimetype) == (403, "application/problem+json")
    client = company.clients["Atelier Fontaine"]
    assert program.call("GET", f"/clients/{client}/timeline").status_code == 403


def test_a_token_opens_no_page(company: Company, program: Program) -> None:
    answer = program.client.get("/clients", headers=program.headers | {"Accept": "text/html"})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/clients?order=random", {}, 422),
        ("GET", "/clients?unknown=1", {}, 422),
        ("GET", "/clients?limit=1&limit=2", {}, 422),
        ("GET", "/clients?after=AAAA", {}, 404),
        ("GET", "/clients?q=%00", {}, 422),
        ("GET", "/clients/99999999999999999999", {}, 404),
        ("GET", "/clients/999999", {}, 404),
        ("POST", "/clients", {"data": "name=x"}, 415),
        ("POST", "/clients", {"json": {"name": "  "}}, 422),
        ("POST", "/clients", {"json": {"name": "A", "domains": ["not a domain"]}}, 409),
        ("POST", "/clients", {"json": {"name": "A", "owner_id": 999999}}, 409),
        ("PUT", "/clients", {"json": {}}, 405),
        ("GET", "/nothing", {}, 404),
    ],
)
def test_bad_input_is_told_as_a_problem(
    program: Program, method: str, path: str, options: dict[str, object], status: int
) -> None:
    answer = program.call(method, path, **options)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_answers_keep_to_the_description(company: Company, mode: GenerationMode) -> None:
    """Every operation is called with good or with bad input: no crash, and nothing that is not described."""
    description = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", company.app())
    headers = {"Authorization": f"Bearer {token(company)}"}
    operations = [result.ok() for result in description.get_all_operations()]
    assert len(operations) >= 15
    for one in operations:

        @given(case=one.as_strategy(generation_mode=mode))
        @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def keeps(case: Case) -> None:
            case.call_and_validate(headers=headers)

        keeps()
