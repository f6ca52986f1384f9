"""From delivery to timeline: APPEND into the inbox until the entry stands in the database, heard over IDLE."""

import imaplib
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import company, letters, loader, maildir, measure
from bench.letters import Letters
from bench.measure import quantile
from bench.once import desk_of
from mailcrm.daemon import Daemon
from mailcrm.flow.credentials import Credentials
from mailcrm.flow.rounds import Firm
from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database
from tests.dovecot import Dovecot

_DELIVERIES = 50
_PATIENCE = 30.0


def run() -> str:
    """Deliver one message after the other, at random moments; the result as a section in Markdown."""
    draw = random.Random(5)
    with Dovecot() as dovecot, tempfile.TemporaryDirectory(prefix="latency-", dir=maildir.CACHE) as name:
        folder = Path(name)
        with _daemon(folder, dovecot.port) as database, imaplib.IMAP4("127.0.0.1", dovecot.port) as imap:
            imap.login("bench", Dovecot.password)
            seconds = []
            for letter in Letters(_DELIVERIES, seed=9).write():
                time.sleep(draw.uniform(0.2, 1.0))
                seconds.append(_deliver(imap, database, letter.raw))
    shares = (("p50", 0.5), ("p95", 0.95), ("slowest", 1.0))
    rows = [(f"{_DELIVERIES} deliveries, seconds", *(quantile(seconds, share) for _, share in shares))]
    return "## From delivery to timeline, over IDLE\n\n" + measure.table(["", *(n for n, _ in shares)], rows) + "\n"


@contextmanager
def _daemon(folder: Path, port: int) -> Iterator[Database]:
    database = company.found(folder, loader.OWN, port)
    credentials = Credentials(Keyring.load(folder / "keys"))
    firm = Firm(frozenset({letters.OWN_DOMAIN}), company.free_mail())
    daemon = Daemon(desk_of(folder, database), firm, credentials)
    thread = threading.Thread(target=daemon.run)
    thread.start()
    try:
        _wait(database, "SELECT count(*) FROM mailbox WHERE last_success_at IS NOT NULL", 0)
        time.sleep(3)
        yield database
    finally:
        daemon.stop()
        thread.join()
        database.close()


def _deliver(imap: imaplib.IMAP4, database: Database, raw: bytes) -> float:
    counted = "SELECT count(*) FROM entry"
    with database.reading() as connection:
        before = connection.exec_driver_sql(counted).scalar_one()
    began = time.perf_counter()
    imap.append("INBOX", None, None, raw.replace(b"\n", b"\r\n"))  # type: ignore[arg-type]
    _wait(database, counted, before)
    return time.perf_counter() - began


def _wait(database: Database, question: str, more_than: int) -> None:
    """Until the answer is more than it was; raises TimeoutError."""
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends:
        with database.reading() as connection:
            if connection.exec_driver_sql(question).scalar_one() > more_than:
                return
        time.sleep(0.01)
    raise TimeoutError(f"{question} stays at {more_than}")
