"""The daemon against a real server: how soon mail is there, and what happens when something goes wrong."""

import imaplib
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest

from mailcrm.daemon import Daemon, utc_now
from mailcrm.flow.desk import Desk
from mailcrm.flow.readers import Readers
from mailcrm.net.process import own_name
from mailcrm.store import leases
from mailcrm.store.database import Database
from tests.dovecot import Dovecot
from tests.office import Office, check_whole
from tests.servers import wait_until

pytestmark = [pytest.mark.server, pytest.mark.timeout(240)]

ANNA = "Anna <anna@example.com>"
JOE = "Joe <joe@acme.test>"


def _daemon(office: Office, owner: str = "", now: Callable[[], datetime] = utc_now) -> Daemon:
    readers = Readers(1)
    desk = Desk(office.db, office.blobs, readers, owner or own_name("sync"), now)
    return Daemon(desk, office.firm, office.credentials, sweep_seconds=3.0)


@contextmanager
def running(daemon: Daemon) -> Iterator[Daemon]:
    """The daemon in a thread, ended with the block."""
    thread = threading.Thread(target=daemon.run)
    thread.start()
    try:
        yield daemon
    finally:
        daemon.stop()
        thread.join(30)
        assert not thread.is_alive(), "the daemon does not end"


@contextmanager
def process(office: Office) -> Iterator["subprocess.Popen[bytes]"]:
    """The daemon as a process, with what it wrote to standard error shown where the test fails."""
    where = [str(office.db.engine.url.render_as_string(hide_password=False)), str(office.server.port)]
    command = [sys.executable, "-m", "tests.daemon_child", *where, str(office.folder)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[1], stdin=subprocess.DEVNULL) as child:
        try:
            yield child
        finally:
            child.kill()


def _client(office: Office, login: str) -> imaplib.IMAP4:
    client = imaplib.IMAP4("127.0.0.1", office.server.port)
    client.login(login, "pass")
    return client


def _append(client: imaplib.IMAP4, raw: bytes, folder: str = "INBOX") -> None:
    status, _ = client.append(folder, "", "", raw)
    assert status == "OK"


def _has(office: Office, subject: str) -> bool:
    query = f"SELECT count(*) FROM message m JOIN entry e ON e.message_id = m.id WHERE subject = '{subject}'"
    return bool(office.one(query))


def test_new_mail_is_on_the_timeline_within_seconds(
    office: Office, login: str, record_property: Callable[[str, object], None]
) -> None:
    office.client("Acme", "acme.test")
    office.mailbox(login)
    client, waited = _client(office, login), list[float]()
    _append(client, office.mail(JOE, ANNA, "First"))
    with running(_daemon(office)):
        wait_until(lambda: _has(office, "First"), "the first round is over")
        time.sleep(1.5)
        for number in range(20):
            began = time.monotonic()
            _append(client, office.mail(JOE, ANNA, f"News {number}"))
            wait_until(lambda n=number: _has(office, f"News {n}"), "the message is there", 30)
            waited.append(time.monotonic() - began)
        _append(client, office.mail(ANNA, JOE, "Sent by a phone"), "Sent")
        wait_until(lambda: _has(office, "Sent by a phone"), "what was sent is there", 60)
    p95 = statistics.quantiles(waited, n=20)[-1]
    print(f"delivery to timeline: median {statistics.median(waited):.2f} s, p95 {p95:.2f} s")
    record_property("p95", p95)
    assert p95 < 10
    check_whole(office)


def test_a_server_that_comes_back_is_read_again(db: Database, readers: Readers, tmp_path: Path, login: str) -> None:
    with Dovecot() as server:
        office = Office(db, server, tmp_path / "office", readers)
        office.client("Acme", "acme.test")
        box = office.mailbox(login)
        server.deliver(login, office.mail(JOE, ANNA, "Before"))
        with running(_daemon(office)):
            wait_until(lambda: _has(office, "Before"), "the first round is over")
            time.sleep(1)
            server.halt()
            wait_until(lambda: bool(_error(office, box)), "the mailbox says what is wrong", 30)
            print(_error(office, box))
            server.start()
            server.deliver(login, office.mail(JOE, ANNA, "After"))
            wait_until(lambda: _has(office, "After"), "it goes on", 60)
            wait_until(lambda: not _error(office, box), "nothing is wrong any more")


def test_a_mailbox_that_moves_is_read_at_its_new_place(office: Office, login: str) -> None:
    office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.drop(login, [office.mail(JOE, ANNA, "Old place")])
    with Dovecot() as new, running(_daemon(office)):
        wait_until(lambda: _has(office, "Old place"), "the first round is over")
        new.drop(login, [office.mail(JOE, ANNA, "New place")])
        with office.db.writing() as connection:
            connection.exec_driver_sql(f"UPDATE mailbox SET port = {new.port} WHERE id = {box}")
        wait_until(lambda: _has(office, "New place"), "the new server is read", 30)
        new.drop(login, [office.mail(JOE, ANNA, "Watched there")])
        wait_until(lambda: _has(office, "Watched there"), "the new server is watched", 30)


def _error(office: Office, box: int) -> str:
    return str(office.one(f"SELECT last_error FROM mailbox WHERE id = {box}"))


def test_a_wrong_password_is_tried_four_times_over_all_restarts(
    db: Database, readers: Readers, tmp_path: Path, login: str
) -> None:
    with Dovecot() as server:
        office = Office(db, server, tmp_path / "office", readers)
        box = office.mailbox(login, secret="wrong")
        for refusals in range(1, 5):
            with running(_daemon(office, now=lambda: office.clock)):
                wait_until(lambda n=refusals: _refusals(office, box) == n, "the server says no")
                time.sleep(1.5)
            assert _refusals(office, box) == refusals, "tried again without waiting"
            next_try = office.account(box).next_try_at
            assert (next_try is None) == (refusals == 4)
            office.clock = next_try or office.clock
        assert office.account(box).state == "needs-credentials"
        assert "password" in _error(office, box).lower()
        office.clock += timedelta(days=30)
        with running(_daemon(office, now=lambda: office.clock)):
            time.sleep(3)
        assert server.log().count("auth failed") == 4


def _refusals(office: Office, box: int) -> int:
    return office.account(box).refusals


def test_two_daemons_do_no_harm(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    office.mailbox(login)
    office.server.drop(login, [office.mail(JOE, ANNA, f"Mail {n:03}", "x" * 3000) for n in range(300)])
    client = _client(office, login)
    with running(_daemon(office, "sync:here:1")), running(_daemon(office, "sync:there:2")):
        for number in range(5):
            _append(client, office.mail(JOE, ANNA, f"News {number}"))
            time.sleep(0.5)
        wait_until(lambda: len(office.subjects(acme)) == 305, "all is there", 60)
    assert office.one("SELECT count(*) FROM placement") == 305
    check_whole(office)


def test_the_process_ends_soon_and_a_killed_one_blocks_nobody(office: Office, login: str) -> None:
    office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.drop(login, [office.mail(JOE, ANNA, f"Mail {n:04}", "x" * 30000) for n in range(1500)])
    with process(office) as child:
        wait_until(lambda: office.one("SELECT count(*) FROM message") > 0, "it works", 30)
        began = time.monotonic()
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 0
        print(f"ended {time.monotonic() - began:.1f} s after SIGTERM")
        assert time.monotonic() - began < 8
    assert office.one("SELECT count(*) FROM mailbox WHERE lease_owner <> ''") == 0
    check_whole(office)
    with process(office) as child:
        wait_until(lambda: office.one("SELECT count(*) FROM mailbox WHERE lease_owner <> ''") == 1, "it works", 30)
        stored = office.one("SELECT count(*) FROM message")
        child.kill()
    with db_lease(office, box):
        pass
    with process(office):
        wait_until(lambda: office.one("SELECT count(*) FROM message") > stored, "the next one goes on", 30)


@contextmanager
def db_lease(office: Office, box: int) -> Iterator[None]:
    """As if the killed process had just renewed its lease, and was no more."""
    host = own_name("sync").split(":")[1]
    with office.db.writing() as connection:
        leases.release_all(connection, leases.owners(connection).pop() if leases.owners(connection) else "")
        assert leases.claim(connection, box, f"sync:{host}:999999999", utc_now(), utc_now() + timedelta(minutes=5))
    yield


def test_memory_stays_flat_with_a_huge_message(
    office: Office, login: str, record_property: Callable[[str, object], None]
) -> None:
    office.client("Acme", "acme.test")
    office.mailbox(login)
    attachment = b"A" * 76 + b"\n"
    head = office.mail(JOE, ANNA, "Huge").replace(b"\n", b"\r\n").partition(b"\r\n\r\n")[0]
    head = head.replace(b'text/plain; charset="utf-8"', b'multipart/mixed; boundary="b"').replace(
        b"Content-Transfer-Encoding: 7bit\r\n", b""
    )
    body = (
        b"--b\r\nContent-Type: text/plain\r\n\r\nSee the film.\r\n--b\r\nContent-Type: application/zip; name=film.zip"
    )
    body += b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    huge = b"".join([head, b"\r\n\r\n", body, attachment * 1_360_000, b"--b--\r\n"])
    office.server.drop(login, [huge, *(office.mail(JOE, ANNA, f"Mail {n}", "x" * 90_000) for n in range(300))])
    main, workers = 0, 0
    with process(office) as child:
        us = psutil.Process(child.pid)
        until = time.monotonic() + 120
        while not _has(office, "Huge") and time.monotonic() < until:
            main = max(main, us.memory_info().rss)
            workers = max([workers, *(_rss(one) for one in us.children(recursive=True))])
            time.sleep(0.02)
    assert _has(office, "Huge")
    print(f"peak memory with a message of {len(huge) >> 20} MB: main {main >> 20} MB, one worker {workers >> 20} MB")
    record_property("main", main)
    assert main < 250 << 20
    assert workers < 600 << 20
    assert office.rows("SELECT size FROM attachment WHERE filename = 'film.zip'") == [(1_360_000 * 57,)]


def _rss(one: psutil.Process) -> int:
    try:
        return int(one.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
