"""Live arrival: one thread per process asks the database what is new and wakes the streams that wait for it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mailcrm.errors import StorageFailed
from mailcrm.store import arrivals
from mailcrm.store.database import Database

POLL_SECONDS = 0.7
BEAT_SECONDS = 15.0
_OVERLAP = 500
"""Numbers looked at again: on PostgreSQL a lower one may be committed after a higher one."""


class Arrivals:
    """What is new for which client; asks nothing while nobody listens."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changed = threading.Condition()
        self._listeners = 0
        self._newest = 0
        self._seen: set[int] = set()
        self._news: list[tuple[int, int, int]] = []
        self._turn = 0
        self._running = False

    @contextmanager
    def listening(self, most: int) -> Iterator[bool]:
        """Be told of what is new while inside; False where `most` listen already."""
        with self._changed:
            welcome = self._listeners < most
            if welcome and not self._running:
                # Before the caller asks what it missed: from here on nothing falls between.
                self._look()
                self._running = True
                self._listeners += 1
                threading.Thread(target=self._watch, name="arrivals", daemon=True).start()
            elif welcome:
                self._listeners += 1
        try:
            yield welcome
        finally:
            with self._changed:
                self._listeners -= welcome

    def turn(self) -> int:
        """The number of the last look; give it to `wait`."""
        with self._changed:
            return self._turn

    def wait(self, client_id: int, turn: int, seconds: float) -> tuple[int, list[int]]:
        """The last look, and the entries that came to a client since `turn`; returns after `seconds` at the latest."""
        ends = time.monotonic() + seconds
        with self._changed:
            while True:
                found = [entry for seen, entry, client in self._news if seen > turn and client == client_id]
                left = ends - time.monotonic()
                if found or left <= 0:
                    return self._turn, found
                self._changed.wait(left)

    def _watch(self) -> None:
        while True:
            with self._changed:
                if not self._listeners:
                    self._running = False
                    self._seen.clear()
                    return
            time.sleep(POLL_SECONDS)
            try:
                self._look()
            except StorageFailed:
                # The pages say so themselves; the next look may succeed.
                time.sleep(BEAT_SECONDS)

    def _look(self) -> None:
        with self._database.reading() as connection:
            first = not self._seen
            if first:
                self._newest = arrivals.newest(connection)
            rows = arrivals.since(connection, self._newest - _OVERLAP)
        fresh = [] if first else [row for row in rows if row[0] not in self._seen]
        self._seen = {entry for entry, _ in rows} or {0}
        self._newest = max(self._newest, *self._seen)
        if fresh:
            with self._changed:
                self._turn += 1
                self._news = self._news[-1000:] + [(self._turn, entry, client) for entry, client in fresh]
                self._changed.notify_all()
