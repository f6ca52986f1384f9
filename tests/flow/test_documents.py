"""Documents from real mail in Dovecot, in both directions: versions, sendings, answers, search, corrections."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from mailcrm.flow.beside import drain_once
from mailcrm.flow.rebuild import differences
from mailcrm.store import answers, document_work, documents, sendings
from mailcrm.store import versions as stored_versions
from mailcrm.store.visibility import Viewer
from tests.documents.twins import sentence
from tests.net.extract.files import docx
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
