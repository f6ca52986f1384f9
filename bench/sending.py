"""Sending into smtp-sink, against smtp-source; the whole engine on both databases; a far server."""

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import uvloop

from bench import maildir, measure
from mailcrm.flow.migrate import migrate
from mailcrm.flow.sender import Sender
from mailcrm.flow.tools import Patience
from mailcrm.net.smtp.opening import open_line
from mailcrm.net.smtp.session import Session
from mailcrm.net.smtp.values import Envelope, Features, SmtpServer
from mailcrm.store import queue
from mailcrm.store.database import Database
from tests.post import Post, addresses
from tests.postgres import cluster
from tests.servers import free_port, listens, program, running, wait_until

CONNECTIONS, MANY_CONNECTIONS = 10, 40
SIZE = 5_000
_RAW = b"From: anna@firm.example\r\nTo: bob@client.example\r\nSubject: Offer\r\n\r\n" + b"x" * 76 * 64 + b"\r\n"


def run(messages: int = 20_000, recipients: int = 10_000, many: int = 50_000) -> Iterator[str]:
    """The sections of the results in Markdown."""
    yield _wire(messages)
    yield _far()
    yield _engine(recipients, many)


@contextmanager
def sink(delay_ms: int = 0) -> Iterator[int]:
    """A server that takes everything and keeps nothing; with a delay it stands a network away."""
    port = free_port()
    account = ["-u", "root"] if os.geteuid() == 0 else []
    with running([program("smtp-sink", "postfix"), *account, f"127.0.0.1:{port}", "1000"], port):
        if not delay_ms:
            yield port
            return
        with _delayed(port, delay_ms / 2000) as far:
            yield far


def _wire(messages: int) -> str:
    """The same messages over the same number of connections, in turns."""
    rates: dict[str, list[float]] = {"smtp-source": [], "plain": [], "pipelined": []}
    with sink() as port:
        for _ in range(3):
            rates["smtp-source"].append(_source(port, messages))
            rates["plain"].append(_sessions(port, messages // 2, pipelined=False))
            rates["pipelined"].append(_sessions(port, messages, pipelined=True))
    best = {name: measure.median(found) for name, found in rates.items()}
    rows = [(name, rate, rate / best["smtp-source"]) for name, rate in best.items()]
    head = (f"{CONNECTIONS} connections, {SIZE // 1000} KB", "messages/s", "× smtp-source")
    return f"## The wire (load {os.getloadavg()[0]:.1f})\n\n" + measure.table(head, rows) + "\n"


def _far() -> str:
    with sink(40) as port:
        plain, pipelined = (_sessions(port, count, pipelined=way) for count, way in ((400, False), (1500, True)))
    rows = [("plain", plain, 1.0), ("pipelined", pipelined, pipelined / plain)]
    return "## 40 ms round trip\n\n" + measure.table(("10 connections", "messages/s", "× plain"), rows) + "\n"


def _source(port: int, messages: int) -> float:
    command = [program("smtp-source", "postfix"), "-s", str(CONNECTIONS), "-m", str(messages), "-l", str(SIZE)]
    began = time.perf_counter()
    subprocess.run([*command, "-d", f"127.0.0.1:{port}"], check=True, stderr=subprocess.DEVNULL)
    return messages / (time.perf_counter() - began)


def _sessions(port: int, messages: int, pipelined: bool) -> float:
    """Our sessions alone, under uvloop, without queue or database."""
    server = SmtpServer("127.0.0.1", port, "plain")

    async def connection(count: int) -> None:
        line = await open_line(server, None)
        if not pipelined:
            line.features = Features(line.features.names - {"pipelining"})
        session = Session(line, server)
        following: Envelope | None = Envelope("anna@firm.example", "bob@client.example")
        for left in range(count, 0, -1):
            envelope = following or Envelope("", "")
            following = Envelope("anna@firm.example", "bob@client.example") if left > 1 else None
            if await session.offer(envelope) is not None or not (await session.send(_RAW, following)).is_good:
                raise RuntimeError("the sink says no")
        await session.quit()

    async def all_() -> None:
        await asyncio.gather(*(connection(messages // CONNECTIONS) for _ in range(CONNECTIONS)))

    began = time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(all_())
    return messages / (time.perf_counter() - began)


def _engine(recipients: int, many: int) -> str:
    rows = []
    with cluster() as server, sink() as port:
        for name, count in (("SQLite", recipients), ("PostgreSQL", recipients), (f"SQLite, {many}", many)):
            for connections in (CONNECTIONS, MANY_CONNECTIONS):
                with tempfile.TemporaryDirectory(prefix="sending-", dir=maildir.CACHE) as folder:
                    url = server.url(server.fresh()) if name == "PostgreSQL" else f"sqlite:///{folder}/mailcrm.db"
                    rows.append((name, connections, *_send(_post(folder, url, connections), port, count)))
    head = ("claims, marks, records, blobs", "connections", "messages/s", "messages a commit", "resident MB")
    return f"## The whole engine (load {os.getloadavg()[0]:.1f})\n\n" + measure.table(head, rows) + "\n"


def _post(folder: str, url: str, connections: int) -> Post:
    database = Database(url)
    migrate(database)
    return Post(database, Path(folder) / "post", datetime.now(UTC), Patience(), connections)


def _send(post: Post, port: int, recipients: int) -> tuple[float, float, float]:
    post.mailing(post.account(port), addresses(recipients))
    sender = Sender(post.tools(clock=queue.database_now), tick=0.05)
    peak = [0.0]

    async def look() -> None:
        while True:
            peak[0] = max(peak[0], psutil.Process().memory_info().rss / 2**20)
            await asyncio.sleep(0.25)

    async def send() -> None:
        looking = asyncio.create_task(look())
        await sender.run(once=True)
        looking.cancel()

    began = time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(send())
    seconds = time.perf_counter() - began
    assert post.states() == {"accepted": recipients}
    post.db.close()
    return recipients / seconds, recipients / max(1, sender.commits), peak[0]


@contextmanager
def _delayed(port: int, one_way: float) -> Iterator[int]:
    """A relay in a process of its own that hands every byte on after so many seconds, both ways."""
    far = free_port()
    code = _RELAY.format(far=far, port=port, one_way=one_way)
    with running([psutil.Process().exe(), "-c", code], far):
        wait_until(lambda: listens(far), "the relay listens")
        yield far


_RELAY = """
import asyncio
async def pump(reader, writer):
    loop = asyncio.get_running_loop()
    while data := await reader.read(1 << 16):
        loop.call_later({one_way}, writer.write, data)
    loop.call_later({one_way}, writer.close)
async def serve(reader, writer):
    up, down = await asyncio.open_connection("127.0.0.1", {port})
    await asyncio.gather(pump(reader, down), pump(up, writer))
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", {far})
    await server.serve_forever()
asyncio.run(main())
"""
