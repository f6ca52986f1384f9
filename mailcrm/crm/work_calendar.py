"""Working time: how long of a span people were at work, and when a number of working hours will have passed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

Hours = tuple[time, time]
"""When work begins and ends on a day; an end of 00:00 is the midnight after it."""
Span = tuple[datetime, datetime]

_DAY = timedelta(days=1)
_NONE = timedelta()
_OFFICE: Hours = (time(9), time(18))
_WEEK: tuple[Hours | None, ...] = (*(_OFFICE,) * 5, None, None)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When the company works; raises ValueError where that is never.

    A day off in `holidays` is none where `extra_workdays` has it: moved working days beat everything.
    """

    zone: tzinfo = UTC
    hours: tuple[Hours | None, ...] = _WEEK
    """For each weekday from Monday on; None for a day off."""
    holidays: frozenset[date] = frozenset()
    extra_workdays: frozenset[date] = frozenset()
    """Worked although the weekday is off: with its hours, else with those of the first weekday that has any."""

    def __post_init__(self) -> None:
        if len(self.hours) != 7 or not any(self.hours):
            raise ValueError("a work calendar needs hours for seven weekdays, one of them worked at least")
        for one in self.hours:
            if one and one[1] != time() and one[0] >= one[1]:
                raise ValueError("work must begin before it ends")


def is_working_day(calendar: WorkCalendar, day: date) -> bool:
    """Whether people work on this day of the calendar's zone."""
    return _hours(calendar, day) is not None


def next_working_day(calendar: WorkCalendar, day: date) -> date:
    """The first working day after `day`."""
    day += _DAY
    while not is_working_day(calendar, day):
        day += _DAY
    return day


def working_time(calendar: WorkCalendar, start: datetime, end: datetime) -> timedelta:
    """How much working time lies between two aware times; none where `end` is not after `start`."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    total = _NONE
    for opens, closes in _spans(calendar, start):
        if opens >= end:
            break
        total += max(_NONE, min(closes, end) - max(opens, start))
    return total


def add_working_time(calendar: WorkCalendar, start: datetime, span: timedelta) -> datetime:
    """The first moment (in UTC) at which `span` of working time has passed since `start`.

    `start` itself where the span is nothing; raises ValueError where it is negative.
    """
    if span < _NONE:
        raise ValueError("working time is added, never taken away")
    start = start.astimezone(UTC)
    for opens, closes in _spans(calendar, start):
        if span <= _NONE:
            break
        begins = max(opens, start)
        if closes - begins >= span:
            return begins + span
        span -= max(_NONE, closes - begins)
    return start


def _hours(calendar: WorkCalendar, day: date) -> Hours | None:
    usual = calendar.hours[day.weekday()]
    if day in calendar.extra_workdays:
        return usual or next(hours for hours in calendar.hours if hours)
    return None if day in calendar.holidays else usual


def _spans(calendar: WorkCalendar, start: datetime) -> Iterator[Span]:
    """The working spans in UTC that end after `start`, without an end."""
    day = start.astimezone(calendar.zone).date() - _DAY
    while True:
        span = _span(calendar, day)
        if span and span[1] > start:
            yield span
        day += _DAY


def _span(calendar: WorkCalendar, day: date) -> Span | None:
    hours = _hours(calendar, day)
    if hours is None:
        return None
    opens = datetime.combine(day, hours[0], calendar.zone).astimezone(UTC)
    # A day that a zone left out when it changed sides of the date line would be the next day a second time.
    if opens.astimezone(calendar.zone).date() != day:
        return None
    last = day + _DAY if hours[1] == time() else day
    closes = datetime.combine(last, hours[1], calendar.zone).astimezone(UTC)
    return (opens, closes) if opens < closes else None
