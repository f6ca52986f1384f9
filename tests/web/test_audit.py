"""The audit log: who opened, took away, changed; who may read it; that it tells nothing that is private."""

import ast
from pathlib import Path

from tests.web.company import ANNA, BORIS, LARS, PASSWORD, Company, letter
from tests.web.places import KLARA_LETTER, OFFER, numbers
from web import labels

ROOT = Path(__file__).parents[2]


def acts(company: Company, where: str = "1 = 1") -> list[tuple[object, ...]]:
    """(actor, act, kind, record, client) of each line, oldest first."""
    query = f"SELECT actor_id, act, kind, record_id, client_id FROM audit WHERE {where} ORDER BY id"
    with company.db.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_a_message_of_a_colleague_is_noted_and_ones_own_is_not(company: Company) -> None:
    offer = company.number(OFFER)
    client = company.one(f"SELECT client_id FROM link WHERE message_id = {offer}")
    anna, boris = company.browser("anna"), company.browser("boris")
    for browser in (anna, boris, boris):
        assert browser.get(f"/messages/{offer}").status_code == 200
    assert acts(company, "kind = 'message'") == [(company.users["boris"], "opened", "message", offer, client)]
    boris.get(f"/messages/{offer}/raw")
    boris.get(f"/messages/{offer}/attachments/0")
    assert [act[1] for act in acts(company, "kind = 'message'")] == ["opened", "downloaded"]


def test_what_was_refused_was_not_opened(company: Company) -> None:
    private = company.number(KLARA_LETTER)
    for part in ("", "/raw", "/headers", "/attachments/0"):
        assert company.browser("anna").get(f"/messages/{private}{part}").status_code == 404
    thread = company.one(f"SELECT thread_id FROM message WHERE id = {private}")
    assert company.browser("anna").get(f"/threads/{thread}").status_code == 200
    assert acts(company, "act IN ('opened', 'downloaded')") == []


def test_who_looked_at_a_client_is_told_to_those_who_answer_for_him(company: Company) -> None:
    client = numbers(company)["client_id"]
    company.browser("boris").get(f"/clients/{client}")
    assert (company.users["boris"], "opened", "client", client, client) in acts(company)
    page = company.browser("vera").get(f"/clients/{client}/audit").text
    assert "Борис Кравцов" in page
    assert company.browser("anna").get(f"/clients/{client}/audit").status_code == 200
    assert company.browser("boris").get(f"/clients/{client}/audit").status_code == 403
    assert company.browser("boris").get("/audit").status_code == 403


def test_signing_in_and_failing_to_are_noted(company: Company) -> None:
    app = company.app()
    company.browser("vera", app=app).post(f"/users/{company.users['anna']}/password", data={"password": PASSWORD})
    stranger = app.test_client()
    stranger.post("/sign-in", data={"login": "anna@example.com", "password": "my secret guess"})
    stranger.post("/sign-in", data={"login": "anna@example.com", "password": PASSWORD})
    stranger.post("/sign-out")
    told = [act[:3] for act in acts(company, "kind = 'session'")][-3:]
    anna = company.users["anna"]
    assert told == [
        (None, "sign-in refused", "session"),
        (anna, "signed in", "session"),
        (anna, "signed out", "session"),
    ]
    page = company.browser("vera", app=app).get("/audit").text
    assert "anna@example.com" in page
    assert "secret" not in page
    assert "127.0.0.1" in page


def test_every_change_has_its_line(company: Company) -> None:
    client = company.clients["Atelier Fontaine"]
    vera, anna = company.browser("vera"), company.browser("anna")
    count = company.one("SELECT max(id) FROM audit")
    mailbox = company.rooms["anna"].mailbox_id
    vera.post(
        f"/users/{company.users['boris']}",
        data={"role": "manager", "is_active": "on", "addresses": "boris@example.com"},
    )
    anna.post(f"/clients/{client}/names", data={"name": "new.fontaine.example"})
    anna.post(f"/clients/{client}/names/remove", data={"name": "new.fontaine.example"})
    anna.post(f"/clients/{client}/archive")
    anna.post(f"/clients/{client}/restore")
    anna.post(f"/mailboxes/{mailbox}/visibility", data={"visibility": "stub"})
    anna.post(f"/mailboxes/{mailbox}/password", data={"password": "never told"})
    found = [act[1:3] for act in acts(company, f"id > {count}") if act[1] != "signed in"]
    assert found == [
        ("changed", "user"),
        ("address added", "client"),
        ("address removed", "client"),
        ("archived", "client"),
        ("restored", "client"),
        ("changed", "mailbox"),
        ("password", "mailbox"),
    ]
    assert "never told" not in vera.get("/audit").text
    assert "full → stub" in vera.get("/audit").text


def test_a_private_never_rule_is_not_named_in_the_log(company: Company) -> None:
    row = company.one("SELECT min(id) FROM triage")
    company.browser("anna").post(f"/tray/{row}/never", data={"what": "address"})
    assert company.one("SELECT count(*) FROM audit WHERE kind = 'never-list'") == 1
    assert "stoneworks" not in company.browser("vera").get("/audit").text


def test_the_log_is_read_in_pages_and_by_filters(company: Company) -> None:
    for number in range(60):
        company.client(f"Client {number}", f"client{number}.example")
    vera = company.browser("vera")
    first = vera.get("/audit?act=added&kind=client")
    assert first.text.count("data-row") == 50
    assert len(first.data) < 25_000
    older = first.text.partition("before=")[2].partition('"')[0].partition("&")[0]
    assert 0 < vera.get(f"/audit?act=added&kind=client&before={older}").text.count("data-row") < 50
    assert "data-row" not in vera.get("/audit?act=added&kind=client&until=2020-01-01").text
    assert "data-row" not in vera.get(f"/audit?kind=client&user={company.users['klara']}").text


def test_the_log_holds_neither_subjects_nor_texts(company: Company) -> None:
    company.deliver("boris", letter(LARS, BORIS, "Zanzibar", "Xylophone.", files={"quagga.pdf": b"%PDF"}))
    company.deliver("anna", letter(LARS, ANNA, "Okapi", "Wombat.", files={"numbat.pdf": b"%PDF"}))
    number = company.one("SELECT max(id) FROM message")
    for name in ("boris", "vera", "klara"):
        for part in ("", "/raw", "/headers", "/attachments/0"):
            company.browser(name).get(f"/messages/{number}{part}")
    company.browser("vera").get("/search?q=okapi")
    with company.db.reading() as connection:
        log = str(connection.exec_driver_sql("SELECT * FROM audit").all())
    assert not [word for word in ("Zanzibar", "Xylophone", "quagga", "Okapi", "Wombat", "numbat") if word in log]


def test_every_act_and_kind_that_is_noted_has_a_word() -> None:
    """The codes of every `Act(…)`, `note(…)`, `opened(…)` and `taken(…)` of the product."""
    unknown = []
    for path in [*(ROOT / "mailcrm").rglob("*.py"), *(ROOT / "web").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if name == "opened" and texts and texts[0] not in labels.AUDIT_KINDS:
                unknown.append(f"{path.name}: {texts[0]}")
            if (name == "Act" or (name == "note" and _is_edit(node)) or name == "taken") and len(texts) >= 2:
                unknown += [f"{path.name}: {texts[0]}"] * (texts[0] not in labels.ACTS)
                unknown += [f"{path.name}: {texts[1]}"] * (texts[1] not in labels.AUDIT_KINDS)
    assert not unknown


def _is_edit(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "edit"
