"""Who sees a thread, what is purged and erased for good, and that none of it comes back."""

import io
import json
import zipfile
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients, links, mailboxes, mine, privacy, purge
from mailcrm.flow.clients import NewClient
from mailcrm.flow.edit import By
from mailcrm.net.blobs import Blobs
from mailcrm.store import mine as stored
from mailcrm.store.database import Database
from mailcrm.store.mine import Selection
from tests.mailroom import Mailroom

ANNA, BORIS, JOE = "anna@example.com", "boris@example.com", "joe@acme.example"


def mail(number: int, subject: str, to: str, **more: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = JOE, to, subject
    message["Message-ID"] = f"<{number}@acme.example>"
    message["Date"] = f"Mon, 02 Mar 2026 08:{number:02d}:00 +0000"
    for name, value in more.items():
        message[name.replace("_", "-")] = value
    message.set_content(f"The words of {subject}.")
    return message.as_bytes()


class Two:
    """Anna and Boris, with a client that writes to both."""

    def __init__(self, db: Database, now: datetime, folder: Path) -> None:
        self.db, self.now = db, now
        self.anna = Mailroom(db, now, folder / "blobs", ANNA)
        self.boris = Mailroom(db, now, folder / "blobs", BORIS)
        self.client = clients.add_client(self.anna.office, self.anna.by, NewClient("Acme", domains=("acme.example",)))

    def levels(self) -> dict[str, int]:
        with self.db.reading() as connection:
            rows = connection.exec_driver_sql("SELECT subject, visibility FROM message")
            return {str(row[0]): int(row[1]) for row in rows}

    def one(self, query: str) -> int:
        with self.db.reading() as connection:
            return int(connection.exec_driver_sql(query).scalar_one() or 0)

    def by(self, name: str) -> By:
        return By((self.anna if name == "anna" else self.boris).user_id, self.now)


@pytest.fixture
def two(db: Database, now: datetime, tmp_path: Path) -> Two:
    """Anna and Boris."""
    return Two(db, now, tmp_path)


def test_a_thread_is_private_for_colleagues_and_later_messages_follow(two: Two) -> None:
    two.anna.deliver(mail(1, "Price", ANNA))
    two.anna.deliver(mail(9, "Other", ANNA))
    thread = two.one("SELECT thread_id FROM message WHERE subject = 'Price'")
    assert privacy.decide_thread(two.anna.office, two.by("anna"), thread, "stub") == ""
    two.anna.deliver(mail(2, "Re: Price", ANNA, In_Reply_To="<1@acme.example>"))
    assert two.levels() == {"Price": 0, "Re: Price": 0, "Other": 2}
    assert privacy.decide_thread(two.anna.office, two.by("anna"), thread, "subject") == "stub"
    assert two.levels() == {"Price": 1, "Re: Price": 1, "Other": 2}
    assert privacy.decide_thread(two.anna.office, two.by("anna"), thread, "") == "subject"
    assert set(two.levels().values()) == {2}


def test_a_colleague_never_widens_what_another_owner_of_a_copy_said(two: Two) -> None:
    mailboxes.edit_mailbox(two.db, two.anna.mailbox_id, {"visibility": "subject"}, two.by("anna"))
    both = mail(1, "Both", f"{ANNA}, {BORIS}")
    two.anna.deliver(both)
    two.boris.deliver(both)
    thread = two.one("SELECT thread_id FROM message")
    privacy.decide_thread(two.boris.office, two.by("boris"), thread, "full")
    assert two.levels() == {"Both": 1}
    privacy.decide_thread(two.boris.office, two.by("boris"), thread, "stub")
    assert two.levels() == {"Both": 0}
    privacy.decide_thread(two.anna.office, two.by("anna"), thread, "full")
    assert two.levels() == {"Both": 0}
    mailboxes.edit_mailbox(two.db, two.anna.mailbox_id, {"visibility": "stub"}, two.by("anna"))
    mailboxes.edit_mailbox(two.db, two.anna.mailbox_id, {"visibility": "full"}, two.by("anna"))
    assert two.levels() == {"Both": 0}, "a thread's own word outlives a change of the mailbox"


def test_nobody_decides_on_a_thread_without_a_copy_of_it(two: Two) -> None:
    two.anna.deliver(mail(1, "Price", ANNA))
    thread = two.one("SELECT thread_id FROM message")
    for choice in ("stub", "full", ""):
        with pytest.raises(NotFound):
            privacy.decide_thread(two.boris.office, two.by("boris"), thread, choice)
    with pytest.raises(Refused):
        privacy.decide_thread(two.anna.office, two.by("anna"), thread, "everyone")


def test_threads_that_become_one_keep_the_strictest_word(two: Two) -> None:
    two.anna.deliver(mail(1, "One", ANNA))
    two.anna.deliver(mail(2, "Two", ANNA))
    first, second = (two.one(f"SELECT thread_id FROM message WHERE subject = '{s}'") for s in ("One", "Two"))
    privacy.decide_thread(two.anna.office, two.by("anna"), first, "full")
    privacy.decide_thread(two.anna.office, two.by("anna"), second, "stub")
    two.anna.deliver(mail(3, "Bridge", ANNA, References="<1@acme.example> <2@acme.example>"))
    assert two.one("SELECT count(DISTINCT thread_id) FROM message") == 1
    assert two.levels() == {"One": 0, "Two": 0, "Bridge": 0}


def test_what_is_purged_is_gone_and_is_not_fetched_again(two: Two) -> None:
    for number in (1, 2):
        two.anna.deliver(mail(number, f"Quagga {number}", ANNA))
    both = mail(3, "Shared", f"{ANNA}, {BORIS}")
    two.anna.deliver(both)
    two.boris.deliver(both)
    done = purge.purge_mine(two.anna.office, two.by("anna"), Selection(client_id=two.client))
    assert (done.gone, done.kept) == (2, 1)
    assert two.levels() == {"Shared": 2}
    assert two.one("SELECT count(*) FROM placement WHERE rule = 'purged' AND verdict = 'ignore'") == 3
    assert two.one(f"SELECT message_count FROM client WHERE id = {two.client}") == 1
    for table in ("message_body", "entry", "link", "thread", "message_copy"):
        assert two.one(f"SELECT count(*) FROM {table}") == 1, table
    words = "message_search MATCH 'quagga'" if two.db.is_sqlite else "words @@ 'quagga'::tsquery"
    assert two.one(f"SELECT count(*) FROM message_search WHERE {words}") == 0
    assert two.one("SELECT count(*) FROM audit WHERE act = 'purged'") == 1
    clients.add_domain(two.anna.office, two.by("anna"), two.client, "other.example")
    clients.add_address(two.anna.office, two.by("anna"), two.client, JOE)
    assert two.one("SELECT count(*) FROM placement WHERE state <> 'done'") == 0
    with pytest.raises(NotFound):
        purge.purge_mine(two.anna.office, two.by("anna"), Selection(client_id=two.client))


def test_only_chosen_messages_and_only_ones_own_are_purged(two: Two) -> None:
    two.anna.deliver(mail(1, "Mine", ANNA))
    two.anna.deliver(mail(2, "Mine too", ANNA))
    two.boris.deliver(mail(3, "His", BORIS))
    numbers = {s: two.one(f"SELECT id FROM message WHERE subject = '{s}'") for s in ("Mine", "His")}
    with pytest.raises(NotFound):
        purge.purge_mine(two.anna.office, two.by("anna"), Selection(), [numbers["His"]])
    purge.purge_mine(two.anna.office, two.by("anna"), Selection(), [numbers["Mine"], numbers["His"]])
    assert set(two.levels()) == {"Mine too", "His"}


def test_ones_mail_is_taken_along_as_a_zip(two: Two) -> None:
    two.anna.deliver(mail(1, "Price", ANNA))
    two.boris.deliver(mail(2, "His", BORIS))
    data = b"".join(mine.export(two.db, Blobs(two.anna.folder), two.anna.user_id))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        lines = [json.loads(line) for line in archive.read("messages.jsonl").splitlines()]
        assert [line["subject"] for line in lines] == ["Price"]
        assert b"The words of Price." in archive.read(lines[0]["file"])


def test_an_erased_person_is_gone_and_stays_suppressed(two: Two) -> None:
    from mailcrm.flow import contacts
    from mailcrm.flow.contacts import NewContact
    from mailcrm.flow.suppressions import hashed

    contact = contacts.add_contact(two.anna.office, two.by("anna"), two.client, NewContact("Joe", addresses=(JOE,)))
    two.anna.deliver(mail(1, "Price", ANNA))
    two.boris.deliver(mail(2, "His", BORIS))
    assert purge.erase_contact(two.anna.office, two.by("anna"), contact).gone == 2
    for table in ("message", "message_body", "contact", "contact_address", "mail_address", "thread"):
        assert two.one(f"SELECT count(*) FROM {table}") == 0, table
    with two.db.reading() as connection:
        suppressed = connection.exec_driver_sql("SELECT address FROM suppression").scalars().all()
        everything = str(
            [connection.exec_driver_sql(f"SELECT * FROM {t}").all() for t in ("audit", "placement", "triage")]
        )
    assert suppressed == [hashed(two.anna.office.fingerprint, JOE)]
    assert "erased" in everything


def test_a_rule_that_is_taken_back_lets_mail_be_decided_on_again(two: Two) -> None:
    undo = links.never_again(two.anna.office, two.by("anna"), "clinic.example", two.anna.user_id)
    assert undo.never_id is not None
    two.anna.note_ignored("never")
    with pytest.raises(NotFound):
        privacy.forget_never(two.boris.office, two.by("boris"), undo.never_id, company=False)
    with pytest.raises(NotFound):
        privacy.forget_never(two.anna.office, two.by("anna"), undo.never_id, company=True)
    assert privacy.forget_never(two.anna.office, two.by("anna"), undo.never_id, company=False) == "clinic.example"
    assert two.one("SELECT count(*) FROM placement WHERE state = 'todo'") == 1


def test_what_came_from_a_mailbox_is_counted(two: Two) -> None:
    two.anna.deliver(mail(1, "Price", ANNA))
    two.boris.deliver(mail(2, "His", BORIS))
    with two.db.reading() as connection:
        boxes = stored.mailbox_ids(connection, two.anna.user_id)
        assert boxes == [two.anna.mailbox_id]
        assert stored.clients(connection, boxes) == [(two.client, "Acme", 1)]
        assert stored.verdicts(connection, boxes) == [("keep", "domain", 1)]
        assert stored.stored_with(connection, boxes, ["acme.example", JOE]) == {"acme.example": 1, JOE: 1}
        assert stored.count(connection, boxes, Selection(correspondent="acme.example")) == 1
