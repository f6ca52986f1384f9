"""Copies for Sent on a real IMAP server: once each, the same bytes, seen; trouble with them never touches the mail."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailcrm.flow.credentials import secret_context
from mailcrm.flow.sent_copies import Copies
from mailcrm.mailing.wire import dated
from mailcrm.model import Mailbox
from mailcrm.store.database import Database
from mailcrm.store.rows import insert
from tests.dovecot import Dovecot
from tests.fake_smtp import FakeSmtp, Turn
from tests.post import Post, addresses


@pytest.fixture
def post(db: Database, tmp_path: Path) -> Post:
    return Post(db, tmp_path / "post")


def mailbox(post: Post, server: Dovecot, login: str, **values: object) -> int:
    """A mailbox of the sender."""
    place = {"host": "127.0.0.1", "port": server.port, "tls": "plain", "login": login, **values}
    with post.db.writing() as connection:
        insert(connection, Mailbox, [{"address": f"{login}@firm.example", "created_at": post.clock, **place}])
        number = int(connection.exec_driver_sql("SELECT max(id) FROM mailbox").scalar_one())
        sealed = post.keyring.seal(server.password, secret_context(number))
        table = Mailbox.metadata.tables["mailbox"]
        connection.execute(table.update().where(table.c.id == number).values(secret=sealed))
    return number


def sent(server: Dovecot, login: str) -> list[Path]:
    """The files in the Sent folder."""
    folder = server.folder / "mail" / login / "Maildir" / ".Sent"
    return sorted([*folder.glob("cur/*"), *folder.glob("new/*")])


def copy_states(post: Post) -> dict[str, int]:
    return dict(post.rows("SELECT sent_copy, count(*) FROM recipient GROUP BY sent_copy"))  # type: ignore[arg-type]


def mail_out(post: Post, box: int, count: int, mode: str = "append") -> None:
    with FakeSmtp() as server:
        account = post.account(server.port, mailbox_id=box, sent_copy=mode)
        post.mailing(account, addresses(count))
        post.send()


@pytest.mark.server
def test_each_is_there_once_with_the_same_bytes(post: Post, dovecot: Dovecot, login: str) -> None:
    mail_out(post, mailbox(post, dovecot, login), 5)
    copies = Copies(post.tools())
    while copies.turn():
        pass
    files = sent(dovecot, login)
    assert len(files) == 5
    assert all(file.name.endswith(":2,S") for file in files), "seen"
    shas = [sha for (sha,) in post.rows("SELECT raw_sha256 FROM recipient")]
    wanted = {dated(post.blobs.read(sha), post.clock).replace(b"\r\n", b"\n") for sha in shas}
    assert {file.read_bytes().replace(b"\r\n", b"\n") for file in files} == wanted
    assert {datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in files} == {post.clock}
    assert copy_states(post) == {"done": 5}


@pytest.mark.server
def test_what_has_not_left_yet_neither_gets_a_copy_nor_keeps_others_waiting(
    post: Post, dovecot: Dovecot, login: str
) -> None:
    mail_out(post, mailbox(post, dovecot, login), 3)
    copies = Copies(post.tools())
    post.run("UPDATE recipient SET state = 'queued', dated_at = NULL, sent_copy = 'pending'")
    post.run("UPDATE recipient SET state = 'uncertain', dated_at = accepted_at WHERE id = 1")
    assert copies.turn() == 0
    assert copy_states(post) == {"pending": 3}
    post.run("UPDATE recipient SET state = 'accepted', dated_at = accepted_at WHERE id > 1")
    assert copies.turn() == 2
    assert copy_states(post) == {"pending": 1, "done": 2}


@pytest.mark.server
def test_killed_between_copy_and_note_it_makes_no_second_one(post: Post, dovecot: Dovecot, login: str) -> None:
    mail_out(post, mailbox(post, dovecot, login), 3)
    Copies(post.tools()).turn()
    post.run("UPDATE recipient SET sent_copy = 'pending'")
    post.clock += timedelta(hours=1)
    Copies(post.tools()).turn()
    assert len(sent(dovecot, login)) == 3
    assert copy_states(post) == {"done": 3}


@pytest.mark.server
@pytest.mark.parametrize("mode", ["server", "off"])
def test_where_the_server_saves_or_nobody_wants_it_nothing_is_appended(
    post: Post, dovecot: Dovecot, login: str, mode: str
) -> None:
    mail_out(post, mailbox(post, dovecot, login), 3, mode)
    Copies(post.tools()).turn()
    assert sent(dovecot, login) == []
    assert copy_states(post) == {mode: 3}


@pytest.mark.server
def test_what_perhaps_never_left_is_not_copied(post: Post, dovecot: Dovecot, login: str) -> None:
    """Else its own copy, read back from Sent, would prove that it had left."""

    def script(turn: Turn) -> str | None:
        said = {"c0@client.example": "drop", "c1@client.example": "554 5.6.0 not like this"}
        return said.get(turn.recipient) if turn.command == "DOT" else None

    box = mailbox(post, dovecot, login)
    with FakeSmtp(script) as server:
        post.mailing(post.account(server.port, mailbox_id=box, sent_copy="append", connections=1), addresses(4))
        post.run("UPDATE recipient SET sent_copy = 'pending'")  # as preparing leaves them
        for _ in range(3):
            post.send()
            post.clock += timedelta(minutes=11)
    assert post.states() == {"accepted": 2, "uncertain": 1, "failed": 1}
    assert len(sent(dovecot, login)) == 2
    assert copy_states(post) == {"pending": 2, "done": 2}
    post.run("UPDATE recipient SET state = 'accepted', accepted_at = dated_at WHERE state = 'uncertain'")
    Copies(post.tools()).turn()
    assert copy_states(post) == {"pending": 1, "done": 3}


@pytest.mark.server
def test_a_server_that_is_down_is_tried_again(post: Post, dovecot: Dovecot, login: str) -> None:
    box = mailbox(post, dovecot, login)
    post.run("UPDATE mailbox SET port = 1")
    mail_out(post, box, 3)
    assert post.states() == {"accepted": 3}
    copies = Copies(post.tools())
    copies.turn()
    assert copy_states(post) == {"pending": 3}
    ((error,),) = post.rows("SELECT DISTINCT sent_copy_error FROM recipient")
    assert error
    post.run(f"UPDATE mailbox SET port = {dovecot.port}")
    assert copies.turn() == 0, "the account rests"
    post.clock += timedelta(minutes=2)
    copies.turn()
    assert copy_states(post) == {"done": 3}
    assert len(sent(dovecot, login)) == 3


@pytest.mark.server
def test_a_full_mailbox_gets_its_copies_once_there_is_room(post: Post, login: str) -> None:
    server = Dovecot()
    usual = server.config.read_text()
    quota = "mail_plugins = quota\nplugin {\n  quota = maildir:User\n  quota_rule = *:messages=2\n}\n"
    server.config.write_text(usual + quota)
    with server:
        mail_out(post, mailbox(post, server, login), 5)
        copies = Copies(post.tools())
        copies.turn()
        assert copy_states(post) == {"done": 2, "pending": 3}
        assert "quota" in str(post.rows("SELECT max(sent_copy_error) FROM recipient")).casefold()
        assert post.states() == {"accepted": 5}
        server.halt()
        server.config.write_text(usual)
        server.start()
        post.clock += timedelta(minutes=2)
        copies.turn()
        assert copy_states(post) == {"done": 5}
        assert len(sent(server, login)) == 5


@pytest.mark.server
def test_a_sent_folder_of_another_name_or_a_missing_one(post: Post, login: str) -> None:
    server = Dovecot()
    special = server.config.read_text().replace(
        "mailbox Sent {\n    special_use = \\Sent\n    auto = create", "mailbox Sent {"
    )
    assert special != server.config.read_text()
    server.config.write_text(special)
    with server:
        mail_out(post, mailbox(post, server, login), 2)
        copies = Copies(post.tools())
        copies.turn()
        assert copy_states(post) == {"pending": 2}
        ((error,),) = post.rows("SELECT DISTINCT sent_copy_error FROM recipient")
        assert "Sent folder" in str(error)
        server.doveadm("mailbox", "create", "-u", login, "Отправленные")
        post.clock += timedelta(minutes=2)
        copies.turn()
        assert copy_states(post) == {"done": 2}
        assert server.doveadm("search", "-u", login, "mailbox", "Отправленные").count("\n") == 2


@pytest.mark.server
def test_after_three_days_it_is_given_up_and_said(post: Post, dovecot: Dovecot, login: str) -> None:
    box = mailbox(post, dovecot, login)
    post.run("UPDATE mailbox SET port = 1")
    mail_out(post, box, 1)
    post.clock += timedelta(hours=73)
    Copies(post.tools()).turn()
    assert copy_states(post) == {"failed": 1}
    assert post.states() == {"accepted": 1}


@pytest.mark.server
def test_a_wrong_password_is_not_hammered_at(post: Post, dovecot: Dovecot, login: str) -> None:
    box = mailbox(post, dovecot, login)
    sealed = post.keyring.seal("wrong", secret_context(box))
    with post.db.writing() as connection:
        connection.execute(Mailbox.metadata.tables["mailbox"].update().values(secret=sealed))
    mail_out(post, box, 1)
    copies = Copies(post.tools())
    copies.turn()
    tries = dovecot.log().count(login)
    for _ in range(5):
        post.clock += timedelta(hours=1)
        copies.turn()
    assert dovecot.log().count(login) == tries


@pytest.mark.server
def test_what_the_server_itself_saved_settles_who_was_uncertain(post: Post, dovecot: Dovecot, login: str) -> None:
    box = mailbox(post, dovecot, login)
    mail_out(post, box, 4, "append")
    Copies(post.tools()).turn()
    post.run("UPDATE send_account SET sent_copy = 'server'")
    post.run("UPDATE recipient SET state = 'uncertain', sent_copy = 'off', accepted_at = NULL")
    post.run("UPDATE recipient SET message_id = '<other@firm.example>' WHERE id = 2")
    post.clock += timedelta(hours=1)
    Copies(post.tools()).turn()
    assert post.states() == {"accepted": 3, "uncertain": 1}
    assert post.rows("SELECT DISTINCT reason FROM recipient WHERE state = 'accepted'") == [("found",)]


@pytest.mark.server
def test_two_processes_make_one_copy_each(post: Post, dovecot: Dovecot, login: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    mail_out(post, mailbox(post, dovecot, login), 20)
    both = [Copies(post.tools(worker=f"send:test:{n}")) for n in range(2)]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(4):
            list(pool.map(lambda one: one.turn(), both))
    assert len(sent(dovecot, login)) == 20
    assert copy_states(post) == {"done": 20}
