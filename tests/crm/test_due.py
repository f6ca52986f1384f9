"""When tasks are due and come again: across clock changes, ends of months, and what was missed."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from mailcrm.crm.due import Due, Reminder, moment, reminded_at
from mailcrm.crm.repeat import LAST, Repeat, following, parse, written
from mailcrm.errors import Refused

BERLIN, MOSCOW = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Moscow")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


def test_a_time_is_that_of_the_zone_before_and_after_a_clock_change() -> None:
    assert moment(Due(date(2026, 3, 28), time(10)), BERLIN) == utc(2026, 3, 28, 9)
    assert moment(Due(date(2026, 3, 29), time(10)), BERLIN) == utc(2026, 3, 29, 8)
    assert moment(Due(date(2026, 3, 29), time(10)), MOSCOW) == utc(2026, 3, 29, 7)


def test_a_time_that_is_skipped_and_one_that_comes_twice() -> None:
    assert moment(Due(date(2026, 3, 29), time(2, 30)), BERLIN) == utc(2026, 3, 29, 1, 30)
    assert moment(Due(date(2026, 10, 25), time(2, 30)), BERLIN) == utc(2026, 10, 25, 0, 30)


def test_a_day_without_a_time_ends_with_the_day() -> None:
    assert moment(Due(date(2026, 3, 29)), BERLIN) == utc(2026, 3, 29, 22)


def test_reminders() -> None:
    timed, day = Due(date(2026, 3, 30), time(15)), Due(date(2026, 3, 30))
    assert reminded_at(timed, Reminder.NONE, BERLIN) is None
    assert reminded_at(timed, Reminder.AT, BERLIN) == utc(2026, 3, 30, 13)
    assert reminded_at(timed, Reminder.HOUR, BERLIN) == utc(2026, 3, 30, 12)
    assert reminded_at(timed, Reminder.DAY, BERLIN) == utc(2026, 3, 29, 7)
    assert reminded_at(day, Reminder.AT, BERLIN) == utc(2026, 3, 30, 7)
    assert reminded_at(day, Reminder.HOUR, BERLIN) == utc(2026, 3, 30, 7)


@pytest.mark.parametrize(
    ("rule", "due", "done", "expected"),
    [
        (Repeat("day", 3), date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 4)),
        (Repeat("day", 3), date(2026, 3, 1), date(2026, 3, 8), date(2026, 3, 10)),
        (Repeat("week", 2), date(2026, 3, 2), date(2026, 2, 20), date(2026, 3, 16)),
        (Repeat("month", 1, day=31), date(2026, 1, 31), date(2026, 1, 31), date(2026, 2, 28)),
        (Repeat("month", 1, day=31), date(2026, 2, 28), date(2026, 2, 28), date(2026, 3, 31)),
        (Repeat("month", 3, day=15), date(2026, 11, 15), date(2026, 11, 16), date(2027, 2, 15)),
        (Repeat("weekday", 1, nth=2, weekday=1), date(2026, 3, 10), date(2026, 3, 10), date(2026, 4, 14)),
        (Repeat("weekday", 1, nth=LAST, weekday=4), date(2026, 3, 27), date(2026, 3, 28), date(2026, 4, 24)),
    ],
)
def test_the_next_time(rule: Repeat, due: date, done: date, expected: date) -> None:
    assert following(rule, due, done) == expected
    assert parse(written(rule)) == rule


@pytest.mark.parametrize(
    "text", ["year:1", "day", "day:0", "day:x", "month:1", "month:1:32", "weekday:1:5:1", "day:1:2"]
)
def test_rules_that_are_none(text: str) -> None:
    with pytest.raises(Refused):
        parse(text)


def test_no_rule() -> None:
    assert parse("") is None
    assert written(None) == ""
