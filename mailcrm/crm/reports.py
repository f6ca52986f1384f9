"""Reports: the periods that people ask for, how they are cut for a plot, and the middle of many waits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from mailcrm.crm.replies import FIRST_DAY

PERIODS = ("month", "last-month", "quarter", "last-quarter", "year", "last-year", "week", "last-week")
_DAY = timedelta(days=1)
_MOST_DAYS, _MOST_WEEKS = 35, 190


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the company's zone, both ends among them."""

    first: date
    last: date
    zone: tzinfo = UTC

    @property
    def since(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.first, time(), self.zone).astimezone(UTC)

    @property
    def until(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + _DAY, time(), self.zone).astimezone(UTC)

    @property
    def days(self) -> tuple[int, int]:
        """The numbers of its first and last day, counted from 1970-01-01."""
        return (self.first - FIRST_DAY).days, (self.last - FIRST_DAY).days


def period(name: str, today: date, zone: tzinfo = UTC) -> Period:
    """The period that a name stands for; the present one ends with its last day, though it is still to come."""
    back = name.startswith("last-")
    kind = name.removeprefix("last-")
    if kind == "week":
        first = today - timedelta(days=today.weekday() + 7 * back)
        return Period(first, first + timedelta(days=6), zone)
    months = {"month": 1, "quarter": 3, "year": 12}.get(kind, 1)
    first = _months_on(today.replace(day=1), -((today.month - 1) % months) - months * back)
    return Period(first, _months_on(first, months) - _DAY, zone)


def before(one: Period) -> Period:
    """The period of the same length that ends where this one begins: whole months before whole months."""
    months = 12 * (one.last.year - one.first.year) + one.last.month - one.first.month + 1
    if one.first.day == 1 and (one.last + _DAY).day == 1:
        return Period(_months_on(one.first, -months), one.first - _DAY, one.zone)
    return Period(one.first - (one.last - one.first) - _DAY, one.first - _DAY, one.zone)


def _months_on(first: date, count: int) -> date:
    month = first.year * 12 + first.month - 1 + count
    return date(month // 12, month % 12 + 1, 1)


def cuts(one: Period) -> tuple[str, list[date]]:
    """Whether a plot of a period goes by day, week or month, and where each bar begins."""
    length = (one.last - one.first).days + 1
    if length <= _MOST_DAYS:
        return "day", [one.first + n * _DAY for n in range(length)]
    if length <= _MOST_WEEKS:
        monday = one.first - timedelta(days=one.first.weekday())
        return "week", [max(monday + 7 * n * _DAY, one.first) for n in range((one.last - monday).days // 7 + 1)]
    starts, at = [one.first], _months_on(one.first.replace(day=1), 1)
    while at <= one.last:
        starts.append(at)
        at = _months_on(at, 1)
    return "month", starts


def middle(counts: Mapping[int, int]) -> int | None:
    """The median of values that are given with how often each occurs: of two in the middle the lower one."""
    left = (sum(counts.values()) + 1) // 2
    for value in sorted(counts):
        left -= counts[value]
        if left <= 0:
            return value
    return None


def poured(parts: Iterable[tuple[int, int]]) -> dict[int, int]:
    """How often each value occurs, from pairs of a value and a count."""
    found: dict[int, int] = {}
    for value, count in parts:
        found[value] = found.get(value, 0) + count
    return found
