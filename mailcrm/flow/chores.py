"""Chores: what is done by the clock, each once however many daemons run on one database.

A chore must bear being done twice: a daemon that is stopped in the middle leaves its lease behind, and after the lease
another one begins anew. One that fails is noted and tried again; the others go on.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.errors import MailcrmError
from mailcrm.flow import (
    duplicates,
    follow_ups,
    groups,
    handover,
    hits,
    mailings,
    report_mail,
    standing,
    webhooks,
)
from mailcrm.flow.edit import By, Office
from mailcrm.flow.reminders import remind
from mailcrm.flow.tally import tally
from mailcrm.flow.tidy import Retention, tidy
from mailcrm.net.blobs import BlobStore
from mailcrm.net.secrets import Keyring
from mailcrm.store import chores
from mailcrm.store.visibility import Policy

log = logging.getLogger("mailcrm.chores")

LOOK = 5.0
"""Seconds between two looks at what is due."""
AGAIN = timedelta(minutes=2)
"""After this time a chore that failed is tried again, unless its turn comes sooner."""


@dataclass(frozen=True, slots=True)
class ChoreTools:
    """What chores work with; `base_url` is where the pages are, for links in mail."""

    office: Office
    blobs: BlobStore
    keyring: Keyring
    base_url: str = ""
    retention: Retention = field(default_factory=Retention)
    policy: Policy = field(default_factory=Policy)
    work: WorkCalendar = field(default_factory=WorkCalendar)


@dataclass(frozen=True, slots=True)
class Chore:
    """One piece of work that comes again: its name in the database, how often, and what is done at a time."""

    name: str
    every: timedelta
    run: Callable[[ChoreTools, datetime], None]


def _webhooks(tools: ChoreTools, now: datetime) -> None:
    webhooks.tell(tools.office.database, tools.keyring, tools.policy, now)


def _follow_ups(tools: ChoreTools, now: datetime) -> None:
    follow_ups.propose(tools.office, tools.work, tools.base_url, now)


def _hits(tools: ChoreTools, now: datetime) -> None:
    hits.count(tools.office.database, now)


def _duplicates(tools: ChoreTools, now: datetime) -> None:
    duplicates.refresh(tools.office, By(None, now))


def _tidy(tools: ChoreTools, now: datetime) -> None:
    tidy(tools.office.database, tools.retention, now)


def _start_mailings(tools: ChoreTools, now: datetime) -> None:
    mailings.start_due(tools.office.database, now, tools.work)
    mailings.put_on_timelines(tools.office.database, now)


def _remind(tools: ChoreTools, now: datetime) -> None:
    remind(tools.office.database, tools.base_url, now)


def _catch_up(tools: ChoreTools, _now: datetime) -> None:
    # What changed outside a recording or an edit: the board never stays wrong for long.
    with tools.office.database.writing() as connection:
        standing.settle(connection, tools.office.own_domains, tools.office.free_mail)


def _handovers(tools: ChoreTools, now: datetime) -> None:
    handover.carry_out_due(tools.office, now)


def _groups(tools: ChoreTools, now: datetime) -> None:
    groups.refresh(tools.office, now)


def _reports(tools: ChoreTools, now: datetime) -> None:
    post = report_mail.ReportPost(tools.base_url, tools.work.zone, tools.policy)
    report_mail.send(tools.office.database, post, now)


def _tally(tools: ChoreTools, now: datetime) -> None:
    tally(tools.office, tools.work, now)


CHORES: tuple[Chore, ...] = (
    Chore("follow-ups", timedelta(hours=1), _follow_ups),
    Chore("hits", timedelta(minutes=30), _hits),
    Chore("mailings", timedelta(seconds=15), _start_mailings),
    Chore("webhooks", timedelta(seconds=5), _webhooks),
    Chore("duplicates", timedelta(days=1), _duplicates),
    Chore("tally", timedelta(seconds=20), _tally),
    Chore("reports", timedelta(minutes=5), _reports),
    Chore("tidy", timedelta(days=1), _tidy),
    Chore("handovers", timedelta(minutes=5), _handovers),
    Chore("groups", timedelta(hours=1), _groups),
    Chore("reminders", timedelta(seconds=20), _remind),
    Chore("board", timedelta(minutes=5), _catch_up),
)
"""All chores of the product, in the order in which they are done where several are due."""


def run_due(
    tools: ChoreTools, owner: str, clock: Callable[[], datetime], wanted: tuple[Chore, ...] = CHORES
) -> list[str]:
    """Do every chore that is due and not being done elsewhere; the names of those that were done.

    Raises StorageFailed where the database does not answer; all other errors are noted at the chore.
    """
    done = []
    for chore in _due(tools, clock(), wanted):
        with tools.office.database.writing() as connection:
            mine = chores.claim(connection, chore.name, chore.every, owner, clock())
        if mine and _done(tools, chore, owner, clock):
            done.append(chore.name)
    return done


def _due(tools: ChoreTools, now: datetime, wanted: tuple[Chore, ...]) -> list[Chore]:
    # Looked at by reading: a look every few seconds must not take turns with those who write.
    with tools.office.database.reading() as connection:
        due_at = {row.name: row.due_at for row in chores.known(connection)}
    if missing := [chore.name for chore in wanted if chore.name not in due_at]:
        with tools.office.database.writing() as connection:
            chores.add_missing(connection, missing, now)
    return [one for one in wanted if one.name in missing or chores.is_due(due_at[one.name], one.every, now)]


def _done(tools: ChoreTools, chore: Chore, owner: str, clock: Callable[[], datetime]) -> bool:
    began = clock()
    # In an executor, so that an error of any kind ends this chore alone.
    with ThreadPoolExecutor(1, thread_name_prefix=f"chore-{chore.name}") as executor:
        error = executor.submit(chore.run, tools, began).exception()
    with tools.office.database.writing() as connection:
        if error is None:
            chores.settle(connection, chore.name, owner, clock(), began + chore.every)
        else:
            reason = str(error) if isinstance(error, MailcrmError) else type(error).__name__
            log.error("chore failed", exc_info=error, extra={"chore": chore.name})
            chores.fail(connection, chore.name, owner, reason, clock() + min(AGAIN, chore.every))
    return error is None


class Clockwork:
    """Does chores in a thread of its own from `start` to `stop`."""

    def __init__(self, tools: ChoreTools, owner: str, clock: Callable[[], datetime]) -> None:
        self._tools, self._owner, self._clock = tools, owner, clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chores", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End after the chore at hand and wait for it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                run_due(self._tools, self._owner, self._clock)
            except MailcrmError as error:
                log.warning("waiting", extra={"reason": str(error)})
            self._stopping.wait(LOOK)
