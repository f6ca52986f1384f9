"""When an answer is overdue: so many working hours after the letter; the same question put to a whole board at once."""

from datetime import datetime, timedelta

from mailcrm.crm.work_calendar import WorkCalendar, add_working_time, is_working_day, working_time

ANSWER_HOURS = 8
"""Working hours within which a client has his answer, where no group of his says otherwise."""
ANSWER_DAYS = 3
"""Working days after which we ask again."""
_FARTHEST = timedelta(days=400)


def overdue_since(calendar: WorkCalendar, now: datetime, hours: int) -> datetime:
    """What has waited since then, or longer, has waited so many working hours."""
    span = timedelta(hours=hours)
    start = now
    while (passed := working_time(calendar, start, now)) < span and now - start < _FARTHEST:
        start -= timedelta(days=1)
    return add_working_time(calendar, start, passed - span) if passed > span else start


def days_ago(calendar: WorkCalendar, now: datetime, days: int) -> datetime:
    """The same moment so many working days earlier."""
    start = now
    while days > 0 and now - start < _FARTHEST:
        start -= timedelta(days=1)
        days -= is_working_day(calendar, start.astimezone(calendar.zone).date())
    return start
