"""Desk: what a round over a mailbox works with, and the one way in which it writes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mailcrm.errors import LeaseLost
from mailcrm.flow.readers import Readers
from mailcrm.net.blobs import BlobStore
from mailcrm.store import leases
from mailcrm.store.database import Database

LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much at a time, and what is too large or too old."""

    headers: int = 2000
    wanted: int = 4000
    bodies: int = 300
    """While so many are recorded, what is in flight must keep the workers busy."""
    task_bytes: int = 2 << 20
    task_messages: int = 24
    in_flight_bytes: int = 16 << 20
    message_bytes: int = 150 << 20
    window: int = 5000
    slice_seconds: float = 3.0
    """After this long in one folder the others get their turn, so that new mail never waits for old."""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """The tools of a round. `owner` names this process in leases, `now` is the clock (aware, UTC)."""

    database: Database
    blobs: BlobStore
    readers: Readers
    owner: str
    now: Callable[[], datetime]
    limits: Limits = Limits()
    stopping: Callable[[], bool] = lambda: False
    """True once the process should end: a round stops after the batch at hand."""
    note: Callable[[int, int], None] = lambda _messages, _bytes: None
    """Told of every batch that was settled: messages, bytes."""

    @contextmanager
    def recording(self, mailbox_id: int) -> Iterator[Connection]:
        """A write transaction for a mailbox that this process holds the lease of; raises LeaseLost otherwise."""
        with self.database.writing() as connection:
            if not leases.renew(connection, mailbox_id, self.owner, self.now() + LEASE):
                raise LeaseLost("Another process works on this mailbox.")
            yield connection
