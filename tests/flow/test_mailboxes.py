"""Mailboxes: from the CLI, from the configuration, and what their health pages say."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients, mailboxes
from mailcrm.flow.clients import NewClient
from mailcrm.flow.credentials import Credentials
from mailcrm.flow.edit import By
from mailcrm.flow.mailboxes import NewMailbox
from mailcrm.flow.people import NewUser, add_user
from mailcrm.net.secrets import Keyring
from mailcrm.store import mailboxes as stored
from mailcrm.store import rounds
from mailcrm.store.database import Database
from tests.mailroom import Mailroom, mail

BOX = NewMailbox("Anna@example.com", "imap.example.com", owner="anna@example.com")


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.load(tmp_path / "key", create=True)


def row(db: Database, mailbox_id: int) -> stored.MailboxRow:
    with db.reading() as connection:
        found = stored.mailbox(connection, mailbox_id)
    assert found is not None
    return found


def test_a_mailbox_is_added_with_a_sealed_password(db: Database, now: datetime, keyring: Keyring) -> None:
    user_id = add_user(db, NewUser("anna@example.com", "Anna"), now)
    mailbox_id = mailboxes.add_mailbox(db, BOX, now)
    assert not row(db, mailbox_id).has_password
    mailboxes.set_password(db, keyring, mailbox_id, "secret 123", By(None, now))
    found = row(db, mailbox_id)
    assert (found.address, found.user_id, found.user_name, found.has_password, found.state) == (
        "anna@example.com",
        user_id,
        "Anna",
        True,
        "active",
    )
    with db.reading() as connection:
        account = rounds.accounts(connection)[0]
        assert account.secret is not None
        assert b"secret 123" not in account.secret
    assert Credentials(keyring).login(account).password == "secret 123"


def test_what_is_wrong_with_a_mailbox_is_refused(db: Database, now: datetime, keyring: Keyring) -> None:
    with pytest.raises(Refused, match="There is no user anna@example"):
        mailboxes.add_mailbox(db, BOX, now)
    mailbox_id = mailboxes.add_mailbox(db, NewMailbox("info@example.com", "imap.example.com"), now)
    with pytest.raises(Refused, match="already"):
        mailboxes.add_mailbox(db, NewMailbox("INFO@example.com", "imap.example.com"), now)
    with pytest.raises(Refused, match="in clear"):
        mailboxes.add_mailbox(db, NewMailbox("x@example.com", "imap.example.com", tls="plain"), now)
    with pytest.raises(Refused, match="in clear"):
        mailboxes.edit_mailbox(db, mailbox_id, {"tls": "plain"}, By(None, now))
    with pytest.raises(Refused, match="visibility must be one of"):
        mailboxes.edit_mailbox(db, mailbox_id, {"visibility": "secret"}, By(None, now))
    with pytest.raises(Refused, match="Cannot change secret of"):
        mailboxes.edit_mailbox(db, mailbox_id, {"secret": b"x"}, By(None, now))
    with pytest.raises(Refused, match="empty password"):
        mailboxes.set_password(db, keyring, mailbox_id, "", By(None, now))
    with pytest.raises(NotFound):
        mailboxes.pause(db, 4711, By(None, now))


def test_pausing_and_a_new_password(db: Database, now: datetime, keyring: Keyring) -> None:
    mailbox_id = mailboxes.add_mailbox(db, NewMailbox("info@example.com", "imap.example.com"), now)
    mailboxes.pause(db, mailbox_id, By(None, now))
    assert row(db, mailbox_id).state == "paused"
    mailboxes.set_password(db, keyring, mailbox_id, "x", By(None, now))
    assert row(db, mailbox_id).state == "paused", "a password does not wake a paused mailbox"
    with db.writing() as connection:
        rounds.refuse(connection, mailbox_id, 4, "needs-credentials")
        rounds.fail(connection, mailbox_id, "The password is wrong.", now, now + timedelta(hours=6))
    mailboxes.set_password(db, keyring, mailbox_id, "y", By(None, now))
    found = row(db, mailbox_id)
    assert (found.state, found.refusals, found.next_try_at, found.last_error) == ("active", 0, None, "")
    mailboxes.pause(db, mailbox_id, By(None, now))
    mailboxes.resume(db, mailbox_id, By(None, now))
    assert row(db, mailbox_id).state == "active"
    archive = mailboxes.add_mailbox(db, NewMailbox("gone@example.com", "", origin="load"), now)
    with pytest.raises(Refused, match="loaded from files"):
        mailboxes.resume(db, archive, By(None, now))


def test_the_configuration_is_brought_in(db: Database, now: datetime) -> None:
    one = NewMailbox("one@example.com", "imap.example.com", secret_source="env:ONE")
    two = NewMailbox("two@example.com", "imap.example.com", secret_source="master")
    mailboxes.declare(db, [one, two], now)
    mailboxes.declare(db, [NewMailbox("one@example.com", "new.example.com", secret_source="env:ONE")], now)
    with db.reading() as connection:
        found = {row.address: (row.host, row.state, row.origin) for row in stored.mailboxes(connection)}
    assert found == {
        "one@example.com": ("new.example.com", "active", "config"),
        "two@example.com": ("imap.example.com", "paused", "config"),
    }


def test_a_new_visibility_holds_for_what_is_stored(db: Database, now: datetime, tmp_path: Path) -> None:
    anna = Mailroom(db, now, tmp_path / "blobs")
    boris = Mailroom(db, now, tmp_path / "blobs", owner="boris@example.com")
    clients.add_client(anna.office, anna.by, NewClient("Acme", domains=("acme.example",)))
    both = mail("joe@acme.example", "anna@example.com, boris@example.com", "Both", Message_ID="<both@acme.example>")
    anna.deliver(both)
    boris.deliver(both)
    anna.deliver(mail("joe@acme.example", "anna@example.com", "Anna's"))

    def levels() -> list[tuple[str, int]]:
        with db.reading() as connection:
            rows = connection.exec_driver_sql("SELECT subject, visibility FROM message ORDER BY subject")
            return [(subject, level) for subject, level in rows]

    assert levels() == [("Anna's", 2), ("Both", 2)]
    mailboxes.edit_mailbox(db, boris.mailbox_id, {"visibility": "stub"}, By(None, now))
    assert levels() == [("Anna's", 2), ("Both", 0)]
    mailboxes.edit_mailbox(db, anna.mailbox_id, {"visibility": "subject"}, By(None, now))
    assert levels() == [("Anna's", 1), ("Both", 0)]
    mailboxes.edit_mailbox(db, boris.mailbox_id, {"visibility": "full"}, By(None, now))
    assert levels() == [("Anna's", 1), ("Both", 1)]


def test_health_compares_the_server_with_the_ledger(db: Database, now: datetime, tmp_path: Path) -> None:
    room = Mailroom(db, now, tmp_path / "blobs")
    clients.add_client(room.office, room.by, NewClient("Acme", domains=("acme.example",)))
    room.deliver(mail("joe@acme.example", "anna@example.com", "Kept"))
    room.deliver(mail("joe@shop.example", "anna@example.com", "Not kept"))
    with db.writing() as connection:
        connection.exec_driver_sql("UPDATE folder SET server_count = 5")
        values = f"({room.folder_id}, 1, 77, 'wanted', '', '', '', 1000, 0, '', '2026-03-02 00:00:00+00')"
        connection.exec_driver_sql(
            "INSERT INTO placement (folder_id, uidvalidity, uid, state, verdict, rule, flags, size, attempts, error,"
            f" seen_at) VALUES {values}"
        )
        rounds.begin(connection, room.mailbox_id, now)
        connection.exec_driver_sql("UPDATE mailbox SET round_done = 20, round_bytes = 5000")
    with db.reading() as connection:
        health = stored.folder_health(connection, room.mailbox_id)[0]
        progress = stored.progress(connection, room.mailbox_id)
    counted = (health.server_count, health.known, health.waiting, health.kept, health.missing, health.complete)
    assert counted == (5, 3, 1, 1, 2, True)
    assert (progress.waiting, progress.waiting_bytes, progress.done) == (1, 1000, 20)
    later = now + timedelta(seconds=10)
    assert (progress.rate(later), progress.seconds_left(later)) == (2.0, 0.5)
    assert progress.seconds_left(now) is None
