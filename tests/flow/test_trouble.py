"""Receiving when mail, disk, database or another process make trouble: nothing is lost, nothing is skipped silently."""

import email.utils
import os
import resource
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from mailcrm.errors import LeaseLost, StorageFailed
from mailcrm.flow.desk import Limits
from mailcrm.flow.readers import ReaderDied, Readers
from mailcrm.store import leases
from tests.office import START, Office, check_whole
from tests.servers import wait_until

pytestmark = pytest.mark.server

ANNA = "Anna <anna@example.com>"
JOE = "Joe <joe@acme.test>"


# Odd mail


def test_odd_headers_are_stored_and_found_again(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    plain = office.mail(JOE, ANNA, "No id").replace(b"Message-ID: <1@made.test>\n", b"")
    long_id = b"<" + b"x" * 10_000 + b"@made.test>"
    odd = [
        plain,
        office.mail(JOE, ANNA, "Long id").replace(b"<2@made.test>", long_id),
        office.mail(JOE, ANNA, "Re: Long id", In_Reply_To="<3@made.test>").replace(b"<3@made.test>", long_id, 2),
        office.mail(JOE, ANNA, "NUL", "a\0b\0\0c").replace(b"Subject: NUL", b"Subject: NUL\0\0 bytes"),
        office.mail(JOE, ANNA, "Future", Date="Fri, 01 Jan 2199 00:00:00 +0000"),
        office.mail(JOE, ANNA, "Past", Date="Thu, 01 Jan 1903 00:00:00 +0000"),
        office.mail(JOE, ANNA, "Nonsense", Date="someday, maybe"),
        office.mail(JOE, ANNA, "8 bit").replace(b"8 bit", "Привет".encode("koi8-r")),
    ]
    office.server.drop(login, odd)
    office.sync(box)
    assert len(office.subjects(acme)) == len(odd)
    assert office.verdicts() == [("done", "keep", "domain")] * len(odd)
    latest, earliest = office.one("SELECT max(at) FROM message"), office.one("SELECT min(at) FROM message")
    assert str(earliest) > "1990"
    assert str(latest) < "2199"
    office.server.doveadm("mailbox", "update", "-u", login, "--uid-validity", "99", "INBOX")
    office.sync(box)
    assert len(office.subjects(acme)) == len(odd)
    check_whole(office)


def test_torture_mails_are_stored(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    base = office.mail(JOE, ANNA, "Base", "only words")
    html = b"<html><style>p{color:red}</style><p>Hi</p><script>alert(1)</script><img src='http://127.0.0.1:9/p.gif'>"
    torture = [
        base,
        office.mail("Evil <evil@attacker.test>", ANNA, "Attacker", Reply_To=JOE),
        office.mail(JOE, ANNA, "Предложение по поставке станков"),
        base.replace(b'charset="utf-8"', b'charset="x-unknown-99"').replace(b"<1@", b"<cs@"),
        base.replace(b"text/plain", b"text/html").replace(b"only words", html).replace(b"<1@", b"<html@"),
        office.mail(JOE, ANNA, "Template", '{{ 7|add:7 }} {% now "Y" %} {% endfoo %} {% cid_media "/etc/hostname" %}'),
        office.mail(JOE, ANNA, "L" * 400),
        office.mail(JOE, ANNA, "Traversal", Attachment="../../../../etc/pwn.pdf"),
        base.replace(b"text/plain", b'multipart/mixed; boundary="nowhere"').replace(b"<1@", b"<open@"),
        base.replace(b"7bit", b"base64").replace(b"<1@", b"<b64@"),
        b"From: joe@acme.test\r\nTo: anna@example.com\r\n",
        b"From: joe@acme.test\r\nTo: " + b", ".join(b"a%d@many.test" % n for n in range(3000)) + b"\r\n\r\nMany\r\n",
        b"From: joe@acme.test\nSubject: =?utf-8?b?broken\nTo: undisclosed-recipients:;\n\nGroup\n",
        b"Date: " + email.utils.format_datetime(START).encode() + b"\nFrom: joe@acme.test\n\n" + bytes(range(256)) * 40,
    ]
    office.server.drop(login, torture)
    office.sync(box)
    assert len(office.subjects(acme)) == len(torture)
    names = office.rows("SELECT filename FROM attachment WHERE filename <> ''")
    assert not [name for (name,) in names if "/" in name or ".." in name]
    check_whole(office)


def test_mail_that_arrives_while_the_first_sync_runs_is_not_missed(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.drop(login, [office.mail(JOE, ANNA, f"Old {n}") for n in range(300)])
    office.limits = Limits(headers=50, bodies=20, window=60, slice_seconds=0.05)
    arriving = [office.mail(JOE, ANNA, f"New {n}") for n in range(1000)]

    def arrive() -> None:
        for start in range(0, 1000, 20):
            office.server.drop(login, arriving[start : start + 20])

    thread = threading.Thread(target=arrive)
    thread.start()
    office.sync(box)
    thread.join()
    office.sync(box)
    assert len(office.subjects(acme)) == 1300
    check_whole(office)


def test_a_message_over_the_limit_waits_in_quarantine_until_the_limit_is_raised(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.drop(login, [office.mail(JOE, ANNA, "Huge", "x\n" * 40_000), office.mail(JOE, ANNA, "Small")])
    office.limits = Limits(message_bytes=50_000)
    for _ in range(3):
        office.sync(box)
        office.clock += timedelta(hours=1)
    assert office.subjects(acme) == ["Small"]
    state, error, attempts = office.rows("SELECT state, error, attempts FROM placement WHERE error <> ''")[0]
    assert (state, attempts) == ("quarantine", 3)
    assert "more than mailcrm reads" in error
    assert office.waiting() == set()
    office.limits = Limits()
    office.clock += timedelta(days=1)
    office.sync(box)
    assert office.subjects(acme) == ["Huge", "Small"]
    assert office.verdicts() == [("done", "keep", "domain")] * 2


# Workers


class _Killed(Readers):
    """Workers of which one dies whenever it meets a certain word: a message that kills whoever reads it."""

    def submit(self, work: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        sources = [source for _, source in arguments[0]]
        deadly = any(b"Deadly" in (s.read_bytes() if isinstance(s, Path) else s) for s in sources)
        return super().submit(os._exit, 1) if deadly else super().submit(work, *arguments)


@pytest.mark.parametrize("size", [1, 9 << 20])
def test_a_message_that_kills_its_reader_stops_nobody_else(office: Office, login: str, size: int) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    mails = [office.mail(JOE, ANNA, f"Fine {n}") for n in range(5)]
    office.server.drop(login, [*mails, office.mail(JOE, ANNA, "Quiet", "Deadly words" + size // 8 * "\nnothing")])
    office.readers = _Killed(1)
    for _ in range(3):
        office.sync(box)
        office.clock += timedelta(hours=1)
    assert len(office.subjects(acme)) == 5
    [(state, error, sha)] = office.rows("SELECT state, error, raw_sha256 FROM placement WHERE state <> 'done'")
    assert state == "quarantine"
    assert "died" in error
    assert b"Deadly" in office.blobs.read(sha)
    office.readers.close()
    office.readers = Readers(1)
    office.clock += timedelta(days=1)
    office.sync(box)
    assert len(office.subjects(acme)) == 6
    office.readers.close()


def test_a_header_that_kills_its_reader_stops_nobody_else(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    mails = [office.mail(JOE, ANNA, f"Fine {n}") for n in range(5)]
    office.server.drop(login, [*mails, office.mail(JOE, ANNA, "Deadly")])
    office.readers = _Killed(1)
    for _ in range(3):
        office.sync(box)
        office.clock += timedelta(hours=1)
    office.readers.close()
    assert len(office.subjects(acme)) == 5
    assert office.rows("SELECT state FROM placement WHERE state <> 'done'") == [("quarantine",)]


def test_a_worker_that_fails_is_told_from_one_that_dies() -> None:
    readers = Readers(1)
    with pytest.raises(ReaderDied, match="ValueError"):
        readers.result(readers.submit(int, "x"))
    with pytest.raises(ReaderDied, match="died"):
        readers.result(readers.submit(os._exit, 1))
    assert readers.result(readers.submit(int, "7")) == 7
    readers.close()


# Another process


def test_two_processes_never_work_on_one_mailbox(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.drop(login, [office.mail(JOE, ANNA, f"Mail {n}") for n in range(40)])
    with office.db.writing() as connection:
        assert leases.claim(connection, box, "another", office.clock, office.clock + timedelta(minutes=5))
    assert office.sync(box) is None
    assert office.commands == []
    office.clock += timedelta(minutes=6)
    assert office.sync(box) is not None
    assert len(office.subjects(acme)) == 40


def test_a_process_that_slept_too_long_writes_nothing(office: Office, login: str) -> None:
    office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.drop(login, [office.mail(JOE, ANNA, f"Mail {n}") for n in range(40)])
    office.limits = Limits(bodies=10, task_messages=5)

    def lose(_messages: int, _bytes: int) -> None:
        with office.db.writing() as connection:
            connection.exec_driver_sql("UPDATE mailbox SET lease_owner = 'another'")

    with pytest.raises(LeaseLost):
        office.sync(box, office.desk(note=lose))
    stored = office.one("SELECT count(*) FROM message")
    assert 0 < stored < 40
    check_whole(office)
    with office.db.writing() as connection:
        connection.exec_driver_sql("UPDATE mailbox SET lease_owner = '', lease_until = NULL")
    office.sync(box)
    assert office.one("SELECT count(*) FROM message") == 40


# Disk and database


def test_a_locked_database_costs_the_batch_and_nothing_else(office: Office, login: str) -> None:
    if not office.db.is_sqlite:
        return _a_lost_connection_costs_the_batch(office, login)
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.drop(login, [office.mail(JOE, ANNA, f"Mail {n}") for n in range(60)])
    office.limits = Limits(bodies=10, task_messages=5)
    other = sqlite3.connect(str(office.db.engine.url.database), isolation_level=None, check_same_thread=False)

    def lock(_messages: int, _bytes: int) -> None:
        if not other.in_transaction:
            other.execute("BEGIN IMMEDIATE")

    impatient = replace(office.desk(note=lock), database=_impatient(office))
    with pytest.raises(StorageFailed, match="lock"):
        office.sync(box, impatient)
    other.execute("ROLLBACK")
    other.close()
    stored = office.one("SELECT count(*) FROM message")
    assert 0 < stored < 60
    check_whole(office)
    office.clock += timedelta(minutes=10)
    office.sync(box)
    assert len(office.subjects(acme)) == 60
    check_whole(office)
    return None


def _impatient(office: Office) -> Any:
    """The same database, waiting a tenth of a second for a lock."""
    database = type(office.db)(office.db.url)

    def hurry(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 100")

    event.listen(database.engine, "connect", hurry)
    return database


def _a_lost_connection_costs_the_batch(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.drop(login, [office.mail(JOE, ANNA, f"Mail {n}") for n in range(60)])
    office.limits = Limits(bodies=10, task_messages=5)
    waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    blocked = list[threading.Thread]()

    def cut() -> None:
        with office.db.writing() as other:
            other.exec_driver_sql("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
            locked.set()
            wait_until(lambda: _is_waiting(other, waiting), "somebody waits")
            other.exec_driver_sql(f"SELECT pg_terminate_backend(pid) FROM ({waiting}) w")

    locked = threading.Event()

    def recorded(_messages: int, _bytes: int) -> None:
        if not blocked:
            blocked.append(threading.Thread(target=cut))
            blocked[0].start()
            locked.wait(10)

    with pytest.raises(StorageFailed):
        office.sync(box, office.desk(note=recorded))
    blocked[0].join()
    stored = office.one("SELECT count(*) FROM message")
    assert 0 < stored < 60
    check_whole(office)
    office.clock += timedelta(minutes=10)
    office.sync(box)
    assert len(office.subjects(acme)) == 60
    check_whole(office)


def _is_waiting(connection: Connection, query: str) -> bool:
    connection.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
    return connection.exec_driver_sql(query).first() is not None


def test_a_disk_that_takes_no_more_costs_the_batch_and_nothing_else(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    noise = [os.urandom(1000 if n % 9 else 60_000).hex() for n in range(60)]
    office.server.drop(login, [office.mail(JOE, ANNA, f"Mail {n}", words) for n, words in enumerate(noise)])
    office.limits = Limits(bodies=3, task_messages=3)
    office.readers = Readers(1)
    office.readers.result(office.readers.submit(resource.setrlimit, resource.RLIMIT_FSIZE, (30_000, 30_000)))
    with pytest.raises(StorageFailed, match="blob folder"):
        office.sync(box)
    assert office.one("SELECT count(*) FROM message") < 60
    assert office.one("SELECT count(*) FROM placement WHERE state = 'quarantine'") == 0
    check_whole(office)
    office.readers.close()
    office.readers = Readers(1)
    office.clock += timedelta(minutes=10)
    office.sync(box)
    office.readers.close()
    assert len(office.subjects(acme)) == 60
    check_whole(office)
