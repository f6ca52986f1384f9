"""Killing sending processes while they work, and counting what became of everybody."""

import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.post import Post
from tests.send_worker import Child, Nursery
from tests.servers import Sink

_OPEN = "SELECT count(*) FROM recipient WHERE state IN ('queued', 'claimed', 'sending', 'deferred')"
_BEGUN = "SELECT count(*) FROM recipient WHERE dated_at IS NOT NULL"
_ID = re.compile(rb"^Message-ID: (<[^>]+>)", re.M)


@dataclass(frozen=True)
class Toll:
    """What so many kills cost: how many recipients were lost, got two messages, and were uncertain; and how many of
    those stayed so when everything that came back was known."""

    kills: int
    lost: int
    doubled: int
    uncertain: int
    unsettled: int
    seconds: float


@contextmanager
def workers(nursery: Nursery, post: Post, count: int) -> Iterator[list[Child]]:
    """So many processes that send; ended with the block, and none may have ended before."""
    started = [nursery.start(post.db.url, post.folder) for _ in range(count)]
    try:
        yield started
    finally:
        for one in started:
            one.kill()


def kill_and_count(nursery: Nursery, post: Post, sink: Sink, count: int, kills: int, seed: int = 7) -> Toll:
    """Let `count` processes send what is queued, kill one of them after every so many recipients, and count.

    The next kill comes when so many more were begun, by chance up to twice the mean; half of all recipients are for
    the kills, so that none of them finds an empty queue, however slow the machine.
    """
    began = time.perf_counter()
    chance = random.Random(seed)
    total = post.rows(_OPEN)[0][0]
    step = total // (2 * kills)
    with workers(nursery, post, count) as running:
        for _ in range(kills):
            wait_for(post, _BEGUN, post.rows(_BEGUN)[0][0] + chance.randint(1, 2 * step - 1))
            assert post.rows(_OPEN)[0][0], "everybody was written to before the last kill"
            victim = chance.randrange(count)
            running[victim].kill()
            running[victim] = nursery.start(post.db.url, post.folder)
        wait_for_the_end(post)
    states = Counter(dict(post.states()))
    there = arrived(sink)
    lost = _lost(post, there)
    _settle(post, there)
    assert not (set(_uncertain(post)) & set(there)), "evidence was there and settled nothing"
    seconds = time.perf_counter() - began
    doubled = sum(number > 1 for number in there.values())
    return Toll(kills, lost, doubled, states["uncertain"], len(_uncertain(post)), seconds)


def wait_for(post: Post, query: str, least: int, patience: float = 60.0) -> None:
    """Return when a count has come so far; fails when it has stood still for so many seconds."""
    seen, since = -1, time.monotonic()
    while (found := post.rows(query)[0][0]) < least:
        if found != seen:
            seen, since = found, time.monotonic()
        assert time.monotonic() - since < patience, f"nothing is sent any more: {post.states()}"
        time.sleep(0.01)


def wait_for_the_end(post: Post, patience: float = 60.0) -> None:
    """Return when nobody waits any more; fails when that comes no nearer for so many seconds."""
    total = sum(post.states().values())
    wait_for(post, f"SELECT {total} - ({_OPEN})", total, patience)


def arrived(sink: Sink) -> Counter[str]:
    """Message-ID → how often it is at the sink."""
    ids = (_ID.search(path.read_bytes()) for path in sink.folder.iterdir())
    return Counter(match[1].decode() for match in ids if match)


def _lost(post: Post, there: Counter[str]) -> int:
    """How many have no final state, or are called accepted and are not at the server."""
    states = dict(post.rows("SELECT message_id, state FROM recipient"))  # type: ignore[arg-type]
    assert set(there) <= set(states), "messages that nobody was to get"
    gone = [one for one, state in states.items() if state == "accepted" and one not in there]
    return len(gone) + sum(state not in ("accepted", "uncertain") for state in states.values())


def _uncertain(post: Post) -> list[str]:
    return [str(id_) for (id_,) in post.rows("SELECT message_id FROM recipient WHERE state = 'uncertain'")]


def _settle(post: Post, there: Counter[str]) -> None:
    """What a report or a reply to a message says: that it was sent."""
    for number, id_ in post.rows("SELECT id, message_id FROM recipient WHERE state = 'uncertain'"):
        if id_ in there:
            values = f"({number}, 'reply', '2026-03-02', 'mail', '', 1.0, 0, '', 'reply:{number}')"
            columns = "recipient_id, kind, at, source, method, confidence, machine_score, detail, source_key"
            post.run(f"INSERT INTO event ({columns}) VALUES {values}")
    post.run("UPDATE mailing SET state = 'running'")
    post.send()
