"""How a task comes again: every N days, weeks or months, or on the n-th weekday of every N-th month."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from mailcrm.errors import Refused

_UNITS = ("day", "week", "month", "weekday")
_MOST = 999
LAST = -1
"""For the n-th weekday: the last one of the month."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A rule. `nth` and `weekday` (Monday is 0) are for the unit "weekday"; `day` is the day of the month."""

    unit: str
    every: int = 1
    day: int = 0
    """Of "month": the day that is meant, so that the 31st comes back after a February."""
    nth: int = 0
    weekday: int = 0


def parse(text: str) -> Repeat | None:
    """The rule as `written` writes it; None for an empty text. Raises Refused for anything else."""
    if not text:
        return None
    unit, _, numbers = text.partition(":")
    try:
        values = [int(one) for one in numbers.split(":")]
    except ValueError:
        values = []
    if unit in ("day", "week") and len(values) == 1:
        found = Repeat(unit, values[0])
    elif unit == "month" and len(values) == 2 and 1 <= values[1] <= 31:
        found = Repeat(unit, values[0], day=values[1])
    elif unit == "weekday" and len(values) == 3 and values[1] in (1, 2, 3, 4, LAST) and 0 <= values[2] <= 6:
        found = Repeat(unit, values[0], nth=values[1], weekday=values[2])
    else:
        raise Refused("A task comes again every so many days, weeks or months.")
    if not 1 <= found.every <= _MOST:
        raise Refused("A task comes again every so many days, weeks or months.")
    return found


def written(rule: Repeat | None) -> str:
    """The rule as one short text for the database."""
    if rule is None:
        return ""
    more = {"month": f":{rule.day}", "weekday": f":{rule.nth}:{rule.weekday}"}
    return f"{rule.unit}:{rule.every}{more.get(rule.unit, '')}"


def following(rule: Repeat, due: date, done: date) -> date:
    """The next day after `due` by the rule that is later than `done`: what was missed is not made up for."""
    step = 0
    while True:
        step += rule.every
        found = _stepped(rule, due, step)
        if found > max(due, done):
            return found


def _stepped(rule: Repeat, due: date, step: int) -> date:
    if rule.unit == "day":
        return due + timedelta(days=step)
    if rule.unit == "week":
        return due + timedelta(weeks=step)
    number = due.year * 12 + due.month - 1 + step
    year, month = divmod(number, 12)
    last = calendar.monthrange(year, month + 1)[1]
    if rule.unit == "month":
        return date(year, month + 1, min(rule.day, last))
    return _nth(year, month + 1, rule.nth, rule.weekday)


def _nth(year: int, month: int, nth: int, weekday: int) -> date:
    if nth == LAST:
        end = date(year, month, calendar.monthrange(year, month)[1])
        return end - timedelta(days=(end.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
