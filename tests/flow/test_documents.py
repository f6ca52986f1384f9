"""Documents from real mail in Dovecot, in both directions: versions, sendings, answers, search, corrections."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from demo.files import winmail
from mailcrm.crm.query import parse
from mailcrm.documents.values import BROADCAST
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import corrections, fsck
from mailcrm.flow.beside import drain_once
from mailcrm.flow.export import export
from mailcrm.flow.rebuild import differences
from mailcrm.store import answers, document_rules, document_work, documents, results, sendings, suggestions
from mailcrm.store import versions as stored_versions
from mailcrm.store.visibility import Viewer
from tests.documents.twins import sentence
from tests.net.extract import hostile
from tests.net.extract.files import docx, package
from tests.office import START, Office

pytestmark = pytest.mark.server

ANNA = "anna@example.com"
ALL = Viewer(0, "admin", (), reads_all=True)
_WORD = ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document")


@dataclass
class Post:
    """Mail between Anna and clients, a message an hour; `sync` reads it and does the documents step."""

    office: Office
    login: str
    number: int = 0
    boxes: list[int] = field(default_factory=list)

    def send(self, to: str, *files: tuple[str, bytes], **more: Any) -> str:
        """Anna writes; returns the Message-ID."""
        return self._put("Sent", ANNA, to, files, more)

    def receive(self, sender: str, *files: tuple[str, bytes], **more: Any) -> str:
        """A client writes; returns the Message-ID."""
        return self._put("INBOX", sender, ANNA, files, more)

    def _put(self, folder: str, sender: str, to: str, files: Sequence[tuple[str, bytes]], more: dict[str, Any]) -> str:
        self.number += 1
        at = START - timedelta(days=60) + timedelta(hours=self.number)
        message, name = EmailMessage(), f"<{self.number}@post.test>"
        message["From"], message["To"], message["Message-ID"] = sender, to, name
        message["Subject"] = more.get("subject", f"Message {self.number}")
        message["Date"] = at.strftime("%a, %d %b %Y %H:%M:%S +0000")
        if more.get("to_answer"):
            message["In-Reply-To"] = message["References"] = more["to_answer"]
        message.set_content(more.get("text", "Good day."))
        for filename, data in files:
            kind = _WORD if filename.endswith(".docx") else ("application", "octet-stream")
            message.add_attachment(data, maintype=kind[0], subtype=kind[1], filename=filename)
        self.office.server.deliver(self.login, message.as_bytes(), folder)
        return name

    def sync(self) -> None:
        """Read the mailbox, then the documents."""
        for box in self.boxes or [self._box()]:
            self.office.sync(box)
        drain_once(self.office.desk())

    def _box(self) -> int:
        self.boxes.append(self.office.mailbox(self.login))
        return self.boxes[0]

    def answered(self) -> dict[str, list[tuple[str, str, bool]]]:
        """Message-ID → (SHA-256, basis, stale) of what it answers."""
        query = (
            "SELECT message.message_id, blob.sha256, basis, stale FROM answer"
            " JOIN message ON message.id = answer.message_id"
            " JOIN blob ON blob.id = version_id ORDER BY 1, 2"
        )
        found: dict[str, list[tuple[str, str, bool]]] = {}
        for message, sha, basis, stale in self.office.rows(query):
            found.setdefault(f"<{message}>" if not message.startswith("<") else message, []).append(
                (sha, basis, bool(stale))
            )
        return found

    def numbers(self) -> dict[str, str]:
        """File name → "v1 first" of the first message with it."""
        rows = self.office.rows(
            "SELECT occurrence.name, number, relation FROM occurrence JOIN version ON version.id = blob_id"
            " ORDER BY message_id DESC"
        )
        return {name: f"v{number} {relation}" for name, number, relation in rows}


@pytest.fixture
def post(office: Office, login: str) -> Post:
    return Post(office, login)


def texts(seed: int, count: int = 4, length: int = 12) -> list[list[str]]:
    """The paragraphs of so many versions; each changes one or two."""
    chance = random.Random(seed)
    found = [[sentence(chance) for _ in range(length)]]
    while len(found) < count:
        found.append(list(found[-1]))
        for place in chance.sample(range(length), 2):
            found[-1][place] = sentence(chance)
    return found


def test_versions_sendings_and_answers(post: Post) -> None:
    acme = post.office.client("Acme", "acme.test")
    one, two, three, _ = texts(1)
    first = post.send("joe@acme.test, pat@acme.test", ("Offer Acme.docx", docx(one)))
    post.receive("joe@acme.test", to_answer=first, text="Too dear.")
    post.send("joe@acme.test", ("Offer_Acme_v2 final.docx", docx(two)))
    post.send("joe@acme.test", ("Offer Acme (3).docx", docx(three)))
    late = post.receive("joe@acme.test", ("Offer Acme v2 my remarks.docx", docx(two, comments=[("Joe", "No.")])))
    post.send("pat@acme.test", ("Offer Acme (3).docx", docx(three)))
    post.sync()

    assert post.numbers() == {
        "Offer Acme.docx": "v1 first",
        "Offer_Acme_v2 final.docx": "v2 edit",
        "Offer Acme (3).docx": "v3 edit",
        "Offer Acme v2 my remarks.docx": "v4 commented",
    }
    with post.office.db.reading() as connection:
        (document,) = documents.of_client(connection, ALL, acme)
        assert (document.title, document.number, document.versions) == ("Offer Acme.docx", 4, 4)
        assert documents.clients_of(connection, ALL, document.id) == [acme]
        rows = stored_versions.versions(connection, ALL, document.id)
        assert [(row.number, row.theirs, row.changes) for row in rows] == [
            (1, False, None), (2, False, 2), (3, False, 2), (4, True, 1),
        ]  # fmt: skip
        sent = sendings.sendings(connection, ALL, [row.id for row in rows], "out")
        assert sorted((one.number, one.email) for one in sent) == [
            (1, "joe@acme.test"),
            (1, "pat@acme.test"),
            (2, "joe@acme.test"),
            (3, "joe@acme.test"),
            (3, "pat@acme.test"),
        ]
        holders = sendings.holders(connection, ALL, document.id)
        assert [(one.email, one.number) for one in holders] == [("pat@acme.test", 3), ("joe@acme.test", 3)]
        found = [(one.number, one.basis, one.stale) for one in answers.of_document(connection, ALL, document.id)]
        assert found == [(1, "thread", False), (2, "comments", True)]
        assert document_work.backlog(connection) == (0, 0)
    assert [basis for _, basis, _ in post.answered()[late]] == ["comments"]
    assert differences(post.office.db) == []


def test_what_is_inside_files_is_found(post: Post) -> None:
    post.office.client("Acme", "acme.test")
    words = ["The boiler is made of vermilion steel.", *texts(2)[0]]
    post.send("joe@acme.test", ("Terms.docx", docx(words)), text="See the file.")
    archive = package({"inner/Drawings of the plant.docx": docx(["A sketch of the tundra pump.", *texts(3)[0]])})
    post.send("joe@acme.test", ("all.zip", archive), ("winmail.dat", winmail("inside.txt", b"Otters swim at dawn.")))
    post.sync()
    assert [found(post, words) for words in ("vermilion", "file:vermilion", "tundra", "file:drawings", "otters")] == [
        ["Message 1"], ["Message 1"], ["Message 2"], ["Message 2"], ["Message 2"],
    ]  # fmt: skip
    assert found(post, "subject:vermilion") == []


def found(post: Post, words: str) -> list[str]:
    with post.office.db.reading() as connection:
        query = results.search(connection, ALL, parse(words), None)
        return ["".join(text for text, _ in one.subject) for one in query]


def test_a_bounce_marks_the_sending_whichever_is_read_first(post: Post) -> None:
    post.office.client("Acme", "acme.test")
    name = post.send("gone@acme.test", ("Offer.docx", docx(texts(4)[0])))
    post.sync()
    post.office.server.deliver(post.login, _report("gone@acme.test", name), "INBOX")
    post.sync()
    assert post.office.rows("SELECT bounced FROM sending") in ([(1,)], [(True,)])


def _report(address: str, about: str) -> bytes:
    return f"""From: MAILER-DAEMON@acme.test
To: {ANNA}
Subject: Undelivered Mail Returned to Sender
Message-ID: <report@acme.test>
In-Reply-To: {about}
References: {about}
Date: Mon, 02 Mar 2026 08:00:00 +0000
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

The address does not exist.

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; acme.test

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1

--x
Content-Type: text/rfc822-headers

Message-ID: {about}
From: {ANNA}
To: {address}

--x--
""".replace("\n", "\r\n").encode()


def test_hostile_files_cost_a_reason_and_nothing_else(post: Post) -> None:
    post.office.client("Acme", "acme.test")
    bombs = {"deep.docx": hostile.deep(200_000), "laughs.docx": hostile.laughs(), "sparse.xlsx": hostile.sparse_xlsx()}
    post.receive("joe@acme.test", *bombs.items(), ("broken.pdf", b"%PDF-1.4 nothing"))
    post.receive("joe@acme.test", ("Offer.docx", docx(texts(5)[0])))
    post.sync()
    states = dict(post.office.rows("SELECT name, state FROM occurrence JOIN blob ON blob.id = blob_id"))
    assert states.pop("Offer.docx") == "extracted"
    assert set(states) == {*bombs, "broken.pdf"}
    assert set(states.values()) <= {"refused", "failed"}
    assert all(reason for (reason,) in post.office.rows("SELECT reason FROM blob WHERE state <> 'extracted'"))
    assert post.office.one("SELECT count(*) FROM version") == 5


def test_what_people_say_holds_and_can_be_taken_back(post: Post) -> None:
    acme = post.office.client("Acme", "acme.test")
    one, two, three, _ = texts(6)
    post.send("joe@acme.test", ("Offer Acme.docx", docx(one)))
    post.send("joe@acme.test", ("Offer Acme v2.docx", docx(two)))
    post.send("joe@acme.test", ("Contract 117.docx", docx(texts(7)[0])))
    post.sync()
    desk = corrections.Desk(post.office.db, post.office.blobs, post.office.by, ALL)
    offer, contract = (number for number, _ in titles(post, acme))
    versions = dict(post.office.rows(f"SELECT number, id FROM version WHERE document_id = {offer}"))

    undo = corrections.split(desk, offer, [versions[2]])
    assert [title for _, title in titles(post, acme)] == ["Offer Acme.docx", "Offer Acme v2.docx", "Contract 117.docx"]
    corrections.take_back(desk, undo)
    assert [title for _, title in titles(post, acme)] == ["Offer Acme.docx", "Contract 117.docx"]

    undo = corrections.join(desk, offer, contract)
    assert titles(post, acme) == [(offer, "Offer Acme.docx")]
    post.send("joe@acme.test", ("Offer Acme v3.docx", docx(three)))
    post.sync()
    assert titles(post, acme) == [(offer, "Offer Acme.docx")]
    corrections.take_back(desk, undo)
    assert [title for _, title in titles(post, acme)] == ["Offer Acme.docx", "Contract 117.docx"]

    undo = corrections.rename(desk, contract, "The contract")
    assert titles(post, acme)[1] == (contract, "The contract")
    corrections.take_back(desk, undo)
    corrections.move(desk, contract, BROADCAST)
    assert post.office.one(f"SELECT scope FROM document WHERE id = {contract}") == BROADCAST
    undo = corrections.flip_role(desk, contract, False)
    assert titles(post, acme) == [(offer, "Offer Acme.docx")]
    corrections.take_back(desk, undo)
    assert len(titles(post, acme)) == 2
    assert differences(post.office.db) == []
    with post.office.db.reading() as connection:
        acts = {rule.act for rule in document_rules.about(connection, _shas(post))}
    assert acts == {"join", "split", "rename", "move", "role"}
    with pytest.raises(Refused):
        corrections.split(desk, offer, [*versions.values(), contract])
    with pytest.raises(Refused):
        corrections.move(desk, offer, "client:999")
    hidden = corrections.Desk(post.office.db, post.office.blobs, post.office.by, Viewer(0, "staff", ()))
    with post.office.db.writing() as connection:
        connection.exec_driver_sql("UPDATE message SET visibility = 1")
    with pytest.raises(NotFound):
        corrections.rename(hidden, offer, "Mine")


def _shas(post: Post) -> list[str]:
    return [sha for (sha,) in post.office.rows("SELECT sha256 FROM blob")]


def titles(post: Post, client: int) -> list[tuple[int, str]]:
    """The documents of a client, the first founded first."""
    with post.office.db.reading() as connection:
        found = documents.of_client(connection, ALL, client)
    return [(one.id, one.title) for one in sorted(found, key=lambda one: (one.first_at, one.id))]


def test_an_export_tells_of_documents_what_concerns_the_client(post: Post) -> None:
    acme, other = post.office.client("Acme", "acme.test"), post.office.client("Other", "other.test")
    one, two, *_ = texts(9)
    first = post.send("joe@acme.test", ("Offer.docx", docx(one)))
    post.receive("joe@acme.test", to_answer=first)
    for address in ("joe@acme.test", "eva@other.test"):
        post.send(address, ("Price list.docx", docx(two)))
    post.sync()
    price, offer = export(post.office.db, acme)["documents"]
    assert [(v["number"], v["relation"]) for v in offer["versions"]] == [(1, "first")]
    assert [(s["email"], s["direction"]) for s in price["sendings"]] == [("joe@acme.test", "out")]
    assert [(a["basis"], a["stale"]) for a in offer["answers"]] == [("thread", False)]
    assert [one["title"] for one in export(post.office.db, other)["documents"]] == ["Price list.docx"]
    assert export(post.office.db, acme, Viewer(1, "staff", ()))["documents"], "mailboxes are open to colleagues"
    with post.office.db.writing() as connection:
        connection.exec_driver_sql("UPDATE message SET visibility = 1")
    assert export(post.office.db, acme, Viewer(1, "staff", ()))["documents"] == []


def test_suggestions_are_answered_once(post: Post) -> None:
    acme = post.office.client("Acme", "acme.test")
    one, two, *_ = texts(8)
    post.send("joe@acme.test", ("Offer for the boiler.docx", docx(one)))
    post.send("joe@acme.test", ("Quite another name.docx", docx(two)))
    post.sync()
    desk = corrections.Desk(post.office.db, post.office.blobs, post.office.by, ALL)
    with post.office.db.reading() as connection:
        (line,) = suggestions.open_suggestions(connection, ALL, acme)
        assert suggestions.waiting(connection) == 1
    corrections.decide(desk, line.version_id, line.other_id, False)
    with post.office.db.reading() as connection:
        assert suggestions.open_suggestions(connection, ALL, acme) == []
    assert len(titles(post, acme)) == 2
    first, second = (number for number, _ in titles(post, acme))
    corrections.join(desk, first, second)
    assert len(titles(post, acme)) == 1
    assert differences(post.office.db) == []


def test_fsck_looks_at_documents(post: Post) -> None:
    post.office.client("Acme", "acme.test")
    post.send(
        "joe@acme.test", ("Offer.docx", docx(texts(10)[0])), ("files.zip", package({"a.docx": docx(texts(12)[0])}))
    )
    post.sync()
    report = fsck.examine(post.office.db, post.office.blobs, post.office.clock)
    assert (report.is_clean, report.orphans) == (True, [])
    with post.office.db.writing() as connection:
        connection.exec_driver_sql("UPDATE document SET size = 7")
    report = fsck.examine(post.office.db, post.office.blobs, post.office.clock)
    assert not report.is_clean
    assert len(report.faults) == 2
