"""How long clients waited: who asks, who answers, and how that is counted over weekends, holidays and robots."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailcrm.crm.replies import Line, Tally, tallies
from mailcrm.crm.reports import PERIODS, Period, before, cuts, middle, period
from mailcrm.crm.work_calendar import WorkCalendar, working_time

BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = WorkCalendar(BERLIN)
ANNA, BORIS = 7, 8


def line(number: int, at: str, direction: str, kind: str = "human", author: int | None = None) -> Line:
    return Line(number, 100 + number, datetime.fromisoformat(at).replace(tzinfo=BERLIN), direction, kind, author)


def waits(*lines: Line, calendar: WorkCalendar = CALENDAR) -> dict[int, tuple[int | None, int | None, int | None]]:
    """Entry → (wait, who answered, minutes) of those with a wait."""
    found = tallies(calendar, lines)
    return {number: (one.wait, one.reply_by, one.reply_minutes) for number, one in found.items() if one.wait}


def test_a_weekend_is_no_wait() -> None:
    friday, monday = line(1, "2026-11-27 17:30", "in"), line(2, "2026-11-30 09:30", "out", author=ANNA)
    assert waits(friday, monday) == {1: (2, ANNA, 60)}


def test_a_holiday_is_no_wait_and_a_moved_day_is() -> None:
    lines = (line(1, "2026-11-27 17:30", "in"), line(2, "2026-12-01 09:30", "out", author=ANNA))
    monday, saturday = date(2026, 11, 30), date(2026, 11, 28)
    assert waits(*lines, calendar=WorkCalendar(BERLIN, holidays=frozenset({monday}))) == {1: (2, ANNA, 60)}
    moved = WorkCalendar(BERLIN, holidays=frozenset({monday}), extra_workdays=frozenset({saturday}))
    assert waits(*lines, calendar=moved) == {1: (2, ANNA, 600)}


@pytest.mark.parametrize(("day", "minutes"), [("2026-03-29", 23 * 60), ("2026-10-25", 25 * 60)])
def test_the_night_when_the_clock_changes_is_as_long_as_it_is(day: str, minutes: int) -> None:
    always = WorkCalendar(BERLIN, ((time(), time()),) * 7)
    next_day = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    asked, answered = line(1, f"{day} 00:00", "in"), line(2, f"{next_day} 00:00", "out", author=ANNA)
    assert waits(asked, answered, calendar=always) == {1: (2, ANNA, minutes)}
    assert waits(asked, line(2, f"{next_day} 10:00", "out", author=ANNA)) == {1: (2, ANNA, 60)}


def test_what_a_client_adds_meanwhile_begins_no_other_wait() -> None:
    found = waits(
        line(1, "2026-11-26 10:00", "in"),
        line(2, "2026-11-26 11:00", "in"),
        line(3, "2026-11-26 12:00", "out", author=BORIS),
        line(4, "2026-11-26 12:30", "out", author=ANNA),
        line(5, "2026-11-26 13:00", "in"),
        line(6, "2026-11-26 13:45", "out", author=ANNA),
        line(7, "2026-11-26 14:00", "in"),
    )
    assert found == {1: (2, BORIS, 120), 5: (1, ANNA, 45), 7: (1, None, None)}


def test_robots_neither_ask_nor_answer_and_are_not_counted() -> None:
    found = tallies(
        CALENDAR,
        [
            line(1, "2026-11-26 10:00", "in", "auto-reply"),
            line(2, "2026-11-26 10:05", "in"),
            line(3, "2026-11-26 10:06", "out", "auto-reply", ANNA),
            line(4, "2026-11-26 10:30", "in", "bounce"),
            line(5, "2026-11-26 11:05", "internal", author=ANNA),
            line(6, "2026-11-26 12:05", "out", author=ANNA),
        ],
    )
    assert {number for number, one in found.items() if one == Tally()} == {1, 3, 4}
    assert (found[2].reply_id, found[2].reply_minutes) == (106, 120)


def test_a_day_is_the_one_of_the_company() -> None:
    late = Line(1, 101, datetime(2026, 11, 30, 23, 30, tzinfo=UTC), "in", "human", None)
    assert tallies(CALENDAR, [late])[1].day == (date(2026, 12, 1) - date(1970, 1, 1)).days


LINES = st.lists(
    st.tuples(
        st.integers(0, 50_000), st.sampled_from(["in", "out", "internal"]), st.sampled_from(["human", "bounce", "bulk"])
    ),
    max_size=12,
)


@settings(deadline=None)
@given(LINES, st.randoms())
def test_the_order_of_filing_changes_nothing_and_every_wait_is_what_it_says(
    some: list[tuple[int, str, str]], chance: object
) -> None:
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    lines = [Line(n, 100 + n, begin + timedelta(minutes=m), way, kind, None) for n, (m, way, kind) in enumerate(some)]
    found = tallies(CALENDAR, lines)
    shuffled = list(lines)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert tallies(CALENDAR, shuffled) == found
    by_message = {one.message_id: one for one in lines}
    for one in lines:
        reply = found[one.id].reply_id
        if reply is not None:
            span = working_time(CALENDAR, one.at, by_message[reply].at)
            assert found[one.id].reply_minutes == span // timedelta(minutes=1)
            assert by_message[reply].direction == "out"
    assert sum(tally.wait == 2 for tally in found.values()) <= 1


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("week", "2026-11-23", "2026-11-29"),
        ("last-week", "2026-11-16", "2026-11-22"),
        ("month", "2026-11-01", "2026-11-30"),
        ("last-month", "2026-10-01", "2026-10-31"),
        ("quarter", "2026-10-01", "2026-12-31"),
        ("last-quarter", "2026-07-01", "2026-09-30"),
        ("year", "2026-01-01", "2026-12-31"),
        ("last-year", "2025-01-01", "2025-12-31"),
    ],
)
def test_periods_by_name(name: str, first: str, last: str) -> None:
    assert period(name, date(2026, 11, 26)) == Period(date.fromisoformat(first), date.fromisoformat(last))


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.sampled_from(PERIODS))
def test_a_period_follows_the_one_before_it_and_is_cut_without_gaps(today: date, name: str) -> None:
    found = period(name, today, BERLIN)
    earlier = before(found)
    assert earlier.until == found.since
    kind, starts = cuts(found)
    assert starts[0] == found.first
    assert starts == sorted(set(starts))
    assert starts[-1] <= found.last
    assert len(starts) <= 35
    assert kind in ("day", "week", "month")


@given(st.dictionaries(st.integers(0, 1000), st.integers(1, 5), max_size=20))
def test_the_middle_is_the_lower_median(counts: dict[int, int]) -> None:
    flat = sorted(value for value, count in counts.items() for _ in range(count))
    assert middle(counts) == (flat[(len(flat) - 1) // 2] if flat else None)
