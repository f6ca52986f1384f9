"""Sending processes killed a hundred times: who was lost, doubled or left uncertain, on both databases."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench import maildir, measure
from mailcrm.flow.migrate import migrate
from mailcrm.flow.tools import Patience
from mailcrm.store.database import Database
from tests.killing import kill_and_count
from tests.post import Post, addresses
from tests.postgres import cluster
from tests.send_worker import Nursery
from tests.servers import Sink, smtp_sink

CONNECTIONS = 4


def run(recipients: int, kills: int) -> str:
    """The section of the results in Markdown."""
    rows = []
    with cluster() as server, Nursery() as nursery:
        for name, workers in (("SQLite, 1 process", 1), ("PostgreSQL, 2 processes", 2), ("PostgreSQL, 8 processes", 8)):
            with tempfile.TemporaryDirectory(prefix="kills-", dir=maildir.CACHE) as folder:
                here = Path(folder)
                url = f"sqlite:///{folder}/mailcrm.db" if workers == 1 else server.url(server.fresh())
                with _queued(here, url, recipients) as (post, sink):
                    toll = kill_and_count(nursery, post, sink, workers, kills)
            rows.append((name, toll.kills, toll.lost, toll.doubled, toll.uncertain, toll.unsettled, toll.seconds))
    head = (f"{recipients} recipients", "kills", "lost", "doubled", "uncertain", "without evidence", "seconds")
    return f"## Killed while sending (load {os.getloadavg()[0]:.1f})\n\n" + measure.table(head, rows) + "\n"


@contextmanager
def _queued(folder: Path, url: str, recipients: int) -> Iterator[tuple[Post, Sink]]:
    database = Database(url)
    migrate(database)
    post = Post(database, folder / "post", datetime.now(UTC), Patience(), CONNECTIONS)
    with smtp_sink(folder / "sink") as sink:
        post.mailing(post.account(sink.port), addresses(recipients))
        yield post, sink
    database.close()
