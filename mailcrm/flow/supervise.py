"""Supervising: once a second, what no connection decides. Waves, hours, the end of mailings, lost workers, evidence."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.flow.tools import SendTools
from mailcrm.mailing.pace import ramp_of, window_of
from mailcrm.store import dispatch, queue, rounds, send_accounts
from mailcrm.store.dispatch import Running
from mailcrm.store.queue import Source, Worker
from mailcrm.store.send_accounts import SendAccountRow

_LEAVING = ("queued", "claimed", "sending")
_UNFINISHED = (*_LEAVING, "new", "rendered", "deferred")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be sent now, by account."""

    accounts: tuple[SendAccountRow, ...]
    sources: tuple[Source, ...]


def supervise(tools: SendTools, busy: Collection[int] = ()) -> Plan:
    """Bring all mailings up to the present, and say what is due. `busy` are the accounts that this process works for.

    Raises StorageFailed.
    """
    with tools.database.writing() as connection:
        now = tools.clock(connection)
        dead = [name for name in queue.workers(connection) if name != tools.worker and not tools.is_alive(name)]
        queue.reap(connection, now, dead, tools.worker)
        queue.release_forgotten(connection, Worker(tools.worker, now), busy)
        if dead:
            rounds.forget(connection, dead)  # what it had of connections is for the living
        dispatch.settle_by_evidence(connection, now)
        dispatch.repeat_notices(connection, now)
        mailings = dispatch.running(connection)
        for mailing in mailings:
            _advance(connection, mailing, now)
        open_now = [one.id for one in mailings if _is_open(one, now, tools.work)]
        sources = dispatch.due(connection, open_now, now) if open_now else []
        wanted = {source.account_id for source in sources}
        rows = send_accounts.accounts(connection) if wanted else []
    return Plan(tuple(row for row in rows if row.id in wanted), tuple(sources))


def of_account(plan: Plan, account_id: int) -> Sequence[Source]:
    """Where this account has something to send."""
    return [source for source in plan.sources if source.account_id == account_id]


def _is_open(mailing: Running, now: datetime, work: WorkCalendar) -> bool:
    window = window_of(mailing.window)
    return window is None or window.is_open(now, mailing.zone, work)


def _advance(connection: Connection, mailing: Running, now: datetime) -> None:
    """The next wave, "finishing" once only those are left whom a server put off, "done" once nobody is."""
    present = dispatch.present(connection, mailing.id, _UNFINISHED)
    if not present.isdisjoint(_LEAVING):
        _next_wave(connection, mailing, now)
        dispatch.change(connection, mailing.id, ("finishing",), state="running")
    elif not present.isdisjoint(("new", "rendered")):
        return
    elif present:
        _next_wave(connection, mailing, now)
        dispatch.change(connection, mailing.id, ("running",), state="finishing")
    else:
        dispatch.change(connection, mailing.id, ("running", "finishing"), state="done", finished_at=now)


def _next_wave(connection: Connection, mailing: Running, now: datetime) -> None:
    """A wave may leave some minutes after the one before has left: time to notice a wrong price, or an alarm."""
    ramp = ramp_of(mailing.ramp)
    if mailing.wave >= len(ramp.sizes):
        return
    if mailing.wave_at is None:
        if not dispatch.present(connection, mailing.id, _LEAVING, mailing.wave):
            dispatch.change(connection, mailing.id, (mailing.state,), wave_at=now + ramp.gap)
    elif mailing.wave_at <= now:
        dispatch.change(connection, mailing.id, (mailing.state,), wave=mailing.wave + 1, wave_at=None)
