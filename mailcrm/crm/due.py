"""When something is due: a day, perhaps a time, in a zone; its moment in UTC, and when to remind of it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

MORNING = time(9)
"""When one is reminded of what has a day and no time."""
_DAY = timedelta(days=1)


class Reminder(StrEnum):
    """When to remind."""

    NONE = ""
    AT = "at"
    """At the time; in the morning of the day where there is none."""
    HOUR = "hour"
    """An hour before; in the morning where there is no time."""
    DAY = "day"
    """In the morning of the day before."""


@dataclass(frozen=True, slots=True)
class Due:
    """A day and perhaps a time of it, as people say it."""

    on: date
    at: time | None = None


def moment(due: Due, zone: tzinfo) -> datetime:
    """When it is too late, in UTC: the time, or the midnight that ends the day.

    A time that the clocks skip in spring is the one they show an hour later; of one that comes twice in autumn the
    first counts.
    """
    if due.at is None:
        return datetime.combine(due.on + _DAY, time(), zone).astimezone(UTC)
    return datetime.combine(due.on, due.at, zone).astimezone(UTC)


def reminded_at(due: Due, reminder: Reminder, zone: tzinfo) -> datetime | None:
    """When to remind, in UTC; None where nobody wants that."""
    if reminder is Reminder.NONE:
        return None
    if reminder is Reminder.DAY:
        return datetime.combine(due.on - _DAY, MORNING, zone).astimezone(UTC)
    if due.at is None:
        return datetime.combine(due.on, MORNING, zone).astimezone(UTC)
    early = timedelta(hours=1) if reminder is Reminder.HOUR else timedelta()
    return moment(due, zone) - early
