"""The access matrix, generated: role × what the mailbox shows × what its owner said of the thread × own copy × every
address of the application with every number tried. And every form tried by somebody who may not use it."""

import io
import json
import re
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mailcrm.flow import mailboxes, people, privacy
from mailcrm.flow.beside import drain_once
from mailcrm.flow.desk import Desk
from mailcrm.flow.edit import By
from mailcrm.flow.export import export
from mailcrm.flow.people import NewUser
from mailcrm.flow.readers import Readers
from mailcrm.net.blobs import Blobs
from mailcrm.store.database import Database
from mailcrm.store.visibility import Policy, viewer
from tests.mailroom import Mailroom
from tests.net.extract.files import docx
from tests.web.company import Company, letter

LEVELS = ("stub", "subject", "full")
OVERRIDES = ("", *LEVELS)
VIEWERS = {"staff": False, "manager": False, "admin": False, "reader": True}
"""Who looks, and whether the company lets him read everything."""
SENDER = "Mona Fontaine <mona@fontaine.example>"


@dataclass(frozen=True)
class Case:
    """One message, with words that stand nowhere else."""

    number: int
    shown: str
    override: str
    own: str
    """Who else has a copy: a viewer, or nobody."""

    @property
    def subject(self) -> str:
        return f"Zsubject{self.number:02d}q"

    @property
    def text(self) -> str:
        return f"Zletter{self.number:02d}q"

    @property
    def file(self) -> str:
        return f"Zfile{self.number:02d}q"

    @property
    def inside(self) -> str:
        return f"Zinside{self.number:02d}q"

    def level(self, viewer_: str) -> int:
        """How much this viewer may see: 0 stub, 1 subject, 2 all."""
        if viewer_ == self.own or VIEWERS[viewer_]:
            return 2
        return LEVELS.index(self.override or self.shown)


CASES = [
    Case(number, shown, override, own)
    for number, (shown, override, own) in enumerate(
        [(shown, override, "") for shown in LEVELS for override in OVERRIDES]
        + [(shown, override, "staff") for shown in LEVELS for override in ("", "stub")]
    )
]


@dataclass
class Matrix:
    """The company with a message for every case, and the numbers of its rows."""

    company: Company
    threads: dict[int, int]
    messages: dict[int, int]
    documents: list[int]

    def app(self, name: str) -> Flask:
        return self.company.app(admin_reads_bodies=VIEWERS[name])

    def browser(self, name: str) -> FlaskClient:
        return self.company.browser(name, app=self.app(name))


@pytest.fixture
def matrix(db: Database, tmp_path: Path) -> Matrix:
    """Three owners whose mailboxes show everything, subjects and stubs; one client; four people who look."""
    company = Company(db, tmp_path / "company")
    company.client("Atelier Fontaine", "fontaine.example")
    for name in VIEWERS:
        if name == "staff":
            company.rooms[name] = Mailroom(db, company.now, company.folder / "blobs", "staff@example.com")
            company.users[name] = company.rooms[name].user_id
        else:
            role = "admin" if name == "reader" else name
            new = NewUser(f"{name}@example.com", name.title(), role=role)
            company.users[name] = people.add_user(db, new, company.now)
    owner = {"full": "anna", "subject": "boris", "stub": "klara"}
    for case in CASES:
        _deliver(company, case, owner[case.shown])
    desk = Desk(db, Blobs(company.folder / "blobs"), Readers(1), "matrix", lambda: company.now)
    drain_once(desk)
    desk.readers.close()
    with db.reading() as connection:
        rows = connection.exec_driver_sql("SELECT subject, id, thread_id FROM message").all()
        documents = list(connection.exec_driver_sql("SELECT id FROM document").scalars())
    by_subject = {subject: (number, thread) for subject, number, thread in rows}
    found = {case.number: by_subject[case.subject] for case in CASES}
    assert len(documents) > 1
    return Matrix(company, {n: t for n, (_, t) in found.items()}, {n: m for n, (m, _) in found.items()}, documents)


def _deliver(company: Company, case: Case, owner: str) -> None:
    files = {f"{case.file}.docx": docx([f"{case.inside} is what this file says, and nobody else says so."])}
    at = timedelta(days=60 - case.number)
    message = letter(SENDER, f"{owner}@example.com", case.subject, f"{case.text} is what was written.", files=files)
    company.deliver(owner, message, at)
    room = company.rooms[owner]
    if case.own:
        company.rooms[case.own].deliver(message.as_bytes())
    if case.override:
        thread = company.one(f"SELECT thread_id FROM message WHERE subject = '{case.subject}'")
        privacy.decide_thread(room.office, By(room.user_id, company.now), thread, case.override)


def told(data: bytes) -> str:
    """Everything that an answer says, archives opened."""
    if not data.startswith(b"PK"):
        return data.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return " ".join([*archive.namelist(), *(told(archive.read(name)) for name in archive.namelist())])


def leaks(text: str, viewer_: str) -> list[str]:
    """Words in a text that the viewer must not read; a letter in base64 or in an encoded word counts by its words."""
    words = set(re.findall(r"Z(?:subject|letter|file|inside)\d\dq", text))
    found = []
    for case in CASES:
        level = case.level(viewer_)
        hidden = {case.text, case.file, case.inside} if level < 2 else set()
        found += sorted(words & (hidden | ({case.subject} if level < 1 else set())))
    return found


def addresses(matrix: Matrix, app: Flask, method: str) -> list[str]:
    """Every address for the method, with every number of what it names."""
    company = matrix.company
    known: dict[str, list[object]] = {name: [value] for name, value in numbers_of(company).items()}
    known |= {"message_id": list(matrix.messages.values()), "thread_id": list(matrix.threads.values())}
    known |= {"document_id": list(matrix.documents), "version_id": list(matrix.documents), "position": [0]}
    known |= {
        "mailbox_id": [room.mailbox_id for room in company.rooms.values()],
        "user_id": list(company.users.values()),
    }
    anna = f"SELECT coalesce(max(id), 0) FROM user_session WHERE user_id = {company.users['anna']}"
    known |= {"session_id": [company.one(anna)]}
    found: list[str] = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if method not in (rule.methods or ()) or rule.endpoint in ("static", "timeline.stream"):
                continue
            if rule.endpoint.startswith("entrance.provider"):
                continue
            choices = [{}]
            for name in sorted(rule.arguments):
                values = known.get(name, [1, 2])
                choices = [{**one, name: value} for one in choices for value in values[:30]][:36]
            found += [app.url_for(rule.endpoint, **{**one, **_words(rule)}) for one in choices]
    return found


def _words(rule: object) -> dict[str, object]:
    converters = getattr(rule, "_converters", {})
    return {name: next(iter(getattr(c, "items", ["x"]))) for name, c in converters.items() if hasattr(c, "items")}


def numbers_of(company: Company) -> dict[str, object]:
    """The variables that the pages of the whole company have."""
    return {"client_id": company.clients["Atelier Fontaine"], "number": 1}


SEARCHES = ("/search?q={0}#subject", "/search?q={0}#text", "/search?q={0}#inside", "/documents?q={0}#file")
SEARCHES += ("/documents/export.xlsx?q={0}#file",)
"""Each with the words that are looked for."""


@pytest.mark.parametrize("name", VIEWERS)
def test_no_page_tells_more_than_the_matrix_allows(matrix: Matrix, name: str) -> None:
    app = matrix.app(name)
    browser = matrix.company.browser(name, app=app)
    seen: set[str] = set()
    for address in addresses(matrix, app, "GET"):
        if "/sign-out" in address:
            continue
        answer = browser.get(address, headers={"Accept": "text/html"})
        text = told(answer.data)
        assert answer.status_code < 500, address
        assert not leaks(text, name), f"{name}: {address}"
        seen |= set(re.findall(r"Z(?:subject|letter|file|inside)\d\dq", text))
    for case in CASES:
        for search in SEARCHES:
            words = getattr(case, search.rpartition("#")[2])
            text = told(browser.get(search.partition("#")[0].format(words)).data)
            # The page repeats what was asked for.
            assert not [one for one in leaks(text, name) if one != words], f"{name}: {search} {words}"
            if words in leaks(words, name):
                assert "data-row" not in text or "/search" not in search, f"{name}: found {words}"
    for case in CASES:
        # The matrix forbids, and it allows: a page that shows nothing to anybody would pass otherwise.
        assert (case.subject in seen) == (case.level(name) >= 1), (name, case)
        assert (case.text in seen) == (case.level(name) >= 2), (name, case)
        assert (case.file in seen) == (case.level(name) >= 2), (name, case)


@pytest.mark.parametrize("name", VIEWERS)
def test_exports_tell_what_the_pages_do(matrix: Matrix, name: str) -> None:
    company = matrix.company
    user = company.users[name]
    role = "admin" if name == "reader" else name
    with company.db.reading() as connection:
        who = viewer(connection, user, role, company.now, Policy(VIEWERS[name]))
    text = json.dumps(export(company.db, company.clients["Atelier Fontaine"], who))
    assert not leaks(text, name)
    for case in CASES:
        assert (case.text in text) == (case.level(name) >= 2), (name, case)
        assert (case.subject in text) == (case.level(name) >= 1), (name, case)


PRIVATE = ("mailbox", "message_copy", "thread_privacy", "never_rule", "user_totp", "user_account")
"""What nobody may change for somebody else, whatever form he sends."""
FORMS = (
    {},
    {"visibility": "full", "role": "admin", "is_active": "on", "password": "taken over by me", "company": "1"},
    {"client": "Atelier Fontaine", "value": "x.example", "name": "Mallory", "title": "Mallory", "what": "address"},
)


def test_no_form_changes_what_is_somebody_elses(matrix: Matrix) -> None:
    company = matrix.company
    mallory = people.add_user(company.db, NewUser("mallory@example.com", "Mallory"), company.now)
    company.users["mallory"] = mallory
    app = company.app()
    mailboxes.edit_mailbox(
        company.db, company.rooms["klara"].mailbox_id, {"visibility": "stub"}, By(company.users["klara"], company.now)
    )
    company.token("anna")
    browser = company.browser("mallory", app=app)
    before, tried = _private(company, mallory), 0
    for form in FORMS:
        for address in addresses(matrix, app, "POST"):
            if any(
                part in address for part in ("sign-out", "sign-in", "/account/sessions/revoke", "/account/password")
            ):
                continue
            data = {**form, "message": list(matrix.messages.values()), "row": "1", "token": "x", "version": "1"}
            answer = browser.post(address, data=data)
            assert answer.status_code < 500, address
            tried += 1
    assert tried > 300
    assert browser.get("/account").status_code == 200, "still signed in: nothing was skipped"
    assert _private(company, mallory) == before


def _private(company: Company, mallory: int) -> dict[str, list[tuple[object, ...]]]:
    """The private rows of everybody but Mallory, and how much of each message is shown."""
    mine = {"user_account": f"id <> {mallory}", "mailbox": f"coalesce(user_id, 0) <> {mallory}"}
    mine |= dict.fromkeys(("thread_privacy", "never_rule", "user_totp"), f"coalesce(user_id, 0) <> {mallory}")
    with company.db.reading() as connection:
        found = {
            name: sorted(
                (tuple(r) for r in connection.exec_driver_sql(f"SELECT * FROM {name} WHERE {mine.get(name, '1 = 1')}")),
                key=repr,
            )
            for name in PRIVATE
        }
        sessions = f"SELECT id, revoked_at FROM user_session WHERE user_id <> {mallory} ORDER BY id"
        found["session"] = [tuple(row) for row in connection.exec_driver_sql(sessions)]
        found["message"] = [
            tuple(row) for row in connection.exec_driver_sql("SELECT id, visibility, subject FROM message ORDER BY id")
        ]
        return found
