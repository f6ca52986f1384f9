"""Pages through the real application: time, CPU, queries and weight, at 20,000 and at 1,000,000 messages."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import event

from bench import letters, loader, measure
from bench.measure import median, quantile
from mailcrm.flow import sessions
from mailcrm.flow.migrate import migrate
from mailcrm.net.blobs import BlobPlace
from mailcrm.store.database import Database
from web import create_app
from web.signin import COOKIE
from web.site import Site

_TIMES = 60
_WARM = 3


@dataclass
class Counted:
    """Counts the statements that reach the database, but for the beginnings of transactions."""

    database: Database
    count: int = 0

    def __post_init__(self) -> None:
        event.listen(self.database.engine, "before_cursor_execute", self._note)

    def _note(self, *arguments: object) -> None:
        self.count += not str(arguments[2]).startswith(("BEGIN", "PRAGMA"))


@dataclass
class Page:
    """What one page took, request by request."""

    name: str
    address: str
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    queries: int = 0
    kilobytes: float = 0.0


def run(count: int) -> str:
    """Measure every page; the result as a section in Markdown."""
    folder = loader.loaded(count)
    with _browser(folder) as (browser, counted):
        pages = [Page(name, address) for name, address in _addresses(browser).items()]
        for page in pages:
            _measure(browser, counted, page)
    rows = [
        (p.name, 1000 * median(p.wall), 1000 * quantile(p.wall, 0.95), 1000 * median(p.cpu), p.queries, p.kilobytes)
        for p in pages
    ]
    head = ("page", "p50 ms", "p95 ms", "CPU ms", "queries", "HTML KB")
    return f"## Pages: {count:,} messages, SQLite, {_TIMES} requests each\n\n{measure.table(head, rows)}\n"


@contextmanager
def _browser(folder: Path) -> Iterator[tuple[FlaskClient, Counted]]:
    database = Database(f"sqlite:///{folder / 'mailcrm.db'}")
    # The cache may be older than the newest migration.
    migrate(database)
    own = (letters.OWN_DOMAIN,)
    site = Site(database.url, BlobPlace(folder / "blobs"), folder / "keys", own, secure_cookies=False)
    app = create_app(site, database)
    with database.writing() as connection:
        origin = sessions.Origin("127.0.0.1", "Bench")
        token = sessions.open_session(connection, 1, origin, datetime.now(UTC)).token
    browser = app.test_client()
    browser.set_cookie(COOKIE, token)
    yield browser, Counted(database)
    database.close()


def _addresses(browser: FlaskClient) -> dict[str, str]:
    first = browser.get("/clients/1").text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    message = re.search(r'href="(/messages/\d+|/threads/\d+)[^"]*"', first)
    if older is None or message is None:
        raise AssertionError("the timeline of the busiest client has no messages")
    return {
        "client, busiest: first 50": "/clients/1",
        "client, busiest: the 50 before": older[1].replace("&amp;", "&"),
        "client, busiest: only from the client": "/clients/1?direction=in",
        "client, quiet": f"/clients/{letters.CLIENTS}",
        "one message": message[1],
        "list of clients": "/clients",
        "list of clients, filtered": "/clients?q=client39",
        "search: rare word": f"/search?q={loader.RARE}",
        "search: very common word": f"/search?q={letters.EVERYWHERE['en']}",
        "search: common word, Russian": f"/search?q={letters.COMMON['ru']}",
        "search: two common words": "/search?q=delivery+price",
        "search: common word and the name of a client": "/search?q=delivery+client39",
        "search: nothing found": "/search?q=xyzzyplugh",
    }


def _measure(browser: FlaskClient, counted: Counted, page: Page) -> None:
    for turn in range(_WARM + _TIMES):
        counted.count = 0
        wall, cpu = time.perf_counter(), time.process_time()
        answer = browser.get(page.address)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        if answer.status_code != 200:
            raise AssertionError(f"{page.address}: {answer.status_code}")
        if turn >= _WARM:
            page.wall.append(wall)
            page.cpu.append(cpu)
    page.queries, page.kilobytes = counted.count, len(answer.data) / 1024
