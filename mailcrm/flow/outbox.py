"""Outbox: what one account has to send, claimed ahead of its connections and within its limits."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailcrm.errors import NotFound, StorageFailed
from mailcrm.flow.journal import Journal
from mailcrm.flow.tools import SendTools
from mailcrm.mailing.pace import account_limits, domain_limit
from mailcrm.mailing.wire import Unwritable, wire_address
from mailcrm.net.smtp.values import Envelope
from mailcrm.store import limits, queue
from mailcrm.store.queue import Claimed, Source, Worker
from mailcrm.store.send_accounts import SendAccountRow

log = logging.getLogger("mailcrm.send")

AHEAD = 4
"""Messages claimed for each connection: enough that none waits, few enough that a pause finds little under way."""
SMALL = 256 << 10
"""Larger messages are read when their turn comes, so that memory does not grow with what is claimed."""
_DATE_BYTES = 40


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message that may be offered now. `fault` says why it cannot even be tried."""

    claimed: Claimed
    envelope: Envelope
    raw: bytes = b""
    fault: str = ""


class Outbox:
    """Use in one event loop. `next` and `follow` give each claimed recipient to one connection."""

    def __init__(
        self, tools: SendTools, journal: Journal, account: SendAccountRow, sources: Sequence[Source], width: int
    ) -> None:
        self.account = account
        self.count = 0
        """How many were claimed."""
        self._tools, self._journal = tools, journal
        self._sources = deque(sources)
        self._width = width
        self._ready: deque[Parcel] = deque()
        self._filling: asyncio.Task[None] | None = None
        self._shut = False

    def follow(self) -> Parcel | None:
        """The next one that is at hand; None where one would have to wait."""
        if len(self._ready) <= self._width and not self._shut and self._filling is None and not self._journal.is_down:
            self._filling = asyncio.get_running_loop().create_task(self._fill())
        return self._ready.popleft() if self._ready else None

    async def next(self) -> Parcel | None:
        """The next one; None where nothing may be sent any more, or the database does not answer."""
        while (parcel := self.follow()) is None:
            if self._filling is None:
                return None
            await asyncio.shield(self._filling)
        return parcel

    def shut(self) -> None:
        """Claim no more, and give back what is at hand."""
        self._shut = True
        self._journal.give_back([one.claimed for one in self._ready])
        self._ready.clear()

    def recheck(self, mailing_id: int) -> None:
        """One recipient must not be written to: perhaps none of the mailing."""
        returned = [one for one in self._ready if one.claimed.mailing_id == mailing_id]
        self._journal.give_back([one.claimed for one in returned])
        self._ready = deque(one for one in self._ready if one.claimed.mailing_id != mailing_id)

    async def read(self, parcel: Parcel) -> bytes:
        """The bytes of a message; raises NotFound where they are lost, StorageFailed."""
        if parcel.raw:
            return parcel.raw
        return await asyncio.to_thread(self._tools.blobs.read, parcel.claimed.raw_sha256)

    async def _fill(self) -> None:
        try:
            wanted = self._width * AHEAD
            found = await asyncio.get_running_loop().run_in_executor(self._journal.claimer, self._claim, wanted)
        except StorageFailed as error:
            # The connections end in order; supervising looks for work again once the database answers.
            log.warning("waiting", extra={"reason": str(error)})
            found = []
        finally:
            self._filling = None
        if not found:
            self._shut = True
        if self._shut:
            self._journal.give_back([one.claimed for one in found])
        else:
            self._ready.extend(found)

    def _claim(self, wanted: int) -> list[Parcel]:
        account = self.account
        own = account_limits(account.id, account.per_minute, account.per_day, staff=account.user_id is not None)
        with self._tools.database.writing() as connection:
            worker = Worker(self._tools.worker, self._tools.clock(connection))
            allowed, _ = limits.take(connection, own, worker.now, wanted) if own else (wanted, worker.now)
            kept: list[Claimed] = []
            while len(kept) < allowed and (claimed := self._claim_once(connection, worker, allowed - len(kept))):
                kept += self._within_domains(connection, claimed, worker)
            if own and allowed > len(kept):
                limits.give_back(connection, own, allowed - len(kept))
        self.count += len(kept)
        return [_parcel(self._tools, account.address, one) for one in kept]

    def _claim_once(self, connection: Connection, worker: Worker, wanted: int) -> list[Claimed]:
        claimed: list[Claimed] = []
        for _ in range(len(self._sources)):
            # In turn, so that a large mailing never holds up a small one.
            if len(claimed) < wanted:
                claimed += queue.claim(connection, self._sources[0], worker, wanted - len(claimed))
                self._sources.rotate(-1)
        return claimed

    def _within_domains(self, connection: Connection, claimed: list[Claimed], worker: Worker) -> list[Claimed]:
        per_minute = self.account.domain_per_minute
        if not per_minute:
            return claimed
        kept: list[Claimed] = []
        for domain, count in Counter(one.address.rpartition("@")[2] for one in claimed).items():
            rule = domain_limit(self.account.id, domain, per_minute)
            allowed, opens = limits.take(connection, [rule], worker.now, count)
            here = [one for one in claimed if one.address.endswith(f"@{domain}")]
            kept += here[:allowed]
            queue.give_back(connection, [one.id for one in here[allowed:]], worker, _later(opens, worker.now))
        return sorted(kept, key=lambda one: one.id)


def _later(opens: datetime, now: datetime) -> datetime | None:
    return opens if opens > now else None


def _parcel(tools: SendTools, sender: str, claimed: Claimed) -> Parcel:
    id_ = claimed.message_id.strip("<>").partition("@")[0]
    try:
        envelope = Envelope(wire_address(sender), wire_address(claimed.address), id_, claimed.raw_size + _DATE_BYTES)
        raw = tools.blobs.read(claimed.raw_sha256) if claimed.raw_size <= SMALL else b""
    except (Unwritable, NotFound) as error:
        return Parcel(claimed, Envelope("", ""), fault=str(error))
    return Parcel(claimed, envelope, raw)
