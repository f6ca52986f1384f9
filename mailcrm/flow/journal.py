"""Journal: what all connections have to write down, in one transaction for as many as are waiting (group commit).

A connection that stands before a message asks for its mark and waits until that is durable; what servers answered is
written with the next marks, and before them. So at any instant each connection has at most one recipient of whom nobody
could know, were the process killed now.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from mailcrm.errors import StorageFailed
from mailcrm.flow.consequences import Aftermath, Note
from mailcrm.flow.suppressions import hashed
from mailcrm.store import dispatch, queue, suppressions
from mailcrm.store.database import Database
from mailcrm.store.queue import Claimed, Worker

log = logging.getLogger("mailcrm.send")

Clock = Callable[[Connection], datetime]
_RETRY = 2.0
_FULL = ("full", "no space left")


@dataclass
class _Batch:
    """What one transaction writes."""

    notes: list[Note] = field(default_factory=list)
    marks: list[tuple[Claimed, "asyncio.Future[datetime | None]"]] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    stopped: set[int] = field(default_factory=set)
    """Mailings that somebody was refused for and that send no more: found when it is written."""
    written: asyncio.Event = field(default_factory=asyncio.Event)
    """Done with, or put off until the database can be written to."""

    def __bool__(self) -> bool:
        return bool(self.notes or self.marks or self.returned)


@dataclass
class Journal:
    """The one writer of a sending process. `run` must be going for `mark` to return."""

    database: Database
    clock: Clock
    worker: str
    fingerprint: Callable[[str], int]
    executor: Executor
    """Of one thread: transactions of a process take turns."""
    claimer: Executor
    """Where claims are made, beside it."""
    chance: Callable[[], float] = random.random
    is_down: bool = False
    """The database cannot be written to: nothing is to be begun."""
    commits: int = 0
    _pending: _Batch = field(default_factory=_Batch)
    _under_way: _Batch = field(default_factory=_Batch)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _trouble: str = ""

    def __post_init__(self) -> None:
        self._aftermath = Aftermath(self.chance)

    async def mark(self, claimed: Claimed) -> datetime | None:
        """Durably note that the message to this recipient is about to go; its Date, or None where it must not go."""
        if self._stopping and self.is_down:
            return None
        future: asyncio.Future[datetime | None] = asyncio.get_running_loop().create_future()
        self._pending.marks.append((claimed, future))
        self._wake.set()
        return await future

    async def note(self, note: Note) -> bool:
        """Write down an answer with the next transaction; False where it is known that the mailing sends no more. A
        refusal is waited for: a server that refuses everybody must not be faster than the alarm."""
        batch = self._pending
        batch.notes.append(note)
        self._wake.set()
        if note.answer.is_good or (self._stopping and self.is_down):
            return True
        await batch.written.wait()
        return note.claimed.mailing_id not in batch.stopped

    def give_back(self, claimed: list[Claimed]) -> None:
        """Return recipients who were not tried."""
        self._pending.returned += [one.id for one in claimed]
        self._wake.set()

    async def flush(self) -> None:
        """Return once everything asked for so far is written, or cannot be."""
        while (self._pending or self._under_way) and not self.is_down:
            await asyncio.sleep(0.005)

    def stop(self) -> None:
        """End once everything is written."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Write until `stop`."""
        try:
            await self._run()
        finally:
            # Whatever ended it: nobody may wait for a mark that will not come.
            self.is_down = self._stopping = True
            for batch in (self._under_way, self._pending):
                batch.written.set()
                for _, future in batch.marks:
                    if not future.done():
                        future.set_result(None)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._pending or not self._stopping:
            if not self._pending:
                await self._wake.wait()
                self._wake.clear()
                continue
            batch, self._pending = self._pending, _Batch()
            self._under_way = batch
            try:
                dates = await loop.run_in_executor(self.executor, self._write, batch)
            except StorageFailed as error:
                await self._wait_for_storage(batch, error)
                continue
            self.is_down, self._under_way = False, _Batch()
            batch.written.set()
            for claimed, future in batch.marks:
                if not future.done():
                    future.set_result(dates.get(claimed.id))

    async def _wait_for_storage(self, batch: _Batch, error: StorageFailed) -> None:
        log.warning("the database cannot be written to", extra={"reason": str(error)})
        self.is_down = True
        if any(word in str(error).casefold() for word in _FULL):
            self._trouble = "disk-full"
        for claimed, future in batch.marks:
            # Nothing of them has gone: they return as soon as anything can be written.
            self._pending.returned.append(claimed.id)
            if not future.done():
                future.set_result(None)
        self._pending.notes[:0] = batch.notes
        batch.written.set()
        self._pending.returned[:0] = batch.returned
        if not self._stopping:
            await asyncio.sleep(_RETRY)
        elif not self._pending.notes:
            self._pending = _Batch()  # leases bring them back
        else:
            await asyncio.sleep(_RETRY)

    def _write(self, batch: _Batch) -> dict[int, datetime]:
        with self.database.writing() as connection:
            worker = Worker(self.worker, self.clock(connection))
            if self._trouble:
                dispatch.pause_all(connection, self._trouble)
            if batch.returned:
                queue.give_back(connection, batch.returned, worker)
            self._aftermath.write(connection, batch.notes, worker)
            if refused := {one.claimed.mailing_id for one in batch.notes if not one.answer.is_good}:
                batch.stopped = dispatch.stopped(connection, refused)
            dates = self._mark(connection, [claimed for claimed, _ in batch.marks], worker) if batch.marks else {}
        self._trouble = ""
        self.commits += 1
        return dates

    def _mark(self, connection: Connection, claimed: list[Claimed], worker: Worker) -> dict[int, datetime]:
        erased = {hashed(self.fingerprint, one.address): one.id for one in claimed}
        if names := suppressions.present(connection, list(erased)):
            queue.skip(connection, [erased[name] for name in names], worker)
        ids = [one.id for one in claimed]
        dates = queue.mark(connection, ids, worker)
        if refused := set(ids) - set(dates):
            queue.refuse_suppressed(connection, refused, worker)
        return dates
