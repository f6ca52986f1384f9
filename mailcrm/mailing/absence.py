"""When an automatic reply says that a person is back, and that somebody has left: Russian, English, German.

Only dates that the text ties to a return, or to the end of an absence, count; a date that is past or more than a year
away is none.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

MOST_DAYS = 366
_MONTHS = {
    "january jan январ янв januar jän": 1, "february feb феврал фев februar": 2, "march mar март мар märz mrz": 3,
    "april apr апрел апр": 4, "may мая май mai": 5, "june jun июн juni": 6, "july jul июл juli": 7,
    "august aug август авг": 8, "september sept sep сентябр сен": 9, "october oct октябр окт oktober okt": 10,
    "november nov ноябр ноя": 11, "december dec декабр дек dezember dez": 12,
}  # fmt: skip
_MONTH = {name: number for names, number in _MONTHS.items() for name in names.split()}
_NAME = "|".join(sorted(_MONTH, key=len, reverse=True))
_NUMERIC = r"(?P<d>\d{1,2})(?P<sep>[./])(?P<m>\d{1,2})(?:[./](?P<y>\d{4}|\d{2}))?(?!\d)"
_ISO = r"(?P<iy>\d{4})-(?P<im>\d{1,2})-(?P<id>\d{1,2})"
_WORDY = (
    rf"(?P<wd>\d{{1,2}})(?:st|nd|rd|th|-?го|\.)?\s+(?:of\s+)?(?P<wm>{_NAME})[a-zа-яё]*\.?(?:,?\s+(?P<wy>\d{{4}}))?|"
    rf"(?P<um>{_NAME})[a-z]*\.?\s+(?P<ud>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<uy>\d{{4}}))?"
)
_DATE = re.compile(rf"(?<![\d./-])(?:{_ISO}|{_NUMERIC}|{_WORDY})", re.IGNORECASE)
_BACK = re.compile(
    r"(?:back|return(?:ing)?|reachable again|available again|in the office again|вернусь|вернется|вернётся|"
    r"буду (?:снова )?(?:на месте|доступ\w+|в офисе)|выйду|возвращ\w+|приступлю|zurück\w*|wieder (?:da|im büro|"
    r"erreichbar|für sie da)|rückkehr)",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"(?:until|till|through|thru|\bto\b|up to|по|до|bis(?: (?:zum|einschließlich|einschl\.))?|[–—-])\s*"
    r"(?:the\s+|einschließlich\s+|(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+|(?:понедельник|вторник|сред[уы]|"
    r"четверг|пятниц[уы]|суббот[уы]|воскресенье),?\s+|(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)"
    r",?\s+(?:den\s+)?)?$",
    re.IGNORECASE,
)
_LEFT = re.compile(
    r"no longer (?:work|with|employed|at)|has left (?:the company|our|us)|left the company|"
    r"больше не работа|уволил|не работает в (?:нашей )?компании|nicht mehr (?:für|bei|in unserem|im unternehmen)|"
    r"hat (?:unser unternehmen|das unternehmen|die firma) verlassen|ausgeschieden",
    re.IGNORECASE,
)
_LOOKED_AT = 6000
_ROUND = 60
"""Characters before a date in which its meaning is looked for."""


@dataclass(frozen=True, slots=True)
class Absence:
    """What an automatic reply says."""

    back: date | None = None
    """The first day of being back."""
    left: bool = False
    """The person does not work there any more."""


def absence(subject: str, text: str, today: date) -> Absence:
    """The day of return that an automatic reply names, read on `today`, and whether somebody left for good."""
    words = f"{subject}\n{text[:_LOOKED_AT]}"
    returns: list[date] = []
    ends: list[date] = []
    for found in _DATE.finditer(words):
        day = _day(found, words, today)
        if day is None:
            continue
        before = re.split(r"[!?\n]|(?<=[a-zа-яё]{3})\.\s", words[max(0, found.start() - _ROUND) : found.start()])[-1]
        if _BACK.search(before):
            returns.append(day)
        elif _UNTIL.search(before):
            ends.append(day + timedelta(days=1))
    back = max(returns) if returns else max(ends) if ends else None
    return Absence(back, bool(_LEFT.search(words)))


def _day(found: re.Match[str], words: str, today: date) -> date | None:
    part = found.groupdict()
    if part["iy"]:
        return _near(int(part["iy"]), int(part["im"]), int(part["id"]), today)
    if part["wd"] or part["ud"]:
        month = _MONTH[(part["wm"] or part["um"]).lower()]
        year = part["wy"] or part["uy"]
        return _near(int(year) if year else 0, month, int(part["wd"] or part["ud"]), today)
    first, second = int(part["d"]), int(part["m"])
    american = second > 12 or (part["sep"] == "/" and first <= 12 and _is_american(words))
    month, day = (first, second) if american else (second, first)
    year_text = part["y"] or ""
    year = int(year_text) + (2000 if len(year_text) == 2 else 0) if year_text else 0
    return _near(year, month, day, today)


def _is_american(words: str) -> bool:
    """Whether another date of the text can only be month/day."""
    return any(int(d) > 12 >= int(m) for m, d in re.findall(r"(?<!\d)(\d{1,2})/(\d{1,2})(?:/\d{2,4})?(?!\d)", words))


def _near(year: int, month: int, day: int, today: date) -> date | None:
    """The date, in this year or the next where the year is left out (0); None where it is not ahead."""
    for one in [year] if year else [today.year, today.year + 1]:
        try:
            found = date(one, month, day)
        except ValueError:
            return None
        if timedelta(0) <= found - today <= timedelta(days=MOST_DAYS):
            return found
    return None
