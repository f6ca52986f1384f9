"""Sender: a process that sends. It looks for what is due, lets each account send on its connections, and ends cleanly.

Several of them on PostgreSQL share one queue; what an account may have of connections is divided among them.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mailcrm.errors import MailcrmError
from mailcrm.flow.connections import IDLE, Connections
from mailcrm.flow.journal import Journal
from mailcrm.flow.notify import Notifier
from mailcrm.flow.outbox import Outbox
from mailcrm.flow.probe import run_asked
from mailcrm.flow.send import carry
from mailcrm.flow.sent_copies import Copies
from mailcrm.flow.supervise import Plan, of_account, supervise
from mailcrm.flow.tools import SendTools
from mailcrm.store import rounds
from mailcrm.store.send_accounts import SendAccountRow

log = logging.getLogger("mailcrm.send")

TICK = 0.5
BEAT = 3.0


@dataclass
class Sender:
    """Sends until `stop`; with `once`, until nothing is due."""

    tools: SendTools
    tick: float = TICK
    commits: int = 0
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[int, tuple[Outbox, "asyncio.Task[None]"]] = field(default_factory=dict)
    _connections: dict[int, Connections] = field(default_factory=dict)
    _beside: dict[str, "asyncio.Task[int]"] = field(default_factory=dict)
    _share: int = 1
    """How many processes share the connections of an account."""
    _beat_at: float = -1e9

    def __post_init__(self) -> None:
        self._notifier, self._copies = Notifier(self.tools), Copies(self.tools)

    def stop(self) -> None:
        """End after the messages at hand; call it in the event loop."""
        self._stopping.set()
        for outbox, _ in self._running.values():
            outbox.shut()

    async def run(self, once: bool = False) -> None:
        """Send."""
        writer, claimer = ThreadPoolExecutor(1, "journal"), ThreadPoolExecutor(2, "claims")
        fingerprint = self.tools.credentials.keyring.fingerprint
        tools = self.tools
        journal = Journal(tools.database, tools.clock, tools.worker, fingerprint, writer, claimer, tools.chance)
        writing = asyncio.create_task(journal.run())
        writing.add_done_callback(lambda _: self.stop())
        try:
            await self._turn(journal, claimer, once)
        finally:
            self.stop()
            tasks = [task for _, task in self._running.values()] + list(self._beside.values())
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.gather(*(one.close() for one in self._connections.values()))
            journal.stop()
            await writing
            self.commits = journal.commits
            writer.shutdown()
            claimer.shutdown()

    async def _turn(self, journal: Journal, claimer: ThreadPoolExecutor, once: bool) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            try:
                plan, share = await loop.run_in_executor(claimer, self._look)
            except MailcrmError as error:
                log.warning("waiting", extra={"reason": str(error)})
                plan, share = Plan((), ()), 1
            for account in plan.accounts:
                self._start(journal, account, plan, share)
            if once and not self._running:
                await self._notifier.turn()
                await asyncio.to_thread(self._copies.turn)
                return
            self._turn_beside()
            await self._pause(self.tick)
            if once and not await self._finish(journal):
                return
            self._collect()
            await asyncio.gather(*(one.close(IDLE) for one in self._connections.values()))

    def _turn_beside(self) -> None:
        """Notifications, copies for Sent and probes, each in its own time."""
        turns: dict[str, Callable[[], Coroutine[Any, Any, int]]] = {
            "notifications": self._notifier.turn,
            "copies": partial(asyncio.to_thread, self._copies.turn),
            "probes": partial(run_asked, self.tools),
        }
        for name, turn in turns.items():
            task = self._beside.pop(name, None)
            if task is not None and task.done() and (error := task.exception()) is not None:
                # A database or a server that does not answer is waited for; anything else is worth a look.
                waits = isinstance(error, MailcrmError)
                log.log(
                    logging.WARNING if waits else logging.ERROR,
                    "waiting" if waits else "stopped",
                    exc_info=None if waits else error,
                    extra={"what": name, "reason": str(error)},
                )
            if task is None or task.done():
                task = asyncio.create_task(turn())
            self._beside[name] = task

    async def _finish(self, journal: Journal) -> bool:
        """Wait for all accounts; whether any of them had something to send."""
        runs = list(self._running.values())
        await asyncio.gather(*(task for _, task in runs), return_exceptions=True)
        await journal.flush()
        return any(outbox.count for outbox, _ in runs)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    def _look(self) -> tuple[Plan, int]:
        plan = supervise(self.tools, tuple(self._running))
        if time.monotonic() - self._beat_at > BEAT:
            with self.tools.database.writing() as connection:
                self._share = rounds.live(connection, self.tools.worker, self.tools.clock(connection))
            self._beat_at = time.monotonic()
        return plan, self._share

    def _start(self, journal: Journal, account: SendAccountRow, plan: Plan, share: int) -> None:
        if account.id in self._running or journal.is_down:
            return
        width = max(1, (account.connections >> account.breaker_step) // share)
        outbox = Outbox(self.tools, journal, account, of_account(plan, account.id), width)
        connections = self._connections.get(account.id)
        if connections is None or _sign_in(connections.account) != _sign_in(account):
            connections = self._connections[account.id] = Connections(self.tools, account)
        lives = [carry(outbox, journal, connections) for _ in range(width)]
        self._running[account.id] = outbox, asyncio.create_task(_all(lives))

    def _collect(self) -> None:
        for account_id, (_, task) in list(self._running.items()):
            if task.done():
                del self._running[account_id]
                if (error := task.exception()) is not None:
                    log.error("sending stopped", exc_info=error, extra={"account": account_id})


async def _all(lives: list[Coroutine[Any, Any, None]]) -> None:
    """All connections of an account; the first error is raised after the others have ended."""
    results = await asyncio.gather(*lives, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


def _sign_in(account: SendAccountRow) -> tuple[object, ...]:
    return (account.host, account.port, account.tls, account.login, account.secret, account.secret_source)
