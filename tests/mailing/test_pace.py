"""How fast mail leaves: limits that never let more through, waves, hours, and alarms."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.mailing.pace import Ramp, Window, account_limits, alarm, limit, ramp_of, window_of

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


@given(st.integers(1, 2000), st.lists(st.tuples(st.integers(0, 90), st.integers(1, 40)), max_size=60))
def test_no_span_ever_lets_more_through(count: int, asked: list[tuple[int, int]]) -> None:
    span = timedelta(minutes=1)
    one, now, tat = limit("x", count, span), BEGIN, None
    passed: list[datetime] = []
    for seconds, wanted in asked:
        now += timedelta(seconds=seconds)
        allowed, tat = one.take(tat, now, wanted)
        assert 0 <= allowed <= wanted
        passed += [now] * allowed
        if allowed < wanted:
            opens = one.opens(tat, now)
            assert one.take(tat, opens, 1)[0] == 1
            assert opens == now or one.take(tat, opens - timedelta(milliseconds=2), 1)[0] == 0
    for start in passed:
        assert sum(start <= at < start + span for at in passed) <= max(count, 2)


def test_a_staff_mailbox_keeps_a_fifth_of_its_day() -> None:
    minute, day = account_limits(3, 30, 1000, staff=True)
    assert (minute.key, day.key) == ("account:3:minute", "account:3:day")
    assert day.take(None, BEGIN, 5000)[0] == 160
    assert account_limits(3, 30, 1000, staff=False)[1].take(None, BEGIN, 5000)[0] == 200
    assert account_limits(3, 0, 0, staff=True) == []


def test_waves_are_as_large_as_asked() -> None:
    ramp = ramp_of('{"sizes": [5, 25], "minutes": 3}')
    assert [ramp.wave(n) for n in (0, 4, 5, 29, 30, 5000)] == [0, 0, 1, 1, 2, 2]
    assert ramp_of("") == Ramp()
    assert Ramp().wave(7) == 0


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        (datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 8, tzinfo=UTC)),
        (datetime(2026, 3, 2, 7, tzinfo=UTC), datetime(2026, 3, 2, 8, tzinfo=UTC)),
        (datetime(2026, 3, 2, 16, tzinfo=UTC), datetime(2026, 3, 3, 8, tzinfo=UTC)),
        (datetime(2026, 3, 6, 17, tzinfo=UTC), datetime(2026, 3, 9, 8, tzinfo=UTC)),
        # Clocks go forward on the Sunday between: nine o'clock is an hour earlier in UTC.
        (datetime(2026, 3, 27, 17, tzinfo=UTC), datetime(2026, 3, 30, 7, tzinfo=UTC)),
    ],
)
def test_mail_leaves_in_local_hours(now: datetime, opens: datetime) -> None:
    window = window_of('{"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "17:00"}')
    assert window == Window(frozenset(range(1, 6)), time(9), time(17))
    assert window.opens(now, "Europe/Berlin", WorkCalendar()) == opens
    assert window.is_open(opens, "Europe/Berlin", WorkCalendar())
    assert window.is_open(now, "Europe/Berlin", WorkCalendar()) == (now == opens)


def test_mail_waits_for_a_working_day() -> None:
    holidays = frozenset(date(2026, 1, day) for day in range(1, 9))
    work = WorkCalendar(holidays=holidays, extra_workdays=frozenset({date(2026, 1, 10)}))
    window = window_of('{"from": "09:00", "to": "17:00", "working": true}')
    assert window is not None
    eve = datetime(2025, 12, 31, 20, tzinfo=UTC)
    assert window.opens(eve, "UTC", work) == datetime(2026, 1, 9, 9, tzinfo=UTC)
    assert window.is_open(datetime(2026, 1, 10, 9, tzinfo=UTC), "UTC", work), "a Saturday that is worked"
    assert not window.is_open(datetime(2026, 1, 11, 9, tzinfo=UTC), "UTC", work)


def test_no_window_is_any_time() -> None:
    assert window_of("") is None
    assert Window().is_open(datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC), "UTC", WorkCalendar())


@pytest.mark.parametrize(
    ("recent", "reason"),
    [
        (["ok"] * 19 + ["blocked"], ""),
        (["ok", "blocked", "blocked"], ""),
        (["blocked"] * 3, "blocked"),
        (["ok"] * 200 + ["blocked"] * 9, ""),
        (["ok"] * 190 + ["blocked"] * 10, "blocked"),
        (["hard"] * 4 + ["ok"] * 30, ""),
        (["hard"] * 5, "addresses"),
        (["ok"] * 100 + ["hard"] * 20, "addresses"),
        ([], ""),
    ],
)
def test_a_mailing_stops_by_itself(recent: list[str], reason: str) -> None:
    assert alarm(recent) == reason
