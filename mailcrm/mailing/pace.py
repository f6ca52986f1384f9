"""Pace: how fast mail may leave. Limits by GCRA, the first waves of a mailing, and hours in which none leaves.

GCRA (the generic cell rate algorithm) keeps one time a limit, the "theoretical arrival time": when the last of what was
let through would have come, had it come evenly. It survives restarts and is shared by all processes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mailcrm.crm.work_calendar import WorkCalendar, is_working_day

RESERVED = 0.2
"""Of a staff mailbox's quota, for what its owner writes by hand."""
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_END = time(23, 59, 59, 999999)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `burst` at once and then one each `cost`."""

    key: str
    cost: timedelta
    burst: int

    def take(self, tat: datetime | None, now: datetime, wanted: int) -> tuple[int, datetime]:
        """How many of those wanted may pass now, and the new theoretical arrival time to store."""
        base = now if tat is None or tat < now else tat
        room = now + self.cost * self.burst - base
        allowed = max(0, min(wanted, room // self.cost if self.cost else wanted))
        return allowed, base + self.cost * allowed

    def opens(self, tat: datetime, now: datetime) -> datetime:
        """When the next one may pass."""
        return max(now, tat - self.cost * (self.burst - 1))


def limit(key: str, count: int, span: timedelta) -> Limit:
    """A limit that lets `count` pass in any `span` and never more: a part of them at once, the rest evenly."""
    burst = max(1, count // 5)
    return Limit(key, span / max(1, count - burst), burst)


def account_limits(account_id: int, per_minute: int, per_day: int, staff: bool) -> list[Limit]:
    """The limits of one account; 0 stands for none. A staff mailbox keeps a fifth of its day for its owner."""
    found = []
    if per_minute:
        found.append(limit(f"account:{account_id}:minute", per_minute, _MINUTE))
    if per_day:
        day = int(per_day * (1 - RESERVED)) if staff else per_day
        found.append(limit(f"account:{account_id}:day", max(1, day), _DAY))
    return found


def domain_limit(account_id: int, domain: str, per_minute: int) -> Limit:
    """The limit of one account towards one domain."""
    return limit(f"account:{account_id}:domain:{domain}", per_minute, _MINUTE)


# The first waves


@dataclass(frozen=True, slots=True)
class Ramp:
    """How many are in each of the first waves (the last one has the rest), and the minutes between waves."""

    sizes: tuple[int, ...] = ()
    gap: timedelta = timedelta(minutes=3)

    def wave(self, position: int) -> int:
        """The wave of the recipient at this position, from 0."""
        reached = 0
        for number, size in enumerate(self.sizes):
            reached += size
            if position < reached:
                return number
        return len(self.sizes)


USUAL_RAMP = Ramp((5, 25, 100))


def ramp_of(text: str) -> Ramp:
    """The ramp that `mailing.ramp` says: `{"sizes": [5, 25, 100], "minutes": 3}`; empty for one wave with all."""
    if not text:
        return Ramp()
    found = json.loads(text)
    return Ramp(tuple(int(size) for size in found.get("sizes", ())), timedelta(minutes=float(found.get("minutes", 3))))


# Hours


@dataclass(frozen=True, slots=True)
class Window:
    """Mail leaves on these days (1 is Monday) from one local time to the other."""

    days: frozenset[int] = frozenset(range(1, 8))
    start: time = time(0)
    end: time = _END
    working: bool = False
    """On working days alone."""

    def is_open(self, now: datetime, zone: str, work: WorkCalendar) -> bool:
        """Whether mail may leave now; the calendar says which days are worked."""
        local = now.astimezone(ZoneInfo(zone))
        return self._may_on(local.date(), work) and self.start <= local.time() < self.end

    def opens(self, now: datetime, zone: str, work: WorkCalendar) -> datetime:
        """When mail may leave again, in UTC: now, or the next beginning within five weeks."""
        if self.is_open(now, zone, work):
            return now
        here = ZoneInfo(zone)
        local = now.astimezone(here)
        for ahead in range(36):
            day = local.date() + timedelta(days=ahead)
            begin = datetime.combine(day, self.start, here).astimezone(UTC)
            if self._may_on(day, work) and begin >= now:
                return begin
        return now + timedelta(days=36)

    def _may_on(self, day: date, work: WorkCalendar) -> bool:
        return day.isoweekday() in self.days and (not self.working or is_working_day(work, day))


def window_of(text: str) -> Window | None:
    """What `mailing.window` says: `{"days": [1, 2, 3], "from": "09:00", "to": "17:00", "working": true}`; None for any
    time."""
    if not text:
        return None
    found = json.loads(text)
    days = frozenset(int(day) for day in found.get("days", range(1, 8)))
    end = found.get("to", "")
    begin, close = time.fromisoformat(found.get("from", "00:00")), time.fromisoformat(end) if end else _END
    return Window(days, begin, close, bool(found.get("working")))


# When to stop by oneself

FIRST, LAST = 20, 200
_ALARMS = (("blocked", 3, 0.05, "blocked"), ("unanswered", 3, 0.05, "unanswered"), ("hard", 5, 0.15, "addresses"))
"""Of the first so many; later the share of the last ones."""


def alarm(recent: Sequence[str]) -> str:
    """Why a mailing must pause, by what became of its last recipients, oldest first; empty where all is well.

    Each is "ok", "blocked" (policy or spam), "unanswered" (silence after the final dot) or "hard" (no such address).
    """
    first, last = recent[:FIRST], recent[-LAST:]
    for kind, least, share, reason in _ALARMS:
        if len(recent) <= FIRST and first.count(kind) >= least:
            return reason
        if len(recent) > FIRST and last.count(kind) >= max(least, len(last) * share):
            return reason
    return ""
