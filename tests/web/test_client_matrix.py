"""The second matrix, generated, where each client is seen by those alone who look after him: who looks × every page,
list, search, report, export and call of the API × every row of every table × every form; and what is sent to people.

Every text that belongs to a client is made a word that stands nowhere else, and the words of an answer are looked for.
"""

import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlmodel import SQLModel

from mailcrm.crm.happenings import EVENTS
from mailcrm.flow import groups, notes, people, tokens, webhooks
from mailcrm.flow.chores import CHORES, ChoreTools
from mailcrm.flow.deals import NewDeal, add_deal
from mailcrm.flow.edit import By
from mailcrm.flow.notes import NewNote
from mailcrm.flow.people import NewUser
from mailcrm.flow.tasks import NewTask, add_task
from mailcrm.flow.tokens import SCOPES, NewToken
from mailcrm.model import Absence, ClientGroup, GroupClient, GroupDeputy, Handover
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.store.rows import insert
from mailcrm.store.visibility import Policy
from tests.web.company import Company
from tests.web.places import pages
from web.api.operations import OPERATIONS

ROLES = {"owner": "staff", "cover": "staff", "deputy": "staff", "head": "manager", "idle": "staff", "chief": "admin"}
"""Who looks, and the role of each: an owner and who covers for him, a deputy and the manager of a group, somebody who
looks after nobody, and an admin."""
OWNED, GROUPED = ("Atelier Fontaine", "Kowalski Instalacje"), ("Brightwater Utilities", "Kowalski Instalacje")

OF_CLIENT = "SELECT client_id, id FROM {0} WHERE client_id IS NOT NULL"
_OF_MESSAGE = "SELECT client_id, message_id FROM link WHERE state = 'active'"
_ITSELF = "SELECT id, id FROM client"
_DOCUMENTS = (
    "SELECT client_id, document_id FROM version_client JOIN version ON version.id = version_id WHERE document_id > 0"
)
WORDS: dict[str, str] = {
    "client.name": _ITSELF,
    "client.note": _ITSELF,
    "client.website": _ITSELF,
    "client.postal_address": _ITSELF,
    "contact.name": OF_CLIENT,
    "contact.position": OF_CLIENT,
    "contact_address.email": OF_CLIENT,
    "deal.title": OF_CLIENT,
    "deal.note": OF_CLIENT,
    "deal.lost_reason": OF_CLIENT,
    "task.title": OF_CLIENT,
    "task.note": OF_CLIENT,
    "note.text": OF_CLIENT,
    "note.place": OF_CLIENT,
    "recipient.name": OF_CLIENT,
    "recipient.address": OF_CLIENT,
    "mailing_skip.address": OF_CLIENT,
    "follow_up.subject": OF_CLIENT,
    "follow_up.text": OF_CLIENT,
    "handover.note": OF_CLIENT,
    "audit.detail": OF_CLIENT,
    "document.title": _DOCUMENTS,
    "message.subject": _OF_MESSAGE,
    "message.preview": _OF_MESSAGE,
}
"""Texts that belong to clients, each with the SELECT of (client, row)."""
WRITERS = ("owner", "head", "idle")
SHOWN = ("client.name", "contact.name", "deal.title", "task.title", "note.text", "document.title", "message.subject")
"""What whoever sees a client must find somewhere: a matrix in which nobody sees anything would hold, too."""
_WORD = re.compile(r"z[a-z]+x[a-z]+\d+q")


@dataclass
class World:
    """The company with its words, and who may see which client, told by hand."""

    company: Company
    clients: dict[str, frozenset[int]] = field(default_factory=dict)
    """By word."""
    seen: dict[str, frozenset[int]] = field(default_factory=dict)
    """By who looks: the numbers of the clients that he may see."""

    def app(self) -> Flask:
        return self.company.app(clients="assigned")

    def hidden(self, name: str) -> frozenset[int]:
        return frozenset(self.company.clients.values()) - self.seen[name]

    def leaks(self, text: str, name: str) -> list[str]:
        """Words in a text that belong only to clients whom this person does not see."""
        # Signed addresses have letters by chance that look like one of the words.
        found = set(_WORD.findall(text.casefold())) & self.clients.keys()
        return sorted(word for word in found if not self.clients[word] & self.seen[name])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.company.db.reading() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def run(self, query: str) -> None:
        with self.company.db.writing() as connection:
            connection.exec_driver_sql(query)


@pytest.fixture
def world(company: Company) -> World:
    found = World(company)
    _people(found)
    _things(found)
    for place, query in WORDS.items():
        _plant(found, place, query)
    groups.refresh(company.rooms["anna"].office, company.now)
    return found


def _people(world: World) -> None:
    company, day = world.company, timedelta(days=1)
    for name, role in ROLES.items():
        new = NewUser(f"{name}@example.com", name.title(), role=role)
        company.users[name] = people.add_user(company.db, new, company.now)
    owned = frozenset(company.clients[name] for name in OWNED)
    grouped = frozenset(company.clients[name] for name in GROUPED)
    for number in owned:
        world.run(f"UPDATE client SET owner_id = {company.users['owner']} WHERE id = {number}")
    away = {
        "user_id": company.users["owner"],
        "cover_id": company.users["cover"],
        "note": "",
        "created_at": company.now,
    }
    group = {"id": 91, "name": "South", "name_key": "south", "kind": "hand", "rule": "", "answer_hours": 0, "note": ""}
    group |= {"manager_id": company.users["head"], "created_at": company.now}
    with company.db.writing() as connection:
        insert(connection, Absence, [{**away, "starts_at": company.now - day, "ends_at": company.now + day}])
        insert(connection, ClientGroup, [group])
        members = [{"group_id": 91, "client_id": number, "added_at": company.now} for number in grouped]
        insert(connection, GroupClient, members)
        insert(connection, GroupDeputy, [{"group_id": 91, "user_id": company.users["deputy"]}])
    world.seen = {"owner": owned, "cover": owned, "deputy": grouped, "head": grouped, "idle": frozenset()}
    world.seen["chief"] = frozenset(company.clients.values())


def _things(world: World) -> None:
    """A deal, a task, a note and a handover for every client, so that no page is empty."""
    company, anna = world.company, world.company.users["anna"]
    office, by = company.rooms["anna"].office, company.by
    for name, number in company.clients.items():
        add_deal(office, by, NewDeal(number, f"Deal of {name}", owner_id=anna))
        add_task(office, by, NewTask(f"Task for {name}", anna, number))
        notes.add_note(office, by, number, NewNote(f"Note on {name}"))
        row = {"kind": "client", "client_id": number, "from_id": anna, "to_id": company.users["boris"], "note": "x"}
        row |= {"due_at": company.now + timedelta(days=900), "created_at": company.now, "state": "planned"}
        with company.db.writing() as connection:
            insert(connection, Handover, [row])


def _plant(world: World, place: str, query: str) -> None:
    table, _, column = place.partition(".")
    words: dict[str, set[int]] = {}
    for client, row in world.rows(query.format(table)):
        word = f"z{table.replace('_', '')}x{column.replace('_', '')}{row}q"
        words.setdefault(word, set()).add(client)
        text = f"{word}@example.net" if column in ("email", "address") else word
        keyed = {"name": "name_key", "title": "title_key"}.get(column, "")
        has_key = keyed in SQLModel.metadata.tables[table].columns
        also = f", {keyed} = '{text}'" if has_key else ""
        world.run(f"UPDATE {table} SET {column} = '{text}'{also} WHERE id = {row}")
    world.clients |= {word: frozenset(found) for word, found in words.items()}


def _told(data: bytes) -> str:
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return data.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return " ".join(_told(archive.read(name)) for name in archive.namelist())


BOUND: dict[str, str] = {
    "client_id": _ITSELF,
    "other_id": _ITSELF,
    "contact_id": OF_CLIENT.format("contact"),
    "deal_id": OF_CLIENT.format("deal"),
    "move_id": "SELECT client_id, deal_move.id FROM deal_move JOIN deal ON deal.id = deal_id",
    "task_id": OF_CLIENT.format("task"),
    "note_id": OF_CLIENT.format("note"),
    "link_id": OF_CLIENT.format("link"),
    "handover_id": OF_CLIENT.format("handover"),
    "follow_up_id": OF_CLIENT.format("follow_up"),
    "recipient_id": OF_CLIENT.format("recipient"),
    "message_id": _OF_MESSAGE,
    "thread_id": "SELECT client_id, thread_id FROM link JOIN message ON message.id = link.message_id WHERE"
    " state = 'active'",
    "document_id": _DOCUMENTS,
    "version_id": "SELECT client_id, version_id FROM version_client",
    "merge_id": "SELECT kept_id, id FROM client_merge",
}
"""Variables of addresses that belong to a client, with the SELECT of (client, number)."""
COMMON: dict[str, tuple[object, ...]] = {
    "form": ("xlsx", "csv", "vcf"),
    "act": ("undo", "redo", "move", "pause", "resume"),
    "answer": ("yes", "no"),
    "kind": ("document", "offer", "message"),
    "state": ("done", "dropped", "taken", "seen"),
    "turn": ("us", "them"),
    "position": (0,),
    "number": (1,),
    "file_number": (1,),
    "record_id": (1,),
    "measure": ("answered", "received", "deals-new", "offers-sent", "documents-sent", "silent"),
}
"""Those that belong to nobody, with what is tried."""
ANYBODYS = {
    "offer_id": "offer",
    "mailing_id": "mailing",
    "template_id": "template",
    "account_id": "send_account",
    "stage_id": "deal_stage",
    "field_id": "field",
    "group_id": "client_group",
    "absence_id": "absence",
    "import_id": "client_import",
    "mailbox_id": "mailbox",
    "user_id": "user_account",
    "rule_id": "never_rule",
    "suppression_id": "suppression",
    "triage_id": "triage",
    "view_id": "saved_view",
    "bulk_id": "bulk_edit",
    "webhook_id": "webhook",
    "token_id": "api_token",
    "session_id": "user_session",
}
"""Those of rows that belong to a user or to the company, with their tables: all of their rows are tried."""
PUBLIC = {"offer_token", "leave_token", "click_token", "open_token"}
"""Whoever has one of these tokens is the client."""


def choices(world: World, clients: Iterable[int] | None = None) -> dict[str, list[object]]:
    """Variable → the values that are tried; those of some clients alone where `clients` are given."""
    wanted = None if clients is None else set(clients)
    found: dict[str, list[object]] = {name: list(values) for name, values in COMMON.items()}
    for name, query in BOUND.items():
        rows = [row for row in world.rows(query) if wanted is None or row[0] in wanted]
        if wanted is not None:
            shared = {number for client, number in world.rows(query) if client not in wanted}
            rows = [row for row in rows if row[1] not in shared]
        found[name] = sorted({number for _, number in rows})[:60]
    for name, table in ANYBODYS.items():
        found[name] = [number for (number,) in world.rows(f"SELECT id FROM {table} ORDER BY id")][:12] or [1]
    return found


def addresses(world: World, app: Flask, method: str, clients: Iterable[int] | None = None) -> list[str]:
    """Every address for a method with every value of its variables; with `clients`, only those that belong to them.

    A variable that stands in none of the tables above is an error: a new page tells here whose it is.
    """
    known, found = choices(world, clients), list[str]()
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            names = set(rule.arguments)
            away = rule.endpoint in ("static", "timeline.stream") or rule.endpoint.startswith(("entrance.", "api."))
            if method not in (rule.methods or ()) or away or names & PUBLIC or "sign-out" in rule.rule:
                continue
            if clients is not None and not names & set(BOUND):
                continue
            assert names <= set(known), f"{rule.rule}: whose is {sorted(names - set(known))}?"
            values: list[dict[str, object]] = [{}]
            for name in sorted(names):
                allowed = getattr(getattr(rule, "_converters", {}).get(name), "items", None)
                some = [one for one in known[name] if allowed is None or one in allowed] or sorted(allowed or ())
                values = _sample([{**one, name: value} for one in values for value in some])
            found += [app.url_for(rule.endpoint, **one) for one in values]
    return found


def _sample(values: list[dict[str, object]], most: int = 24) -> list[dict[str, object]]:
    """All of them, or every so many: an address with two variables has thousands."""
    return values[:: len(values) // most + 1] if values else values


SEARCHES = ("/search?q=offer", "/search?q=valves", "/search?q=ремкомплекты", "/palette?q=z", "/clients?q=z", "/tasks")
SEARCHES += ("/deals?q=z", "/deals/list?q=z", "/documents?q=z", "/palette/clients?client=z", "/tasks?owner=all")
SEARCHES += ("/?whose=all", "/tasks?owner=all&span=done", "/offers?q=z", "/groups", "/mine")
SEARCHES += ("/search?q=client:zclient", "/documents/export.xlsx?q=z", "/deals/list?archived=1", "/clients?archived=1")
SEARCHES += tuple(f"/reports?period=year&parts={part}&quiet=1" for part in ("user", "owner", "group", "client"))


def test_no_page_list_search_report_or_export_tells_of_hidden_clients(world: World) -> None:
    app, leaks = world.app(), set[str]()
    # An admin sees every client; that he finds them is a matter of the other tests.
    for name in [name for name in ROLES if name != "chief"]:
        browser, said = world.company.browser(name, app=app), set[str]()
        for address in {*addresses(world, app, "GET"), *SEARCHES, *pages(world.company, app)}:
            if address.startswith(("/o/", "/c/", "/p/", "/u/")):
                continue
            answer = browser.get(address, headers={"Accept": "text/html"})
            text = _told(answer.data)
            assert answer.status_code < 500, address
            leaks |= {f"{name}: {address}: {one}" for one in world.leaks(text, name) if one not in address.casefold()}
            said |= set(_WORD.findall(text.casefold()))
        _check_shown(world, name, said, SHOWN)
    assert not leaks, "\n".join(sorted(leaks))


def _check_shown(world: World, name: str, said: set[str], places: Iterable[str]) -> None:
    for place in places:
        start = f"z{place.replace('_', '').replace('.', 'x')}"
        for word, clients in world.clients.items():
            if word.startswith(start) and clients & world.seen[name] and not _is_gone(world, word):
                assert word in said, (name, word)


def _is_gone(world: World, word: str) -> bool:
    """Messages of mailboxes that show stubs are no business of this matrix."""
    number = re.sub(r"\D", "", word)
    return word.startswith("zmessagex") and not world.rows(
        f"SELECT 1 FROM message WHERE id = {number} AND visibility = 2"
    )


API_SHOWN = ("client.name", "contact.name", "task.title", "deal.title", "message.subject", "document.title")


def test_no_call_of_the_api_tells_of_hidden_clients(world: World) -> None:
    known, leaks = choices(world), set[str]()
    for name in ROLES:
        program, said, tried = _program(world, name), set[str](), 0
        for operation in _operations():
            paths = _paths(operation.path, known) if operation.method == "GET" else ()
            for path in [path + more for path in paths for more in _queries(operation.query, known)]:
                answer = program("GET", path)
                assert answer.status_code in (200, 404, 422), (path, answer.text)
                leaks |= {f"{name}: {path}: {one}" for one in world.leaks(answer.text, name)}
                said |= set(_WORD.findall(answer.text.casefold()))
                tried += 1
        assert tried > 100
        _check_shown(world, name, said, API_SHOWN)
    assert not leaks, "\n".join(sorted(leaks))


@pytest.mark.parametrize("name", WRITERS)
def test_no_call_of_the_api_changes_what_is_hidden(world: World, name: str) -> None:
    program, known = _program(world, name), choices(world, world.hidden(name))
    before, tried = _rows_of(world, world.hidden(name)), 0
    bodies = ({}, *({"name": "Mallory", "title": "Mallory", "client_id": one} for one in sorted(world.hidden(name))))
    for operation in _operations():
        bound = set(re.findall(r"\{(\w+)\}", operation.path)) & set(BOUND)
        if operation.method == "GET" or not (bound or operation.body):
            continue
        for path in _paths(operation.path, known):
            for body in bodies:
                answer = program(operation.method, path, json=body)
                # 409 and 422: it is refused before anything is looked up.
                assert not bound or answer.status_code in (404, 422), (operation.method, path, answer.text)
                tried += 1
    assert tried > 50
    assert _rows_of(world, world.hidden(name)) == before


def _operations() -> list[Any]:
    return [one for some in OPERATIONS.values() for one, _ in some]


def _paths(path: str, known: dict[str, list[object]]) -> list[str]:
    names = re.findall(r"\{(\w+)\}", path)
    assert set(names) <= set(BOUND), f"{path}: whose is it?"
    found = [path]
    for name in names:
        found = [one.replace(f"{{{name}}}", str(value)) for one in found for value in known[name]]
    return found


def _queries(model: Any, known: dict[str, list[object]]) -> list[str]:
    """Without parameters, and with each that names something, and every choice of the others."""
    found = [""]
    for name, one in model.model_json_schema()["properties"].items() if model else ():
        some = known.get(name, known["user_id"] if name == "owner_id" else [])
        found += [f"?{name}={value}&limit=200" for value in [*some[:20], *one.get("enum", ())]]
    return found


def _program(world: World, name: str) -> Any:
    office = world.company.rooms["anna"].office
    shown = tokens.add_token(office, By(world.company.users[name], world.company.now), NewToken("Matrix", SCOPES))
    browser = world.app().test_client()

    def call(method: str, path: str, **options: object) -> Any:
        headers = {"Authorization": f"Bearer {shown}"}
        return browser.open(f"/api/v1{path}", method=method, headers=headers, **options)  # type: ignore[arg-type]

    return call


TABLES = ("contact", "contact_address", "deal", "task", "note", "recipient", "follow_up", "handover", "link", "entry")
TABLES += ("client_domain", "client_field", "client_tag", "group_client", "owner_change", "waiting", "mailing_skip")


def _rows_of(world: World, clients: frozenset[int]) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is stored of some clients."""
    some = ", ".join(map(str, sorted(clients)))
    found = {name: world.rows(f"SELECT * FROM {name} WHERE client_id IN ({some})") for name in TABLES}
    found["client"] = world.rows(f"SELECT * FROM client WHERE id IN ({some})")
    for name in ("deal", "task", "note", "document"):
        ids = ", ".join(str(row[1]) for row in world.rows(BOUND[f"{name}_id"]) if row[0] in clients) or "0"
        parts = {"deal": ("deal_move", "deal_item"), "task": ("task_change",), "note": ("mention",)}
        for part in parts.get(name, ()):
            found[part] = world.rows(f"SELECT * FROM {part} WHERE {name}_id IN ({ids})")
        if name == "document":
            found[name] = world.rows(f"SELECT * FROM document WHERE id IN ({ids})")
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


TEMPLATES = Path(__file__).parents[2] / "web" / "templates"


def _forms(world: World, clients: frozenset[int]) -> list[dict[str, object]]:
    """Forms in which every field that any page has names something of hidden clients."""
    names = {one for file in TEMPLATES.rglob("*.html") for one in re.findall(r'\bname="?([\w-]+)', file.read_text())}
    known, found = choices(world, clients), list[dict[str, object]]()
    for number in sorted(clients):
        name = world.rows(f"SELECT name FROM client WHERE id = {number}")[0][0]
        form: dict[str, object] = dict.fromkeys(names, "1")
        form |= {one: known[f"{one}_id"] for one in ("deal", "task", "note", "message", "document", "contact", "link")}
        form |= {"client": name, "client_id": number, "other": number, "row": known["link_id"], "id": known["task_id"]}
        form |= {"clients": f"{number}", "name": "Mallory", "title": "Mallory", "text": "Mallory", "kind": "client"}
        form |= {"thread": known["thread_id"], "owner_id": world.company.users["idle"], "value": "5", "what": "client"}
        found += [form, {**form, "client": str(number)}, {**form, "client": "", "what": "archive"}]
    return found


@pytest.mark.parametrize("name", WRITERS)
def test_no_form_changes_what_is_hidden(world: World, name: str) -> None:
    app, hidden = world.app(), world.hidden(name)
    browser, tried = world.company.browser(name, app=app), 0
    before = _rows_of(world, hidden)
    full = {**_forms(world, hidden)[0], "client": "Mallory", "name": "mallory.example", "client_id": 1}
    for address in addresses(world, app, "POST", hidden):
        answer = browser.post(address, data=full)
        assert answer.status_code in (302, 400, 403, 404), f"{name}: {address}: {answer.status_code}"
        tried += 1
    assert tried > 300
    everywhere = [one for one in _open_addresses(app) if one not in ("/account/password", "/account/sessions/revoke")]
    for form in _forms(world, hidden):
        for address in everywhere:
            answer = browser.post(address, data=form)
            assert answer.status_code < 500, address
            assert not [one for one in world.leaks(answer.text, name) if one not in str(form)], f"{name}: {address}"
    assert browser.get("/account").status_code == 200, "still signed in: nothing was skipped"
    assert _rows_of(world, hidden) == before


def _open_addresses(app: Flask) -> list[str]:
    """The addresses of forms that name nothing."""
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ()) and not rule.arguments]
    return [rule.rule for rule in rules if not rule.endpoint.startswith(("api.", "account.sign", "entrance."))
            and "sign" not in rule.rule]  # fmt: skip


def test_nothing_is_sent_to_people_of_clients_that_they_do_not_see(world: World) -> None:
    company = world.company
    office, policy = company.rooms["anna"].office, Policy(clients="assigned")
    for name in ROLES:
        by = By(company.users[name], company.now - timedelta(days=90))
        webhooks.add_webhook(office, by, company.keyring, f"http://127.0.0.1:9/{name}", EVENTS)
    everybody = " ".join(f"@{name}" for name in ROLES)
    for number in company.clients.values():
        word = f"zclientxname{number}q"
        notes.add_note(office, company.by, number, NewNote(f"{word} {everybody}"), policy)
    tools = ChoreTools(office, open_blobs(BlobPlace(company.folder / "blobs")), company.keyring, policy=policy)
    for chore in CHORES:
        chore.run(tools, company.now + timedelta(days=1))
    seen: dict[str, set[str]] = {name: set() for name in ROLES}
    for name in ROLES:
        mail = world.rows(f"SELECT subject, text FROM notification WHERE address = '{name}@example.com'")
        hook = f"SELECT payload FROM delivery JOIN webhook ON webhook.id = webhook_id WHERE url = 'http://127.0.0.1:9/{name}'"
        for row in [*mail, *world.rows(hook)]:
            text = " ".join(row)
            assert not world.leaks(text, name), (name, text)
            seen[name] |= set(_WORD.findall(text.casefold()))
        _check_shown(world, name, seen[name], ("client.name",))
