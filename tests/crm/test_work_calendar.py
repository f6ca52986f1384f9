"""Working time over weekends, holidays, moved days and changes of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailcrm.crm.work_calendar import (
    WorkCalendar,
    add_working_time,
    is_working_day,
    next_working_day,
    working_time,
)

BERLIN, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Apia")
OFFICE = (time(9), time(18))
NIGHT_AND_DAY = (time(0), time(0))
HOUR = timedelta(hours=1)

ZONES = st.sampled_from(["Europe/Berlin", "Europe/Moscow", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"])
DAYS = st.dates(date(2011, 1, 1), date(2027, 12, 31))
TIMES = st.integers(0, 9_000_000).map(lambda minutes: datetime(2011, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))


@st.composite
def hours(draw: st.DrawFn) -> tuple[time, time]:
    opens = draw(st.integers(0, 23 * 60 + 58))
    closes = draw(st.integers(opens + 1, 24 * 60))
    return time(opens // 60, opens % 60), time(closes // 60 % 24, closes % 60)


@st.composite
def calendars(draw: st.DrawFn) -> WorkCalendar:
    week = draw(st.lists(st.none() | hours(), min_size=7, max_size=7).filter(any))
    free, moved = (draw(st.frozensets(DAYS, max_size=40)) for _ in range(2))
    return WorkCalendar(ZoneInfo(draw(ZONES)), tuple(week), free, moved)


@settings(deadline=None)
@given(calendars(), TIMES, st.timedeltas(timedelta(), timedelta(days=60)), st.floats(0, 1))
def test_spans_add_up(calendar: WorkCalendar, start: datetime, length: timedelta, part: float) -> None:
    middle, end = start + length * part, start + length
    whole = working_time(calendar, start, end)
    assert working_time(calendar, start, middle) + working_time(calendar, middle, end) == whole
    assert timedelta() <= whole <= length
    assert working_time(calendar, end, start) == timedelta()


@settings(deadline=None)
@given(calendars(), TIMES, st.timedeltas(timedelta(), timedelta(hours=60)))
def test_what_is_added_is_measured_again(calendar: WorkCalendar, start: datetime, span: timedelta) -> None:
    end = add_working_time(calendar, start, span)
    assert working_time(calendar, start, end) == span
    if span:
        assert working_time(calendar, start, end - timedelta(microseconds=1)) < span


@settings(deadline=None)
@given(calendars(), DAYS)
def test_the_next_working_day_is_the_first(calendar: WorkCalendar, day: date) -> None:
    found = next_working_day(calendar, day)
    between = [day + timedelta(days=n) for n in range(1, (found - day).days)]
    assert found > day
    assert is_working_day(calendar, found)
    assert not any(is_working_day(calendar, one) for one in between)


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)  # type: ignore[arg-type,misc]


def test_nights_and_weekends_do_not_count() -> None:
    calendar = WorkCalendar(BERLIN)
    friday, monday = berlin(2026, 11, 27, 17), berlin(2026, 11, 30, 10)
    assert working_time(calendar, friday, monday) == 2 * HOUR
    assert add_working_time(calendar, friday, 2 * HOUR) == monday
    assert add_working_time(calendar, friday, HOUR) == berlin(2026, 11, 27, 18)


def test_holidays_do_not_count_and_moved_days_do() -> None:
    monday, saturday = date(2026, 11, 30), date(2026, 11, 28)
    calendar = WorkCalendar(BERLIN, holidays=frozenset({monday, saturday}), extra_workdays=frozenset({saturday}))
    assert working_time(calendar, berlin(2026, 11, 27, 17), berlin(2026, 12, 1, 10)) == (1 + 9 + 1) * HOUR
    assert is_working_day(calendar, saturday)
    assert not is_working_day(calendar, monday)
    assert next_working_day(calendar, saturday) == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("day", "length"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)],
    ids=["clock forward", "clock back", "usual"],
)
def test_a_whole_day_is_as_long_as_it_is(day: date, length: int) -> None:
    calendar = WorkCalendar(BERLIN, (NIGHT_AND_DAY,) * 7)
    start = datetime.combine(day, time(), BERLIN)
    end = datetime.combine(day + timedelta(days=1), time(), BERLIN)
    assert working_time(calendar, start, end) == length * HOUR


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)], ids=["forward", "back"])
def test_office_hours_are_the_same_on_a_day_when_the_clock_changes(day: date) -> None:
    calendar = WorkCalendar(BERLIN, (OFFICE,) * 7)
    noon_before = datetime.combine(day - timedelta(days=1), time(12), BERLIN)
    noon = datetime.combine(day, time(12), BERLIN)
    assert working_time(calendar, noon_before, noon) == 9 * HOUR
    assert add_working_time(calendar, noon_before, 9 * HOUR) == noon


def test_a_day_that_a_zone_left_out_has_no_hours() -> None:
    calendar = WorkCalendar(APIA, (OFFICE,) * 7)
    before, after = (datetime(2011, 12, day, 12, tzinfo=APIA) for day in (29, 31))
    assert working_time(calendar, before, after) == 9 * HOUR


@pytest.mark.parametrize("week", [(), (None,) * 7, ((time(10), time(9)),) * 7])
def test_a_calendar_without_any_work_is_refused(week: tuple[None, ...]) -> None:
    with pytest.raises(ValueError, match="work"):
        WorkCalendar(BERLIN, week)
    with pytest.raises(ValueError, match="never taken away"):
        add_working_time(WorkCalendar(), berlin(2026, 1, 1, 0), -HOUR)
