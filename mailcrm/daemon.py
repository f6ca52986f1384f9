"""The daemon: watches every mailbox, runs a round where something may be new, retries, and ends cleanly.

One watcher thread hears of news; a few worker threads run rounds, one mailbox each at a time; the calling thread
schedules. Two daemons on one database do no harm: rounds hold leases.
"""

import logging
import math
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from mailcrm.errors import CredentialsRefused, MailcrmError, Temporary
from mailcrm.flow.beside import Beside
from mailcrm.flow.chores import ChoreTools, Clockwork
from mailcrm.flow.credentials import Credentials
from mailcrm.flow.desk import Desk
from mailcrm.flow.rounds import Firm, beat, note_failure, run_round, stop_beating, take_over
from mailcrm.net.imap.budget import LoginBudget
from mailcrm.net.imap.session import Session
from mailcrm.net.imap.watch import Watcher
from mailcrm.net.imap.watched import Timing
from mailcrm.net.process import is_alive
from mailcrm.store import rounds
from mailcrm.store.rounds import Account

log = logging.getLogger("mailcrm.receive")

FULL_ROUND = timedelta(minutes=10)
"""Every mailbox gets a round at least so often, whatever the watcher heard."""
HEARTBEAT = 10.0
SESSION_IDLE = 240.0
"""A worker's connection is kept this long for the next round, so that new mail does not cost a sign-in each."""
LOGIN_QUEUE = 10.0
"""Seconds that a round waits for its turn to sign in before it counts as failed."""
_TICK = 0.5
_BUSY = 5.0


def utc_now() -> datetime:
    """The clock of the daemon."""
    return datetime.now(UTC)


@dataclass
class _State:
    """What the daemon knows of one mailbox."""

    account: Account
    due: bool = True
    last_round: float = 0.0
    failures: int = 0
    retry_at: float = 0.0
    session: Session | None = None
    session_used: float = 0.0
    session_for: tuple[object, ...] = ()
    """The sign-in that the session was opened with: it may have been changed since."""
    running: "Future[None] | None" = None
    watched: bool = False


@dataclass
class Daemon:
    """Reads all active mailboxes until `stop` is called; `run` blocks."""

    desk: Desk
    firm: Firm
    credentials: Credentials
    workers: int = 4
    sweep_seconds: float = 60.0
    chores: ChoreTools | None = None
    """For what is done by the clock; none of it is done without."""
    stopping: threading.Event = field(default_factory=threading.Event)
    _states: dict[int, _State] = field(default_factory=dict)
    _budget: LoginBudget = field(default_factory=LoginBudget)

    def __post_init__(self) -> None:
        self.desk = replace(self.desk, stopping=self.stopping.is_set)
        self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="round")
        self._documents = Beside(self.desk)
        self._clockwork = Clockwork(self.chores, self.desk.owner, self.desk.now) if self.chores else None
        self._watcher = Watcher(self._dirty, self._watch_failed, Timing(sweep=self.sweep_seconds), self._budget)

    def stop(self) -> None:
        """End after the batches at hand; safe in a signal handler."""
        self.stopping.set()

    def run(self) -> None:
        """Watch and read until `stop`."""
        log.info("started", extra={"owner": self.desk.owner})
        self._safely(lambda: take_over(self.desk, is_alive))
        self._watcher.start()
        self._documents.start()
        if self._clockwork:
            self._clockwork.start()
        last_beat = -HEARTBEAT
        try:
            while not self.stopping.wait(_TICK):
                now = time.monotonic()
                if now - last_beat >= HEARTBEAT:
                    last_beat = now
                    self._safely(lambda: beat(self.desk))
                    self._safely(self._refresh)
                self._safely(self._mark_work)
                self._start_rounds(now)
        finally:
            self._end()

    def _safely(self, action: Callable[[], None]) -> None:
        # The daemon outlives a lost database: it waits and goes on.
        try:
            action()
        except MailcrmError as error:
            log.warning("waiting", extra={"reason": str(error)})

    def _refresh(self) -> None:
        # Mailboxes come, go and change while the daemon runs: by the CLI, the web or another process.
        with self.desk.database.reading() as connection:
            accounts = {a.id: a for a in rounds.accounts(connection)}
        for gone in set(self._states) - set(accounts):
            self._watcher.remove(gone)
            self._drop_session(self._states.pop(gone))
        for account in accounts.values():
            known = self._states.get(account.id)
            if known is None:
                self._states[account.id] = _State(account, retry_at=self._not_before(account))
                continue
            if _sign_in(known.account) != _sign_in(account):
                self._watcher.remove(account.id)
                known.watched, known.due, known.retry_at = False, True, self._not_before(account)
            known.account = account

    def _not_before(self, account: Account) -> float:
        # A wait that was begun by an earlier process goes on: a refused password stays refused over a restart.
        if account.next_try_at is None or not account.refusals:
            return 0.0
        return time.monotonic() + max(0.0, (account.next_try_at - self.desk.now()).total_seconds())

    def _mark_work(self) -> None:
        with self.desk.database.reading() as connection:
            waiting = rounds.with_work(connection, self.desk.now())
        for mailbox_id in waiting & set(self._states):
            self._states[mailbox_id].due = True

    def _dirty(self, mailbox_id: int, _folder: bytes | None) -> None:
        state = self._states.get(mailbox_id)
        if state is not None:
            # The server has just spoken to us: a round that failed for its sake need not wait any longer.
            state.due, state.retry_at = True, min(state.retry_at, time.monotonic() + 1.0)

    def _watch_failed(self, mailbox_id: int, error: MailcrmError) -> None:
        log.info("watching stopped", extra={"mailbox": mailbox_id, "reason": str(error)})
        state = self._states.get(mailbox_id)
        if state is None:
            return
        if isinstance(error, CredentialsRefused):
            self._pool.submit(self._failed, state, error)
        else:
            state.due = True  # the round finds out what is wrong, and says so on the mailbox's row

    def _start_rounds(self, now: float) -> None:
        for state in list(self._states.values()):
            if state.running is not None and not state.running.done():
                continue
            state.running = None
            overdue = now - state.last_round >= FULL_ROUND.total_seconds()
            if (state.due or overdue) and now >= state.retry_at:
                state.due, state.last_round = False, now
                state.running = self._pool.submit(self._round, state)
            elif state.session is not None and now - state.session_used > SESSION_IDLE:
                self._drop_session(state)

    def _round(self, state: _State) -> None:
        account = state.account
        try:
            fingerprint = self.credentials.keyring.fingerprint
            if run_round(self.desk, self.firm, account, fingerprint, lambda: self._session(state)) is None:
                # Another process is at it now: whatever it was that called us is looked at once it is done.
                state.due, state.retry_at = True, time.monotonic() + _BUSY
                return
            state.failures, state.session_used = 0, time.monotonic()
            self._watch(state)
        except MailcrmError as error:
            self._failed(state, error)
        except Exception as error:
            # Our own fault: the other mailboxes go on, and the log has the place.
            log.exception("round failed", extra={"mailbox": account.id})
            self._failed(state, Temporary(f"mailcrm itself failed ({type(error).__name__}); the log says where."))

    def _watch(self, state: _State) -> None:
        # Only after a round that went well: a wrong password is tried by the rounds alone, and seldom.
        if not state.watched:
            state.watched = True
            self._watcher.add(state.account.id, state.account.host, lambda: self._open(state.account))

    def _failed(self, state: _State, error: MailcrmError) -> None:
        self._drop_session(state)
        state.failures += 1
        wait = min(600.0, 2.0 * 1.5 ** min(state.failures, 20)) * random.uniform(0.8, 1.2)  # noqa: S311
        state.due, state.retry_at = True, time.monotonic() + wait
        if isinstance(error, CredentialsRefused):
            self._budget.refused(state.account.host, str(state.account.id))
            self._watcher.remove(state.account.id)
            state.watched = False
        log.warning("round failed", extra={"mailbox": state.account.id, "reason": str(error), "retry_in": round(wait)})
        self._safely(lambda: self._note(state, error, wait))

    def _note(self, state: _State, error: MailcrmError, wait: float) -> None:
        note_failure(self.desk, state.account, error, self.desk.now() + timedelta(seconds=wait))
        with self.desk.database.reading() as connection:
            account = rounds.account(connection, state.account.id)
        if account is not None and account.next_try_at is not None:
            seconds = (account.next_try_at - self.desk.now()).total_seconds()
            state.account, state.retry_at = account, time.monotonic() + max(0.0, seconds)

    def _session(self, state: _State) -> Session:
        if state.session is not None and not state.session.broken and state.session_for == _sign_in(state.account):
            return state.session
        self._drop_session(state)
        while (wait := self._budget.claim(state.account.host, f"worker {state.account.id}")) > 0:
            # Many mailboxes of one host queue for moments; only a host that is closed to us counts as a failure.
            if wait > LOGIN_QUEUE or self.stopping.wait(wait):
                raise Temporary(f"{state.account.host} is not asked again for {math.ceil(wait)} seconds.")
        state.session_for = _sign_in(state.account)
        state.session = self._open(state.account)
        return state.session

    def _open(self, account: Account) -> Session:
        return Session.open(self.credentials.server(account), self.credentials.login(account))

    def _drop_session(self, state: _State) -> None:
        if state.session is not None:
            state.session.close()
            state.session = None

    def _end(self) -> None:
        self.stopping.set()
        self._watcher.stop()
        self._pool.shutdown(wait=True)
        self._documents.stop()
        if self._clockwork:
            self._clockwork.stop()
        for state in self._states.values():
            self._drop_session(state)
        self.desk.readers.close()
        self._safely(lambda: stop_beating(self.desk))
        log.info("stopped", extra={"owner": self.desk.owner})


def sync_once(desk: Desk, firm: Firm, credentials: Credentials, accounts: list[Account]) -> dict[str, str]:
    """One round over each mailbox, one after the other; returns what went wrong, by address.

    A mailbox that fails is noted on its row and does not stop the others.
    """
    failures: dict[str, str] = {}
    for account in accounts:
        opened: list[Session] = []

        def session(account: Account = account, opened: list[Session] = opened) -> Session:
            opened.append(Session.open(credentials.server(account), credentials.login(account)))
            return opened[0]

        try:
            if run_round(desk, firm, account, credentials.keyring.fingerprint, session) is None:
                failures[account.address] = "Another process is reading it now."
        except MailcrmError as error:
            note_failure(desk, account, error, desk.now() + timedelta(minutes=1))
            failures[account.address] = str(error)
        finally:
            for one in opened:
                one.close()
    return failures


def _sign_in(account: Account) -> tuple[object, ...]:
    return (account.host, account.port, account.tls, account.login, account.secret, account.secret_source)
