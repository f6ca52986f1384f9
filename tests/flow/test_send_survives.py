"""What sending has to survive beside kills: a database that ends or is full, clocks that jump, limits that several
processes share, servers that answer anything at all. Time is virtual where no process of its own is at work.
"""

import asyncio
import logging
from collections import Counter
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event

from mailcrm.flow.migrate import migrate
from mailcrm.flow.sender import Sender
from mailcrm.flow.tools import Patience
from mailcrm.mailing.state import FINAL
from mailcrm.model import Recipient
from mailcrm.store.database import Database
from mailcrm.store.queue import CLAIM_LEASE
from mailcrm.store.rows import parts, table
from tests.fake_smtp import Answer, FakeSmtp, Turn
from tests.killing import arrived, wait_for, wait_for_the_end, workers
from tests.post import START, Post, addresses
from tests.postgres import cluster
from tests.send_worker import Nursery
from tests.servers import smtp_sink

_BEGUN = "SELECT count(*) FROM recipient WHERE dated_at IS NOT NULL"


@pytest.fixture
def post(db: Database, tmp_path: Path) -> Post:
    return Post(db, tmp_path / "post")


@pytest.mark.server
@pytest.mark.timeout(600)
def test_the_database_ends_in_the_middle_and_comes_back(tmp_path: Path) -> None:
    with cluster(synchronous_commit="on") as own, Nursery() as nursery, smtp_sink(tmp_path / "sink") as sink:
        database = Database(own.url(own.fresh()))
        migrate(database)
        post = Post(database, tmp_path / "post", width=4)
        post.mailing(post.account(sink.port), addresses(1500))
        with workers(nursery, post, 2):
            for least in (200, 600):
                wait_for(post, _BEGUN, least)
                database.close()
                own.restart()
            # Whoever was claimed while the answer of the database was lost is free again when the claim runs out.
            wait_for_the_end(post, 2 * CLAIM_LEASE.total_seconds())
        assert post.states() == {"accepted": 1500}, "the processes lived, and knew what became of everybody"
        assert Counter(arrived(sink).values()) == {1: 1500}
        database.close()


@pytest.mark.parametrize("count", [2, 8])
def test_limits_are_shared_by_all_processes(post: Post, count: int) -> None:
    sent: list[int] = []
    post.workers = 1 if post.db.is_sqlite else count
    with FakeSmtp() as server:
        post.mailing(post.account(server.port, per_minute=30, connections=16), addresses(100))
        for _ in range(10):
            post.send()
            sent.append(len(server.taken))
            post.clock += timedelta(seconds=20)
    assert sent == list(range(6, 61, 6)), "at once a fifth of what a minute may see, whoever takes it"
    assert len(set(server.recipients())) == len(server.taken)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
def test_clocks_that_jump_lose_nobody_and_double_nobody(post: Post, jump: timedelta) -> None:
    post.clock = START + timedelta(hours=2)
    post.workers = 1 if post.db.is_sqlite else 2

    def script(turn: Turn) -> Answer:
        if turn.command == "DATA" and turn.taken in (15, 40):
            post.clock += jump
        return None

    with FakeSmtp(script) as server:
        mailing = post.mailing(post.account(server.port), addresses(60))
        post.run(f"UPDATE recipient SET not_before = '{START:%Y-%m-%d}' WHERE mailing_id = {mailing}")
        for _ in range(40):
            post.send()
            if post.states() == {"accepted": 60}:
                break
            post.clock += timedelta(minutes=10)
    assert post.states() == {"accepted": 60}
    assert sorted(server.recipients()) == sorted(addresses(60))


def test_a_full_disk_pauses_what_is_sent(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    full: list[bool] = []
    _fill_up(post, full)

    async def run() -> None:
        sender = Sender(post.tools(), tick=0.02)
        task = asyncio.create_task(sender.run())
        while "the database cannot be written to" not in caplog.text:
            await asyncio.sleep(0.01)
        taken = len(server.taken)
        full.clear()
        while post.mailing_state(mailing)[0] != "paused":
            await asyncio.sleep(0.05)
        assert len(server.taken) <= taken + post.width
        sender.stop()
        await task

    once = [True]

    def script(turn: Turn) -> Answer:
        if turn.taken == 20 and once:
            full.append(once.pop())
        return None

    with FakeSmtp(script) as server, caplog.at_level(logging.WARNING, "mailcrm.send"):
        mailing = post.mailing(post.account(server.port), addresses(300))
        asyncio.run(asyncio.wait_for(run(), 60))
        assert post.mailing_state(mailing) == ("paused", "disk-full")
        post.run(f"UPDATE mailing SET state = 'running' WHERE id = {mailing}")
        post.send()
    assert post.states() == {"accepted": 300}
    assert sorted(server.recipients()) == sorted(addresses(300))


def _fill_up(post: Post, full: list[bool]) -> None:
    """While the list is not empty, no transaction finds room: SQLite may not grow, PostgreSQL says what it would."""
    if post.db.is_sqlite:
        ((pages,),) = post.rows("PRAGMA page_count")

        def limit(connection: Connection) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {1 if full else 1_000_000}")

        assert pages
        event.listen(post.db.engine, "begin", limit)
        return

    def refuse(connection: Connection) -> None:
        if full and connection.get_execution_options().get("mailcrm_writing"):
            connection.exec_driver_sql(
                "DO $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device'"
                " USING ERRCODE = '53100'; END $$"
            )

    event.listen(post.db.engine, "begin", refuse)


@pytest.mark.server
def test_memory_stays_flat_however_many_wait(post: Post, tmp_path: Path) -> None:
    with smtp_sink(tmp_path / "sink") as sink, Nursery() as nursery:
        mailing = post.mailing(post.account(sink.port, connections=10), addresses(1))
        _many_more(post, mailing, 50_000)
        sizes = []
        with workers(nursery, post, 1) as (child,):
            for least in (500, 1000, 1500):
                wait_for(post, _BEGUN, least)
                sizes.append(psutil.Process(child.pid).memory_info().rss / 2**20)
    assert max(sizes) < 150, "MB"
    assert sizes[-1] - sizes[0] < 10, "MB"


def _many_more(post: Post, mailing: int, count: int) -> None:
    """As many recipients, all with the bytes of the first: what waits is rows."""
    own = ("id", "address", "message_id", "token")
    kept = ", ".join(column.name for column in table(Recipient).columns if column.name not in own)
    for some in parts(range(2, count + 2), 5000):
        numbers = ", ".join(f"({number})" for number in some)
        post.run(
            f"INSERT INTO recipient (id, address, message_id, token, {kept}) "
            f"SELECT n.column1, 'c' || n.column1 || '@client.example', '<o.' || n.column1 || '@firm.example>', "
            f"'t' || n.column1, {kept} FROM recipient, (VALUES {numbers}) AS n WHERE mailing_id = {mailing} AND id = 1"
        )


_WORDS = ("451 4.7.1 greylisted", "450 4.2.0 later", "550 5.1.1 no such user", "552 5.2.2 full", "554 5.7.1 spam",
          "421 4.3.2 busy", "432 4.3.2 wait", "500 what", "drop")  # fmt: skip
_TURNS = st.tuples(st.sampled_from(["MAIL", "RCPT", "DATA", "DOT"]), st.sampled_from([*_WORDS, "late", "hang"]))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans=st.lists(st.lists(_TURNS, max_size=4), min_size=3, max_size=12), count=st.sampled_from([1, 2, 8]))
def test_whatever_a_server_says_everybody_ends_in_one_final_state(
    post: Post, plans: list[list[tuple[str, str]]], count: int
) -> None:
    """Each recipient has a list of what goes wrong in his tries, one a try; then all goes well."""
    post.workers = 1 if post.db.is_sqlite else count
    left = {f"c{n}@x.example": list(plan) for n, plan in enumerate(plans)}

    def script(turn: Turn) -> Answer:
        plan = left.get(turn.recipient or turn.line.partition("<")[2].partition(">")[0], [])
        if not plan or plan[0][0] != turn.command:
            return None
        return {"late": 0.5}.get(said := plan.pop(0)[1], said)

    post.patience = Patience(5.0, 0.2, 0.2)
    with FakeSmtp(script) as server:
        # The mailbox of another person each time: alarms and rests are nobody else's.
        account = post.account(server.port, f"anna{len(post.rows('SELECT 1 FROM mailing'))}@firm.example")
        mailing = post.mailing(account, list(left))
        for _ in range(120):
            post.send()
            if set(post.states(mailing)) <= set(FINAL):
                break
            # Whom alarms stopped, a person lets go on.
            post.run(f"UPDATE mailing SET state = 'running' WHERE id = {mailing} AND state = 'paused'")
            post.clock += timedelta(minutes=50)
    counts = Counter(server.recipients())
    for address, state in post.rows(f"SELECT address, state FROM recipient WHERE mailing_id = {mailing}"):
        assert state in FINAL
        assert counts[str(address)] in {"accepted": (1,), "uncertain": (0, 1)}.get(str(state), (0,))
    post.run("DELETE FROM suppression")
