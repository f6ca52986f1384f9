"""Days in words: "tomorrow", "by Friday", "next week", "in 3 days", "15 March", "к 15 марта", "до конца недели"."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

_DAY = timedelta(days=1)
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "couple of": 2, "a couple of": 2, "few": 3,
    "a few": 3, "": 1, "один": 1, "одного": 1, "одной": 1, "два": 2, "две": 2, "двух": 2, "три": 3, "трех": 3,
    "четыре": 4, "пять": 5, "пяти": 5, "пару": 2, "пары": 2, "несколько": 3, "нескольких": 3,
}  # fmt: skip
_WEEKDAYS = {
    "mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6,
    "пон": 0, "вто": 1, "сре": 2, "чет": 3, "пят": 4, "суб": 5, "вос": 6,
    "пн": 0, "вт": 1, "ср": 2, "чт": 3, "пт": 4, "сб": 5, "вс": 6,
}  # fmt: skip
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
    "dec": 12, "янв": 1, "фев": 2, "мар": 3, "апр": 4, "мая": 5, "май": 5, "маю": 5, "июн": 6, "июл": 7, "авг": 8,
    "сен": 9, "окт": 10, "ноя": 11, "дек": 12,
}  # fmt: skip
_EN_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
_RU_DAY = (
    r"(?:понедельник[ау]?|вторник[ау]?|сред[аыу]|четверг[ау]?|пятниц[аыуе]|суббот[аыу]|воскресень[еяю]|"
    r"пн|вт|ср|чт|пт|сб|вс)"
)
_EN_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"  # noqa: E501
_RU_MONTH = r"(?:январ[яюь]|феврал[яюь]|март[ау]?|апрел[яюь]|ма[йяю]|июн[яюь]|июл[яюь]|август[ау]?|сентябр[яюь]|октябр[яюь]|ноябр[яюь]|декабр[яюь])"  # noqa: E501
_EN_COUNT = r"(?P<count>\d{1,2}|an?|one|two|three|four|five|(?:a )?couple of|(?:a )?few)"
_RU_COUNT = (
    r"(?P<count>\d{1,2}|один|одного|одной|два|две|двух|три|трех|четыре|пять|пяти|пару|пары|несколько|нескольких|)"
)
_WORKING = r"(?P<working>business |working |work |рабочи[хй] |раб\.? )?"

Resolve = Callable[["re.Match[str]", date], date | None]


@dataclass(frozen=True, slots=True)
class Named:
    """A day and the words that name it."""

    day: date
    words: str


def first(text: str, today: date) -> Named | None:
    """The first day that a text of the day `today` names; None where it names none."""
    plain = text.replace("ё", "е").replace("Ё", "Е")
    found: list[tuple[int, int, Named]] = []
    for pattern, resolve in _PATTERNS:
        for match in pattern.finditer(plain):
            day = resolve(match, today)
            if day is not None:
                found.append((match.start(), -match.end(), Named(day, match[0].strip())))
                break
    return min(found, key=lambda one: one[:2])[2] if found else None


def working_days(today: date, count: int) -> date:
    """The day that is so many weekdays after `today`."""
    while count > 0:
        today += _DAY
        count -= today.weekday() < 5
    return today


def _weekday(match: "re.Match[str]", today: date) -> date:
    name = match["day"].lower()
    wanted = _WEEKDAYS[name[:2] if name[:2] in _WEEKDAYS else name[:3]]
    which = (match["which"] or "").strip().lower()
    monday = today - today.weekday() * _DAY
    if which.startswith(("next", "следующ")):
        return monday + (7 + wanted) * _DAY
    ahead = (wanted - today.weekday()) % 7
    return today + (ahead or 7) * _DAY


def _week(match: "re.Match[str]", today: date) -> date:
    monday = today - today.weekday() * _DAY
    if match["which"].lower().startswith(("next", "следующ", "coming")):
        monday += 7 * _DAY
    part = (match["part"] or "").lower()
    offset = 0 if part.startswith(("begin", "start", "early", "нач")) else 2 if part.startswith(("mid", "сер")) else 4
    return monday + offset * _DAY


def _in(match: "re.Match[str]", today: date) -> date:
    written = (match["count"] or "").lower()
    count = int(written) if written.isdigit() else _NUMBERS[written]
    unit = match["unit"].lower()
    if unit.startswith(("week", "недел")):
        return today + 7 * count * _DAY
    if unit.startswith(("month", "месяц")):
        return _months_on(today, count)
    return working_days(today, count) if match["working"] else today + count * _DAY


def _months_on(today: date, count: int) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 + count, 12)
    return date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def _end(match: "re.Match[str]", today: date) -> date:
    unit = match["unit"].lower()
    if unit.startswith(("week", "недел", "eow")):
        return today + max(0, 4 - today.weekday()) * _DAY
    if unit.startswith(("month", "месяц", "eom")):
        first_ = _months_on(today.replace(day=1), 1)
        return first_ - _DAY
    return today


def _of_month(match: "re.Match[str]", today: date) -> date | None:
    year = match["year"]
    return _near(int(match["number"]), _MONTHS[match["month"].lower()[:3]], int(year) if year else 0, today)


def _numeric(match: "re.Match[str]", today: date) -> date | None:
    year = int(match["year"] or 0)
    return _near(int(match["number"]), int(match["month"]), year + 2000 if 0 < year < 100 else year, today)


def _iso(match: "re.Match[str]", _today: date) -> date | None:
    return _date(int(match["year"]), int(match["month"]), int(match["number"]))


def _ordinal(match: "re.Match[str]", today: date) -> date | None:
    here = _date(today.year, today.month, int(match["number"]))
    if here and here > today:
        return here
    following = _months_on(today.replace(day=1), 1)
    return _date(following.year, following.month, int(match["number"]))


def _near(day: int, month: int, year: int, today: date) -> date | None:
    """Without a year the next such day; one that has just passed is meant to have passed."""
    if year:
        return _date(year, month, day)
    here = _date(today.year, month, day)
    if here and here < today - 60 * _DAY:
        return _date(today.year + 1, month, day)
    return here


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _after(days: int) -> Resolve:
    return lambda _match, today: today + days * _DAY


def _compiled(*rules: tuple[str, Resolve]) -> tuple[tuple["re.Pattern[str]", Resolve], ...]:
    return tuple((re.compile(pattern, re.I), resolve) for pattern, resolve in rules)


_PATTERNS = _compiled(
    (r"\b(?:the )?day after tomorrow\b|\bпослезавтра\b", _after(2)),
    (r"(?<!after )\btomorrow\b|\bзавтра\b", _after(1)),
    (r"\b(?:later )?today\b|\btonight\b|\bсегодня\b", _after(0)),
    (
        (
            r"\b(?:(?:by|until|till|before|on|no later than)\s+)?(?:the )?(?:end|close) of (?:the |this )?(?P<unit>"
            r"business day|business|day|week|month)\b"
        ),
        _end,
    ),
    (r"\b(?P<unit>eod|eow|eom)\b", _end),
    (r"\bдо конца (?:этого |этой |рабочего |текущего |текущей )?(?P<unit>дня|недели|месяца)\b", _end),
    (
        rf"\b(?:(?:by|until|till|before|on|no later than)\s+)?(?P<which>next |this |coming )?(?P<day>{_EN_DAY})\b",
        _weekday,
    ),
    (
        rf"\b(?:до|к|ко|в|во|не позднее|не позже)\s+(?P<which>(?:следующ|эт|ближайш)\w+ )?(?P<day>{_RU_DAY})(?!\w)",
        _weekday,
    ),
    (
        (
            r"\b(?:by |during |in |at )?(?:the )?(?:(?P<part>beginning|start|early|middle|mid)(?: of)? )?"
            r"(?P<which>next|this|coming) week\b"
        ),
        _week,
    ),
    (
        r"\b(?:на|в (?P<part>начале|середине|конце)|до конца) (?P<which>следующ|эт|ближайш|текущ)\w+ недел[еию]\b",
        _week,
    ),
    (rf"\b(?:in|within) {_EN_COUNT} {_WORKING}(?P<unit>days?|weeks?|months?)\b", _in),
    (rf"\b(?:через|в течение) {_RU_COUNT} ?{_WORKING}(?P<unit>дн\w+|день|недел\w+|месяц\w*)\b", _in),
    (rf"\b(?P<number>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<month>{_EN_MONTH})\b(?:,? (?P<year>20\d\d))?", _of_month),
    (rf"\b(?P<month>{_EN_MONTH}) (?P<number>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<year>20\d\d))?", _of_month),
    (rf"\b(?P<number>\d{{1,2}})(?:-?го)? (?P<month>{_RU_MONTH})\b(?: (?P<year>20\d\d))?", _of_month),
    (r"\b(?P<year>20\d\d)-(?P<month>\d\d)-(?P<number>\d\d)\b", _iso),
    (r"(?<![\d.,])(?P<number>\d{1,2})\.(?P<month>\d{2})(?:\.(?P<year>20\d\d|\d\d))?(?![\d.]*\d)", _numeric),
    (r"\b(?:by|on|until|before) the (?P<number>\d{1,2})(?:st|nd|rd|th)\b(?! \w*(?:day|week|floor))", _ordinal),
    (r"\b(?:до|к) (?P<number>\d{1,2})(?:-?(?:го|му))?(?: числа|(?=-го\b)| числу)", _ordinal),
)
