"""Watcher: one selector thread for all waiting connections; it only says which folders have news."""

import contextlib
import heapq
import itertools
import resource
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from mailcrm.errors import CredentialsRefused, MailcrmError
from mailcrm.net.imap.budget import LoginBudget
from mailcrm.net.imap.news import Outlook, begin, renew, told
from mailcrm.net.imap.session import Session
from mailcrm.net.imap.watched import State, Timing, Watched


class Watcher:
    """`dirty(mailbox_id, raw folder name)` is called when a folder may have news, with None when all should be looked
    at (after each connecting). `failed(mailbox_id, error)` tells why a connection was lost or refused; after
    CredentialsRefused the mailbox is left alone until it is added again. Both are called in the watcher's thread and
    must be quick and not raise. A hint may come late or twice: look at the folder, trust only what is found."""

    def __init__(
        self,
        dirty: Callable[[int, bytes | None], None],
        failed: Callable[[int, MailcrmError], None],
        timing: Timing | None = None,
        budget: LoginBudget | None = None,
    ) -> None:
        self._dirty = dirty
        self._failed = failed
        self._timing = timing or Timing()
        self._budget = budget or LoginBudget()
        self._watches: dict[int, Watched] = {}
        self._calls: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count(1)
        self._pending: set[tuple[int, bytes | None]] = set()
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        self._openers = ThreadPoolExecutor(16, "mailcrm-open")
        self._renewers = ThreadPoolExecutor(16, "mailcrm-renew")  # apart: a dead host must not hold up sweeps
        self._thread = threading.Thread(target=self._loop, name="mailcrm-watcher", daemon=True)
        self._stopping = False

    def start(self) -> None:
        """Starts the thread."""
        _allow_many_files()
        self._thread.start()

    def stop(self) -> None:
        """Closes all connections; returns when the thread has ended."""
        self._stopping = True
        self._wake()
        if self._thread.is_alive():
            self._thread.join(20)
        for pool in (self._openers, self._renewers):
            pool.shutdown(wait=False, cancel_futures=True)

    def add(self, mailbox_id: int, host: str, open_session: Callable[[], Session]) -> None:
        """Watches a mailbox from now on, in place of what was watched under this id. `open_session` is called in a
        thread of its own for every new connection and may raise what `Session.open` does."""
        self._call(lambda: self._begin(Watched(mailbox_id, host, open_session)))

    def remove(self, mailbox_id: int) -> None:
        """Watches it no more."""
        self._call(lambda: self._forget(mailbox_id))

    def states(self) -> dict[int, State]:
        """Every watched mailbox with what is done about it now."""
        return {mailbox_id: watch.state for mailbox_id, watch in list(self._watches.items())}

    # The selector thread

    def _call(self, action: Callable[[], None]) -> None:
        self._calls.append(action)
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it wakes anyway; closed: it has ended
            self._wake_write.send(b"!")

    def _loop(self) -> None:
        while not self._stopping:
            wait = max(self._timers[0][0] - time.monotonic(), 0.0) if self._timers else None
            for key, _ in self._selector.select(wait):
                if key.data is None:
                    with contextlib.suppress(BlockingIOError):
                        self._wake_read.recv(4096)
                else:
                    self._hear(key.data)
            while self._calls:
                self._calls.popleft()()
            while self._timers and self._timers[0][0] <= time.monotonic():
                heapq.heappop(self._timers)[2]()
        for mailbox_id in list(self._watches):
            self._forget(mailbox_id)
        self._selector.close()
        self._wake_read.close()

    def _after(self, seconds: float, action: Callable[[], None]) -> int:
        number = next(self._order)
        heapq.heappush(self._timers, (time.monotonic() + seconds, number, action))
        return number

    def _set_timer(self, watch: Watched, seconds: float, action: Callable[[Watched], None]) -> None:
        """One timer a mailbox: an older one finds itself outdated and does nothing."""

        def fire() -> None:
            if watch.timer == number and not watch.removed:
                action(watch)

        number = self._after(seconds, fire)
        watch.timer = number

    def _begin(self, watch: Watched) -> None:
        self._forget(watch.mailbox_id)
        self._watches[watch.mailbox_id] = watch
        self._connect(watch)

    def _forget(self, mailbox_id: int) -> None:
        watch = self._watches.pop(mailbox_id, None)
        if watch is not None:
            watch.removed = True
            self._drop(watch)

    def _drop(self, watch: Watched) -> None:
        """Closes a connection that no pool thread uses; one that is in use is closed when it comes back."""
        if watch.session is not None:
            self._deafen(watch.session)
            watch.session.close()
            watch.session = None

    def _deafen(self, session: Session) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(session)

    def _connect(self, watch: Watched) -> None:
        wait = self._budget.claim(watch.host, str(watch.mailbox_id))
        if wait > 0:
            self._set_timer(watch, wait, self._connect)
            return
        watch.state = "connecting"
        watch.timer = 0
        self._openers.submit(self._open, watch)

    def _open(self, watch: Watched) -> None:
        """In a pool thread."""
        session = None
        try:
            session = watch.open_session()
            outlook = begin(session)
        except MailcrmError as error:
            self._give_back(watch, session, error)
            return
        if self._stopping:
            session.close()
        else:
            self._call(lambda: self._opened(watch, session, outlook))

    def _give_back(self, watch: Watched, session: Session | None, error: MailcrmError) -> None:
        """In a pool thread: a failure goes to the selector thread, the connection is closed here."""
        if session is not None:
            session.close()
        self._call(lambda: self._lost(watch, error))

    def _opened(self, watch: Watched, session: Session, outlook: Outlook) -> None:
        watch.opened_at = time.monotonic()
        self._wait_for_news(watch, session, outlook)
        if not watch.removed:
            self._mark(watch, None)

    def _wait_for_news(self, watch: Watched, session: Session, outlook: Outlook) -> None:
        if watch.removed or self._stopping:
            session.close()
            return
        watch.session, watch.outlook, watch.state = session, outlook, "watching"
        watch.idle_since = watch.heard_at = time.monotonic()
        if outlook.mode != "poll":
            self._selector.register(session, selectors.EVENT_READ, watch)
        self._set_timer(watch, watch.next_look(self._timing, session, outlook), self._look)
        if outlook.mode != "poll":
            self._hear(watch)  # data may be in the transport already, of which the selector knows nothing

    def _hear(self, watch: Watched) -> None:
        if watch.session is None or watch.outlook is None:
            return
        try:
            lines = watch.session.idle_lines()
        except MailcrmError as error:
            self._lost(watch, error)
            return
        watch.heard_at = time.monotonic()
        news = told(lines, watch.outlook)
        if news is None:
            self._mark(watch, None)
            self._set_timer(watch, 0.0, self._send_to_renew)
        for folder in news or ():
            self._mark(watch, folder)

    def _look(self, watch: Watched) -> None:
        """The timer of a waiting connection: it is renewed in a pool thread, unless it was heard of meanwhile."""
        session, outlook = watch.session, watch.outlook
        if session is None or outlook is None:
            return
        wait = watch.next_look(self._timing, session, outlook)
        if outlook.mode == "notify" and wait > 0.01:
            self._set_timer(watch, wait, self._look)
        else:
            self._send_to_renew(watch)

    def _send_to_renew(self, watch: Watched) -> None:
        if watch.session is not None and watch.outlook is not None:
            self._deafen(watch.session)
            session, watch.session = watch.session, None
            self._renewers.submit(self._renew, watch, session, watch.outlook)

    def _renew(self, watch: Watched, session: Session, outlook: Outlook) -> None:
        """In a pool thread."""
        try:
            outlook, news = renew(session, outlook)
        except MailcrmError as error:
            self._give_back(watch, session, error)
        else:
            self._call(lambda: self._renewed(watch, session, outlook, news))

    def _renewed(self, watch: Watched, session: Session, outlook: Outlook, news: set[bytes]) -> None:
        self._wait_for_news(watch, session, outlook)
        for folder in news:
            self._mark(watch, folder)

    def _lost(self, watch: Watched, error: MailcrmError) -> None:
        if watch.removed:
            return
        self._drop(watch)
        wait = watch.failed(self._timing, error)
        if isinstance(error, CredentialsRefused):
            watch.state = "refused"
            self._budget.refused(watch.host, str(watch.mailbox_id))
        else:
            watch.state = "waiting"
            self._set_timer(watch, wait, self._connect)
        self._failed(watch.mailbox_id, error)

    def _mark(self, watch: Watched, folder: bytes | None) -> None:
        entry = (watch.mailbox_id, folder)
        if entry not in self._pending and not watch.removed:
            self._pending.add(entry)
            self._after(self._timing.debounce, lambda: self._tell(entry))

    def _tell(self, entry: tuple[int, bytes | None]) -> None:
        self._pending.discard(entry)
        if entry[0] in self._watches:
            self._dirty(*entry)


def _allow_many_files() -> None:
    """One descriptor a connection: the soft limit is raised to what the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard if soft != resource.RLIM_INFINITY else soft, hard))
