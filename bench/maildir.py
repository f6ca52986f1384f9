"""Maildirs on disk, made once and kept in the cache folder of the benchmarks, linked into a private Dovecot."""

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.letters import Letters
from mailcrm.crm import match
from mailcrm.mail import parse
from mailcrm.mail.address import Address
from tests.dovecot import Dovecot

CACHE = Path(os.environ.get("MAILCRM_BENCH_CACHE", "/tmp/mailcrm-bench"))
_VERSION = 1


def mixed(count: int) -> Path:
    """The folder with INBOX and Sent of `count` generated letters, written where it is not there yet."""
    folder = CACHE / f"mixed-{_VERSION}-{count}"
    return _made(folder, ((letter.raw, letter.sent) for letter in Letters(count).write()))


def real(files: list[Path], sent_by: frozenset[str]) -> Path:
    """The same from files: what one of the domains `sent_by` wrote goes to Sent."""
    folder = CACHE / f"{files[0].parent.name}-{_VERSION}"
    raws = (path.read_bytes() for path in files)
    return _made(folder, ((raw, author(raw).domain in sent_by) for raw in raws))


def author(raw: bytes) -> Address:
    """Who wrote the message with these bytes, as matching sees it."""
    return match.author(parse.headers(raw))


def _made(folder: Path, messages: Iterable[tuple[bytes, bool]]) -> Path:
    if folder.exists():
        return folder
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    for name in ("INBOX", "Sent"):
        (making / name).mkdir(parents=True)
    for number, (raw, sent) in enumerate(messages):
        lf = raw.replace(b"\r\n", b"\n")
        # As Dovecot names what it delivers: S is the size on disk, W with CRLF line ends.
        virtual = len(lf) + lf.count(b"\n")
        name = f"{1700000000 + number}.M{number}P1.bench,S={len(lf)},W={virtual}:2,"
        (making / ("Sent" if sent else "INBOX") / name).write_bytes(lf)
    making.rename(folder)
    return folder


def bytes_of(folder: Path) -> Iterator[bytes]:
    """Every message of a folder made here."""
    for path in sorted(folder.glob("*/*")):
        yield path.read_bytes()


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)


def serve(dovecot: Dovecot, user: str, folder: Path) -> None:
    """Let `user` of the server have these messages; hard links, so the cache stays as it is."""
    home = dovecot.folder / "mail" / user
    for source, target in (("INBOX", home / "Maildir"), ("Sent", home / "Maildir" / ".Sent")):
        for part in ("cur", "new", "tmp"):
            (target / part).mkdir(parents=True, exist_ok=True)
        for path in (folder / source).iterdir():
            _link(path, target / "cur" / path.name)
    if os.getuid() == 0:
        for path in (home, *home.rglob("*")):
            os.chown(path, dovecot.uid, dovecot.gid)
