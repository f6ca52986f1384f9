"""Killed, restarted, and many at once: nobody is lost, nobody gets a second mail, whatever happens to the workers.

The workers are processes of their own, and the server is Postfix's smtp-sink. `python -m bench kills` does the same
with 20,000 recipients.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcrm.store.database import Database
from tests.killing import arrived, kill_and_count, wait_for_the_end, workers
from tests.post import Post, addresses
from tests.send_worker import Nursery
from tests.servers import Sink, smtp_sink


@pytest.fixture
def post(db: Database, tmp_path: Path) -> Post:
    return Post(db, tmp_path / "post", width=4)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with smtp_sink(tmp_path / "sink") as server:
        yield server


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


@pytest.mark.server
@pytest.mark.parametrize("count", [1, 2, 8])
def test_so_many_workers_write_to_everybody_once(
    post: Post, sink: Sink, nursery: Nursery, count: int, database_kind: str
) -> None:
    if database_kind == "sqlite":
        count = 1  # one worker is meant there
    mailing = post.mailing(post.account(sink.port), addresses(600))
    with workers(nursery, post, count):
        wait_for_the_end(post)
    assert post.states() == {"accepted": 600}
    there = arrived(sink)
    assert set(there.values()) == {1}
    assert set(there) == {id_ for (id_,) in post.rows("SELECT message_id FROM recipient")}
    assert post.rows(
        f"SELECT count(*) FROM attempt a JOIN recipient r ON r.id = a.recipient_id AND r.mailing_id = {mailing}"
    ) == [(600,)]


@pytest.mark.server
def test_a_hundred_kills_lose_nobody_and_double_nobody(
    post: Post, sink: Sink, nursery: Nursery, database_kind: str
) -> None:
    # A hundred on both databases together; one worker is meant on SQLite.
    count, kills = (1, 40) if database_kind == "sqlite" else (2, 60)
    post.mailing(post.account(sink.port), addresses(2_000))
    toll = kill_and_count(nursery, post, sink, count, kills)
    assert (toll.lost, toll.doubled) == (0, 0)
    assert 0 < toll.uncertain <= toll.kills * post.width
    assert toll.unsettled + len(arrived(sink)) == 2_000
