"""How long clients waited for an answer: what reports count of the messages of one thread with one client."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mailcrm.crm.work_calendar import WorkCalendar, working_time
from mailcrm.mail.message import Kind

FIRST_DAY = date(1970, 1, 1)
WAITS, WAITS_FIRST = 1, 2
"""A message with which a client began to wait for us; the first such of its thread."""
_PEOPLE = (Kind.HUMAN, Kind.CALENDAR)


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a thread as it stands on the timeline of the client."""

    id: int
    """Of the entry."""
    message_id: int
    at: datetime
    direction: str
    kind: str
    author_id: int | None


@dataclass(frozen=True, slots=True)
class Tally:
    """What reports count of one message; all of it empty where no person wrote it."""

    day: int | None = None
    """In the company's zone, counted from 1970-01-01."""
    actor_id: int | None = None
    wait: int | None = None
    reply_id: int | None = None
    reply_by: int | None = None
    reply_day: int | None = None
    reply_minutes: int | None = None
    """Of working time, begun minutes not counted."""


def tallies(calendar: WorkCalendar, lines: Sequence[Line]) -> dict[int, Tally]:
    """What reports count of the messages of one thread with one client, by entry.

    A wait begins with the first message of the client that we have not answered, and ends with the first message that
    any of us writes after it; what the client adds meanwhile begins no other one. Robots neither ask nor answer.
    """
    found: dict[int, Tally] = {}
    asked: Line | None = None
    waits = WAITS_FIRST
    for line in sorted(lines, key=lambda one: (one.at, one.id)):
        if line.kind not in _PEOPLE:
            found[line.id] = Tally()
            continue
        found[line.id] = Tally(day_number(calendar, line.at), line.author_id)
        if line.direction == "in" and line.kind == Kind.HUMAN and asked is None:
            asked = line
            found[line.id] = Tally(day_number(calendar, line.at), line.author_id, waits)
            waits = WAITS
        elif line.direction == "out" and asked is not None:
            found[asked.id] = _answered(calendar, asked, found[asked.id], line)
            asked = None
    return found


def day_number(calendar: WorkCalendar, at: datetime) -> int:
    """The day of a moment in the company's zone, counted from 1970-01-01."""
    return (at.astimezone(calendar.zone).date() - FIRST_DAY).days


def _answered(calendar: WorkCalendar, asked: Line, so_far: Tally, reply: Line) -> Tally:
    minutes = working_time(calendar, asked.at, reply.at) // timedelta(minutes=1)
    day = day_number(calendar, reply.at)
    return Tally(so_far.day, so_far.actor_id, so_far.wait, reply.message_id, reply.author_id, day, minutes)
