"""Listing and then streaming many small messages of one folder: our session against imaplib, on the same warm Dovecot.

Every way signs in, asks for UIDs, flags, dates and sizes of all, and then for all bodies.
"""

import imaplib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench import measure
from mailcrm.net.imap.session import Session
from mailcrm.net.imap.values import Fetched, Login, Seen, Server
from tests.dovecot import Dovecot

_COUNT = 5_000
_ROUNDS = 5
_USER = "stream"
_UID = re.compile(rb"UID (\d+)")


@dataclass
class _Taken:
    """Seconds of each round, by the wall and by the CPU of the client alone."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def run() -> str:
    """Fetch every body by each way in turns; the result as a section in Markdown."""
    with Dovecot() as dovecot:
        dovecot.fill(_USER, [_message(number) for number in range(_COUNT)])
        ways: dict[str, Callable[[int], int]] = {
            "**mailcrm**: one at a time out of a stream": _ours,
            "imaplib, one FETCH for all": _at_once,
            "imaplib, one FETCH a message": _one_by_one,
        }
        taken = {name: _Taken() for name in ways}
        # The first reading fills Dovecot's own cache.
        _ours(dovecot.port)
        for _ in range(_ROUNDS):
            for name, way in ways.items():
                _timed(way, dovecot.port, taken[name])
    rates = {name: _COUNT / measure.median(one.wall) for name, one in taken.items()}
    ours = next(iter(rates.values()))
    rows = [(name, rates[name], ours / rates[name], measure.median(one.cpu)) for name, one in taken.items()]
    head = ("way", "messages/s", "mailcrm ÷ this", "client CPU s")
    return f"## Listing and streaming {_COUNT:,} messages of 700 bytes over IMAP\n\n{measure.table(head, rows)}\n"


def _message(number: int) -> bytes:
    head = f"From: a@example.com\r\nSubject: {number}\r\nMessage-ID: <{number}@example.com>\r\n\r\n"
    return head.encode() + b"a line of text\r\n" * 40


def _timed(way: Callable[[int], int], port: int, taken: _Taken) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    got = way(port)
    taken.wall.append(time.perf_counter() - wall)
    taken.cpu.append(time.process_time() - cpu)
    if got != _COUNT:
        raise RuntimeError(f"{got} of {_COUNT} messages came")


def _ours(port: int) -> int:
    with Session.open(Server("127.0.0.1", port, "plain"), Login(_USER, Dovecot.password)) as session:
        session.examine(b"INBOX")
        seen = [(each.uid, each.size) for each in session.discover(1) if isinstance(each, Seen)]
        return sum(isinstance(each, Fetched) for each in session.bodies(seen))


def _at_once(port: int) -> int:
    with _signed_in(port) as imap:
        _listed(imap)
        return _bodies(imap, "1:*")


def _one_by_one(port: int) -> int:
    with _signed_in(port) as imap:
        return sum(_bodies(imap, str(uid)) for uid in _listed(imap))


def _signed_in(port: int) -> imaplib.IMAP4:
    imap = imaplib.IMAP4("127.0.0.1", port)
    imap.login(_USER, Dovecot.password)
    imap.select("INBOX", readonly=True)
    return imap


def _listed(imap: imaplib.IMAP4) -> list[int]:
    lines = imap.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE)")[1]
    return [int(found[1]) for line in lines if (found := _UID.search(line))]


def _bodies(imap: imaplib.IMAP4, uids: str) -> int:
    return sum(isinstance(each, tuple) for each in imap.uid("FETCH", uids, "(UID BODY.PEEK[])")[1])
