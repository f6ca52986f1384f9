"""Killed, restarted, and many at once: nobody is lost, nobody gets a second mail, whatever happens to the workers.

The workers are processes of their own, and the server is Postfix's smtp-sink.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from mailcrm.store.database import Database
from tests.post import Post, addresses
from tests.send_worker import start
from tests.servers import Sink, smtp_sink

_OPEN = "SELECT count(*) FROM recipient WHERE state IN ('queued', 'claimed', 'sending', 'deferred')"


@pytest.fixture
def post(db: Database, tmp_path: Path) -> Post:
    return Post(db, tmp_path / "post", width=4)


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with smtp_sink(tmp_path / "sink") as server:
        yield server


@contextmanager
def workers(post: Post, count: int) -> Iterator[list[ForkServerProcess]]:
    """So many processes that send; ended with the block."""
    started = [start(post.db.url, post.folder) for _ in range(count)]
    try:
        yield started
    finally:
        for one in started:
            one.kill()
            one.join(20)


def arrived(sink: Sink) -> Counter[str]:
    """Message-ID → how often it is at the sink, complete messages only."""
    found = re.compile(rb"^Message-ID: (<[^>]+>)", re.M)
    ids = (found.search(path.read_bytes()) for path in sink.folder.iterdir())
    return Counter(match[1].decode() for match in ids if match)


def wait_for_the_end(post: Post, seconds: float = 150.0) -> None:
    deadline = time.monotonic() + seconds
    while post.rows(_OPEN)[0][0]:
        assert time.monotonic() < deadline, f"still open after {seconds:g} s: {post.states()}"
        time.sleep(0.1)


def check_everybody(post: Post, sink: Sink) -> None:
    """One final state each; who was accepted is at the sink once; nobody is there twice."""
    there = arrived(sink)
    assert [one for one, count in there.items() if count > 1] == [], "somebody got it twice"
    states = dict(post.rows("SELECT message_id, state FROM recipient"))  # type: ignore[arg-type]
    assert set(states.values()) <= {"accepted", "uncertain"}
    lost = [one for one, state in states.items() if state == "accepted" and one not in there]
    assert lost == [], "accepted and not at the server"
    strangers = [one for one in there if one not in states]
    assert strangers == []


@pytest.mark.server
@pytest.mark.parametrize("count", [1, 2, 8])
def test_so_many_workers_write_to_everybody_once(post: Post, sink: Sink, count: int, database_kind: str) -> None:
    if database_kind == "sqlite":
        count = 1  # one worker is meant there
    mailing = post.mailing(post.account(sink.port), addresses(600))
    with workers(post, count):
        wait_for_the_end(post)
    check_everybody(post, sink)
    assert post.states() == {"accepted": 600}
    assert len(arrived(sink)) == 600
    assert post.rows(
        f"SELECT count(*) FROM attempt a JOIN recipient r ON r.id = a.recipient_id AND r.mailing_id = {mailing}"
    ) == [(600,)]


@pytest.mark.server
@pytest.mark.timeout(290)
def test_a_hundred_kills_lose_nobody_and_double_nobody(post: Post, sink: Sink, database_kind: str) -> None:
    count, recipients, kills = (1, 4_000, 25) if database_kind == "sqlite" else (2, 8_000, 75)
    post.mailing(post.account(sink.port), addresses(recipients))
    chance = random.Random(7)
    with workers(post, count) as running:
        for _ in range(kills):
            before = post.rows(_OPEN)[0][0]
            deadline = time.monotonic() + 60
            # The next kill only after something was sent: at a random moment of the work, not of starting up.
            while (left := post.rows(_OPEN)[0][0]) > before - 10 and left:
                assert time.monotonic() < deadline, f"nothing is sent any more: {post.states()}"
                time.sleep(0.01)
            time.sleep(chance.random() * 0.05)
            victim = chance.randrange(count)
            running[victim].kill()
            running[victim].join()
            running[victim] = start(post.db.url, post.folder)
        wait_for_the_end(post)
    check_everybody(post, sink)
    uncertain = post.states().get("uncertain", 0)
    assert uncertain <= kills * post.width
    settle(post, sink)
    assert {state for (state,) in post.rows("SELECT state FROM recipient")} <= {"accepted", "uncertain"}
    left = {id_ for (id_,) in post.rows("SELECT message_id FROM recipient WHERE state = 'uncertain'")}
    assert not left & set(arrived(sink)), "evidence was there and settled nothing"
    assert len(arrived(sink)) + len(left) == recipients


def settle(post: Post, sink: Sink) -> None:
    """What a report or a reply to a message says: that it was sent."""
    there = set(arrived(sink))
    for number, id_ in post.rows("SELECT id, message_id FROM recipient WHERE state = 'uncertain'"):
        if id_ in there:
            values = f"({number}, 'reply', '2026-03-02', 'mail', '', 1.0, 0, '', 'reply:{number}')"
            columns = "recipient_id, kind, at, source, method, confidence, machine_score, detail, source_key"
            post.run(f"INSERT INTO event ({columns}) VALUES {values}")
    post.run("UPDATE mailing SET state = 'running'")
    post.send()
