"""Mail of mailcrm itself leaves by the company's own account: once each, whatever happens to server and process."""

import email
import email.policy
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mailcrm.flow.notifications import NewNotification, NotificationFile, queue
from mailcrm.flow.tools import CompanyAccount
from mailcrm.net.smtp.values import SmtpServer
from mailcrm.store.database import Database
from tests.fake_smtp import FakeSmtp, Turn
from tests.post import Post


@pytest.fixture
def post(db: Database, tmp_path: Path) -> Post:
    return Post(db, tmp_path / "post")


def ask(post: Post, count: int, attachment: NotificationFile | None = None) -> None:
    with post.db.writing() as connection:
        for n in range(count):
            new = NewNotification(f"task:{n}", f"u{n}@firm.example", f"Срок {n}", "Call Acme.\n", attachment)
            queue(connection, new, post.clock)


def send(post: Post, server: FakeSmtp) -> None:
    where = SmtpServer("127.0.0.1", server.port, "plain", None, 5.0, 5.0, 1.0)
    post.send(company=CompanyAccount(where, "crm@firm.example"))


def states(post: Post) -> list[tuple[str, str]]:
    return [(str(a), str(b)) for a, b in post.rows("SELECT state, error FROM notification ORDER BY id")]


def test_each_leaves_once_with_its_file(post: Post) -> None:
    sha = post.blobs.keep(b"a report")
    with FakeSmtp() as server:
        ask(post, 3, NotificationFile(sha, "report.xlsx"))
        send(post, server)
        ask(post, 3)
        send(post, server)
    assert states(post) == [("sent", "")] * 3
    assert server.recipients() == ["u0@firm.example", "u1@firm.example", "u2@firm.example"]
    message = email.message_from_bytes(server.taken[0].data, policy=email.policy.default)
    assert message["Subject"] == "Срок 0"
    assert message["Auto-Submitted"] == "auto-generated"
    assert [part.get_filename() for part in message.iter_attachments()] == ["report.xlsx"]


def test_without_an_account_they_wait(post: Post) -> None:
    ask(post, 1)
    post.send()
    assert states(post) == [("queued", "")]


@pytest.mark.parametrize(
    "trouble",
    [
        lambda turn: "421 busy" if turn.command == "GREET" else None,
        lambda turn: "535 5.7.8 wrong" if turn.command == "MAIL" else None,
        lambda turn: "450 later" if turn.command == "RCPT" else None,
        lambda turn: "drop" if turn.command == "DOT" else None,
    ],
)
def test_trouble_is_waited_out(post: Post, trouble: Callable[[Turn], str | None]) -> None:
    with FakeSmtp(trouble) as server:
        ask(post, 2)
        send(post, server)
        assert {state for state, _ in states(post)} == {"queued"}
        assert all(error for _, error in states(post))
        server.script = lambda _: None
        for _ in range(3):
            post.clock += timedelta(minutes=30)
            send(post, server)
    assert states(post) == [("sent", "")] * 2
    assert len(server.taken) == 2


def test_one_that_is_refused_fails_alone(post: Post) -> None:
    with FakeSmtp(lambda turn: "550 5.1.1 no" if turn.command == "RCPT" and "u1@" in turn.line else None) as server:
        ask(post, 3)
        send(post, server)
    assert states(post) == [("sent", ""), ("failed", "550 5.1.1 no"), ("sent", "")]


def test_what_a_killed_process_left_goes_again_with_the_same_bytes(post: Post) -> None:
    with FakeSmtp() as server:
        ask(post, 1)
        send(post, server)
        until = (post.clock + timedelta(minutes=15)).isoformat(sep=" ").removesuffix("+00:00")
        post.run(f"UPDATE notification SET state = 'sending', lease_until = '{until}'")
        send(post, server)
        assert len(server.taken) == 1
        post.clock += timedelta(minutes=16)
        send(post, server)
    assert len({one.data for one in server.taken}) == 1
    assert len(server.taken) == 2
