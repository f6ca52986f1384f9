"""Receiving a whole mailbox into an empty mailcrm, against `mbsync` and then `notmuch new` on the same mailbox."""

import socket
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench import company, letters, maildir, measure
from bench.company import Company
from bench.measure import Cost, median
from mailcrm.store.database import Database
from tests.dovecot import Dovecot

VENDOR = frozenset({"ettus.com", "ni.com", "emerson.com"})
_MBSYNC = """
IMAPStore far
Host 127.0.0.1
Port {port}
User {user}
Pass pass
SSLType None
DisableExtension COMPRESS=DEFLATE

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns INBOX Sent
Create Near
Sync Pull
SyncState *
"""
_NOTMUCH = """
[database]
path={folder}
[user]
name=Bench
primary_email=bench@bench-firm.test
[new]
tags=unread;inbox
ignore=.mbsyncstate;.uidvalidity
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One mailbox and the company that it belongs to."""

    name: str
    folder: Path
    company: Company


def cases(count: int, corpora: Path) -> list[Case]:
    """The mixed mailbox and, where the corpus is there, a real one."""
    domains = tuple(letters.client_domain(n) for n in range(1, letters.CLIENTS + 1))
    mixed = Company(frozenset({letters.OWN_DOMAIN}), letters.STAFF, domains)
    found = [Case(f"mixed, {count:,}", maildir.mixed(count), mixed)]
    files = sorted((corpora / "usrp-users-2021").glob("*.eml"))
    if files:
        found.append(Case(f"usrp-users-2021, {len(files):,}", maildir.real(files, VENDOR), _list_company(files)))
    return found


def _list_company(files: list[Path]) -> Company:
    authors = Counter(a for path in files if (a := maildir.author(path.read_bytes())).domain not in VENDOR)
    free = company.free_mail()
    domains = sorted({a.domain for a in authors if a.domain and a.domain not in free})
    people = sorted({a.email for a in authors if a.domain in free})
    return Company(VENDOR, "support@ettus.com", tuple(domains), tuple(people))


def run(case: Case, runs: int) -> str:
    """Both ways in turn, `runs` times; the result as a section in Markdown."""
    size = sum(path.stat().st_size for path in case.folder.glob("*/*"))
    count = sum(1 for _ in case.folder.glob("*/*"))
    ours: list[Cost] = []
    fetched: list[Cost] = []
    indexed: list[Cost] = []
    # Nothing is removed before the end: ext4 is slow at making files for a minute after many were removed.
    with tempfile.TemporaryDirectory(prefix="run-", dir=maildir.CACHE) as place, Dovecot() as dovecot:
        maildir.serve(dovecot, "bench", case.folder)
        _drain(dovecot.port)
        for number in range(runs):
            ours.append(_mailcrm(dovecot, case, Path(place, f"mailcrm{number}"), count))
            sync, notmuch = _peers(dovecot, Path(place, f"peers{number}"))
            fetched.append(sync)
            indexed.append(notmuch)
            both = sync.seconds + notmuch.seconds
            print(f"run {number + 1}: mailcrm {count / ours[-1].seconds:,.0f}/s, peers {count / both:,.0f}/s, "
                  f"ratio {both / ours[-1].seconds:.2f}", flush=True)  # fmt: skip
    peers = [a.seconds + b.seconds for a, b in zip(fetched, indexed, strict=True)]
    ratio = median([p / o.seconds for p, o in zip(peers, ours, strict=True)])
    rows = [
        _row("**mailcrm**: files, links, threads, index", count, [o.seconds for o in ours], ours),
        _row("mbsync, no COMPRESS", count, [f.seconds for f in fetched], fetched),
        _row("notmuch new", count, [i.seconds for i in indexed], indexed),
        _row("mbsync, then notmuch new", count, peers, []),
    ]
    head = (
        "way",
        "messages/s",
        "seconds",
        "main CPU s",
        "workers CPU s",
        "main MB",
        "largest worker MB",
        "sum (PSS) MB",
    )
    title = f"## Receive: {case.name} messages, {size / 2**20:,.0f} MB, {runs} run(s)"
    return f"{title}\n\n{measure.table(head, rows)}\n\nmailcrm ÷ (mbsync + notmuch): **{ratio:.2f} ×**\n"


def _row(name: str, count: int, seconds: list[float], costs: list[Cost]) -> tuple[object, ...]:
    def most(field: str) -> object:
        return median([getattr(c, field) for c in costs]) if costs else ""

    middle = median(seconds)
    fields = ("main_cpu", "worker_cpu", "main_mb", "largest_worker_mb", "sum_mb")
    return (name, count / middle, middle, *map(most, fields))


def _mailcrm(dovecot: Dovecot, case: Case, folder: Path, count: int) -> Cost:
    company.found(folder, case.company, dovecot.port).close()
    command = [sys.executable, "-m", "bench.once", str(folder), ",".join(case.company.domains)]
    cost = measure.run(command)
    _check(folder, count)
    return cost


def _check(folder: Path, count: int) -> None:
    database = Database(f"sqlite:///{folder / 'mailcrm.db'}")
    with database.reading() as connection:
        states = dict(connection.exec_driver_sql("SELECT state, count(*) FROM placement GROUP BY state").all())
        stored = connection.exec_driver_sql("SELECT count(*) FROM message").scalar_one()
    database.close()
    if states != {"done": count}:
        raise AssertionError(f"not everything was read: {states} of {count}")
    if stored < 0.5 * count:
        raise AssertionError(f"only {stored} of {count} messages were stored")


def _peers(dovecot: Dovecot, folder: Path) -> tuple[Cost, Cost]:
    mail = folder / "mail"
    mail.mkdir(parents=True)
    (folder / "mbsyncrc").write_text(_MBSYNC.format(port=dovecot.port, user="bench", folder=mail))
    (folder / "notmuch").write_text(_NOTMUCH.format(folder=mail))
    sync = measure.run(["mbsync", "-q", "-c", str(folder / "mbsyncrc"), "all"])
    index = measure.run(["notmuch", "new", "--quiet"], {"NOTMUCH_CONFIG": str(folder / "notmuch")})
    return sync, index


def _drain(port: int) -> None:
    """Read everything once and throw it away: the caches of server and system are then the same for everybody."""
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.sendall(b"1 LOGIN bench pass\r\n")
        for folder in (b"INBOX", b"Sent"):
            plain.sendall(b"2 EXAMINE %s\r\n3 UID FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[])\r\n" % folder)
            tail = b""
            while b"\r\n3 OK" not in tail and not tail.startswith(b"3 OK"):
                tail = tail[-40:] + plain.recv(1 << 20)
        plain.sendall(b"4 LOGOUT\r\n")
