"""A year of a real mailing list in a real server: all of it is explained, the same on both databases, and threaded."""

import imaplib
import logging
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcrm.crm.domains import is_within
from mailcrm.crm.free_mail import FREE_MAIL
from mailcrm.crm.match import author
from mailcrm.flow.readers import Readers
from mailcrm.flow.rounds import Firm
from mailcrm.mail import parse
from mailcrm.mail.thread import base_subject
from mailcrm.store.database import Database
from tests.dovecot import Dovecot
from tests.office import Office, check_whole, differences, outcome

pytestmark = [pytest.mark.server, pytest.mark.corpora, pytest.mark.timeout(600)]

VENDOR = frozenset({"ettus.com", "ni.com", "emerson.com"})
STAFF = ("anna", "boris")


@pytest.fixture(scope="module")
def year(corpora: Path) -> list[tuple[str, bytes]]:
    """(address of the author, message) of the whole list, in the order of the archive."""
    raws = [path.read_bytes() for path in sorted((corpora / "usrp-users-2021").glob("*.eml"))]
    assert len(raws) > 2000
    return [(author(parse.headers(raw)).email, raw) for raw in raws]


@pytest.fixture(scope="module")
def server(year: list[tuple[str, bytes]]) -> Iterator[Dovecot]:
    """A server with two mailboxes that share the list's mail, and one folder with all of it."""
    with Dovecot() as dovecot:
        for number, name in enumerate(STAFF):
            mine = year[number::2]
            dovecot.fill(name, [raw for email, raw in mine if _domain(email) in VENDOR], "Sent")
            dovecot.fill(name, [raw for email, raw in mine if _domain(email) not in VENDOR])
        dovecot.fill("archive", [raw for _, raw in year])
        yield dovecot


def _domain(email: str) -> str:
    return email.rpartition("@")[2]


def _office(db: Database, server: Dovecot, readers: Readers, folder: Path, year: list[tuple[str, bytes]]) -> Office:
    office = Office(db, server, folder, readers, firm=Firm(VENDOR | {"example.com"}, FREE_MAIL))
    names = {email for email, _ in year if email and not is_within(_domain(email), VENDOR)}
    for domain in sorted({_domain(email) for email in names} - FREE_MAIL):
        office.client(domain, domain)
    for email in sorted(names):
        if _domain(email) in FREE_MAIL:
            office.client(email, email)
    for name in STAFF:
        office.mailbox(name, name)
    return office


@pytest.fixture
def both(postgresql_url: str, sqlite_url: str) -> Iterator[dict[str, Database]]:
    """An empty database of each kind."""
    databases = {"sqlite": Database(sqlite_url), "postgresql": Database(postgresql_url)}
    yield databases
    for database in databases.values():
        database.close()


def test_a_year_is_read_completely_and_alike_on_both_databases(
    both: dict[str, Database],
    server: Dovecot,
    readers: Readers,
    tmp_path: Path,
    year: list[tuple[str, bytes]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    flags = {name: (server.flags(name), server.flags(name, "Sent")) for name in STAFF}
    found = {}
    with caplog.at_level(logging.WARNING):
        for kind, db in both.items():
            office = _office(db, server, readers, tmp_path / kind, year)
            while not office.one("SELECT count(*) FROM placement") or office.waiting():
                for box in (1, 2):
                    office.sync(box)
            _check_ledger(office)
            check_whole(office)
            found[kind] = outcome(office)
    assert not [record for record in caplog.records if record.exc_info]
    assert {name: (server.flags(name), server.flags(name, "Sent")) for name in STAFF} == flags
    assert differences(found["sqlite"], found["postgresql"]) == {}
    rules = Counter(rule for *_, rule in found["sqlite"]["placements"])
    print(f"{len(found['sqlite']['messages'])} messages, rules {dict(rules)}, links {len(found['sqlite']['links'])}")


def _check_ledger(office: Office) -> None:
    known: dict[tuple[str, str], list[int]] = {}
    query = (
        "SELECT mailbox.login, folder.name, uid FROM placement JOIN folder ON folder.id = folder_id"
        " JOIN mailbox ON mailbox.id = mailbox_id WHERE placement.state <> 'gone' ORDER BY uid"
    )
    for login, folder, uid in office.rows(query):
        known.setdefault((login, folder), []).append(uid)
    assert known == {(name, folder): office.server.uids(name, folder) for name in STAFF for folder in ("INBOX", "Sent")}
    assert office.one("SELECT count(*) FROM placement WHERE state <> 'done' OR verdict = '' OR rule = ''") == 0
    assert office.rows("SELECT raw_sha256 FROM message GROUP BY 1 HAVING count(*) > 1") == []
    assert office.rows("SELECT message_id FROM message WHERE NOT conflict GROUP BY 1 HAVING count(*) > 1") == []


def test_threads_equal_those_of_dovecot(
    db: Database, server: Dovecot, readers: Readers, tmp_path: Path, year: list[tuple[str, bytes]]
) -> None:
    office = Office(db, server, tmp_path / "all", readers)
    office.firm = Firm(frozenset({"example.com"}), FREE_MAIL, store_all=True)
    office.sync(office.mailbox("archive"))
    rows = office.rows(
        "SELECT uid, thread_id, subject, reference_ids FROM placement p JOIN message m ON m.id = p.message_id"
    )
    assert len(rows) == len(year)
    thread_of = {uid: thread for uid, thread, _, _ in rows}
    subject_of = {uid: base_subject(subject) for uid, _, subject, _ in rows}
    ours = _groups(thread_of)
    theirs = _dovecots(server)
    equal = sum(len(group) for group in theirs if group in ours)
    merged = [group for group in theirs if group not in ours and _is_merged_by_subject(group, ours, subject_of)]
    rest = [group for group in theirs if group not in ours and group not in merged]
    explained = sum(map(len, merged))
    print(
        f"{len(year)} messages, {len(theirs)} threads of Dovecot, {len(ours)} of ours: {equal / len(year):.2%} equal,"
        f" {explained} more in {len(merged)} threads that Dovecot merged by subject alone"
    )
    for group in rest:
        print(sorted(group), {subject_of[uid] for uid in group}, sorted(thread_of[uid] for uid in group))
    assert (equal + explained) / len(year) >= 0.99
    assert rest == []


def _is_merged_by_subject(group: frozenset[int], ours: set[frozenset[int]], subject_of: dict[int, str]) -> bool:
    """Dovecot's thread consists of whole threads of ours, whose first messages share a subject (RFC 5256 §3)."""
    parts = [thread for thread in ours if thread & group]
    return all(thread <= group for thread in parts) and len({subject_of[min(thread)] for thread in parts}) == 1


def _groups(thread_of: dict[int, int]) -> set[frozenset[int]]:
    found: dict[int, set[int]] = {}
    for uid, thread in thread_of.items():
        found.setdefault(thread, set()).add(uid)
    return {frozenset(group) for group in found.values()}


def _dovecots(server: Dovecot) -> list[frozenset[int]]:
    with imaplib.IMAP4("127.0.0.1", server.port) as client:
        client.login("archive", "pass")
        client.select("INBOX", readonly=True)
        _, data = client.uid("THREAD", "REFERENCES", "UTF-8", "ALL")
    found, depth, group = list[frozenset[int]](), 0, list[int]()
    for token in re.findall(r"[()]|\d+", data[0].decode()):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if token.isdigit():
            group.append(int(token))
        elif depth == 0:
            found.append(frozenset(group))
            group = []
    return found
