"""Accounts, and the probe that lets one write to itself: against a server that delivers into a real mailbox."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import accounts, probe
from mailcrm.flow.accounts import NewAccount
from mailcrm.flow.edit import By
from mailcrm.flow.probe import Probe, probe_of
from mailcrm.flow.tools import login_of
from mailcrm.net.imap.session import Session
from mailcrm.net.imap.values import Login, Server
from mailcrm.store import send_accounts
from mailcrm.store.database import Database
from tests.dovecot import Dovecot
from tests.fake_smtp import EXTENSIONS, FakeSmtp, Turn
from tests.flow.test_sent_copies import mailbox
from tests.post import START, Post

BY = By(None, START)
SIGNED = b"DKIM-Signature: v=1; a=rsa-sha256; d=firm.example; s=x;\r\n h=from:to:subject:%s; b=abc\r\n"


@pytest.fixture
def post(db: Database, tmp_path: Path) -> Post:
    return Post(db, tmp_path / "post")


def new(login: str, port: int = 25, **values: str) -> NewAccount:
    return NewAccount(f"{login}@firm.example", "127.0.0.1", port, "plain", **{"secret_source": "none", **values})


class Delivering(FakeSmtp):
    """Delivers into the inbox of a mailbox, and what it `saves` into Sent; both as `change` makes of it."""

    def __init__(self, dovecot: Dovecot, login: str, saves: bool, change: Callable[[bytes], bytes]) -> None:
        super().__init__(extensions=(*EXTENSIONS, "SMTPUTF8"))
        self.dovecot, self.login, self.saves, self.change = dovecot, login, saves, change
        self.script = self.delivered

    def delivered(self, turn: Turn) -> None:
        if turn.command == "QUIT" and self.taken:
            raw = self.change(self.taken[-1].data)
            with Session.open(Server("127.0.0.1", self.dovecot.port, "plain"), Login(self.login, "pass")) as session:
                session.append(b"INBOX", raw)
                if self.saves:
                    session.append(b"Sent", raw)


def found(post: Post, dovecot: Dovecot, login: str, saves: bool, change: Callable[[bytes], bytes]) -> Probe:
    mailbox(post, dovecot, login)
    with Delivering(dovecot, login, saves, change) as server:
        number = accounts.add_account(post.db, BY, new(login, server.port))
        with post.db.reading() as connection:
            account = send_accounts.account(connection, number)
        assert account is not None
        return asyncio.run(probe.run(post.tools(), account, patience=20))


@pytest.mark.server
def test_a_server_that_changes_nothing(post: Post, dovecot: Dovecot, login: str) -> None:
    one = found(post, dovecot, login, False, lambda raw: SIGNED % b"list-unsubscribe:list-unsubscribe-post" + raw)
    assert (one.state, one.arrived, one.message_id_kept, one.date_kept) == ("done", True, True, True)
    assert (one.signed, one.list_headers_signed, one.sent_found, one.sent_saved) == (True, True, True, False)
    assert {"pipelining", "dsn", "smtputf8", "size"} <= set(one.extensions)
    assert one.size == 10_485_760
    assert post.rows("SELECT sent_copy FROM send_account") == [("append",)]
    ((stored,),) = post.rows("SELECT probe FROM send_account")
    assert probe_of(stored) == one


@pytest.mark.server
def test_a_server_that_rewrites_and_saves(post: Post, dovecot: Dovecot, login: str) -> None:
    def change(raw: bytes) -> bytes:
        return (SIGNED % b"date") + raw.replace(b"Message-ID: <probe.", b"Message-ID: <other.")

    one = found(post, dovecot, login, True, change)
    assert (one.state, one.error) == ("done", "")
    assert (one.message_id_kept, one.signed, one.list_headers_signed, one.sent_saved) == (False, True, False, True)
    assert post.rows("SELECT sent_copy FROM send_account") == [("server",)]


def test_what_goes_wrong_is_said(post: Post) -> None:
    with FakeSmtp(lambda turn: "550 5.7.1 go away" if turn.command == "RCPT" else None) as server:
        accounts.add_account(post.db, BY, new("anna", server.port))
        accounts.ask_probe(post.db, BY, 1)
        asyncio.run(probe.run_asked(post.tools()))
    ((stored,),) = post.rows("SELECT probe FROM send_account")
    one = probe_of(stored)
    assert one is not None
    assert (one.state, one.error) == ("failed", "The server refuses a message: 550 5.7.1 go away")


def test_an_account_signs_in_as_its_mailbox_or_with_its_own_password(post: Post, dovecot: Dovecot, login: str) -> None:
    mailbox(post, dovecot, login)
    number = accounts.add_account(post.db, BY, new(login, secret_source="mailbox"))

    def signs_in() -> str:
        with post.db.reading() as connection:
            row = send_accounts.account(connection, number)
            assert row is not None
            found_login = login_of(connection, row, post.tools().credentials)
            assert found_login is not None
            assert found_login.password not in repr(row) + repr(found_login)
            return found_login.password

    assert signs_in() == "pass"
    accounts.set_password(post.db, BY, post.keyring, number, "another")
    assert signs_in() == "another"


def test_a_refused_account_sends_again_with_a_new_password(post: Post) -> None:
    accounts.add_account(post.db, BY, new("anna"))
    post.run("UPDATE send_account SET state = 'needs-credentials', breaker_step = 3, last_error = 'no'")
    accounts.set_password(post.db, BY, post.keyring, 1, "new")
    assert post.rows("SELECT state, breaker_step, last_error FROM send_account") == [("active", 0, "")]
    accounts.pause(post.db, BY, 1)
    assert post.rows("SELECT state FROM send_account") == [("paused",)]
    accounts.resume(post.db, BY, 1)
    assert post.rows("SELECT state FROM send_account") == [("active",)]
    acts = [act for (act,) in post.rows("SELECT act FROM audit WHERE kind = 'send_account' ORDER BY id")]
    assert acts == ["added", "password", "paused", "resumed"]


def test_what_is_wrong_is_refused(post: Post) -> None:
    accounts.add_account(post.db, BY, new("anna"))
    for bad in (
        new("anna"),
        new("boris", secret_source="mailbox"),
        new("boris", user="nobody@firm.example"),
        NewAccount("boris@firm.example", "smtp.example.com", 25, "plain"),
        NewAccount("boris", "127.0.0.1"),
        new("boris", name="Boris\r\nBcc: evil@x.example"),
    ):
        with pytest.raises(Refused):
            accounts.add_account(post.db, BY, bad)
    for changes in (
        {"sent_copy": "append"},
        {"sent_copy": "both"},
        {"connections": 0},
        {"host": "x"},
        {"name": "a\nb"},
    ):
        with pytest.raises(Refused):
            accounts.edit_account(post.db, BY, 1, changes)
    with pytest.raises(Refused):
        accounts.set_password(post.db, BY, post.keyring, 1, "")
    with pytest.raises(NotFound):
        accounts.pause(post.db, BY, 99)
    accounts.edit_account(post.db, BY, 1, {"name": " Anna  Berg ", "per_minute": 5})
    assert post.rows("SELECT name, per_minute FROM send_account") == [("Anna Berg", 5)]
