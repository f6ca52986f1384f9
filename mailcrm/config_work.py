"""The `[work]` of the configuration: when the company works, made into plain hours and dates for the core."""

from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from mailcrm.config_values import fail
from mailcrm.crm.work_calendar import Hours, WorkCalendar

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_YEARS = range(2000, 2051)
_OFFICE = "09:00-18:00"


@dataclass(frozen=True, slots=True)
class WorkSettings:
    """When people work: what answer times and targets in business hours are measured by."""

    zone: str = "UTC"
    monday: str = _OFFICE
    """"09:00-18:00"; empty for a day off. An end of 24:00 is midnight."""
    tuesday: str = _OFFICE
    wednesday: str = _OFFICE
    thursday: str = _OFFICE
    friday: str = _OFFICE
    saturday: str = ""
    sunday: str = ""
    holidays: str = ""
    """A country (ISO 3166, "RU"), or one with a subdivision ("DE-BY")."""
    extra_holidays: tuple[date, ...] = ()
    extra_workdays: tuple[date, ...] = ()

    @property
    def calendar(self) -> WorkCalendar:
        """The calendar that these settings describe; they have been checked."""
        free, moved = public_holidays(self.holidays)
        hours = tuple(_hours(getattr(self, name)) for name in WEEKDAYS)
        return WorkCalendar(
            ZoneInfo(self.zone), hours, free | set(self.extra_holidays), moved | set(self.extra_workdays)
        )


def check_work(settings: WorkSettings, path: Path) -> None:
    """Raises ConfigError, in words that name the file, the key and the mend."""
    if settings.zone not in available_timezones():
        close = get_close_matches(settings.zone, available_timezones(), n=1, cutoff=0.5)
        mend = f'did you mean "{close[0]}"?' if close else 'write one such as "Europe/Berlin"'
        raise fail(path, "work.zone", f'there is no time zone "{settings.zone}"; {mend}')
    for name in WEEKDAYS:
        _check_hours(getattr(settings, name), path, f"work.{name}")
    if not any(getattr(settings, name) for name in WEEKDAYS):
        raise fail(path, "work", "one weekday at least needs hours")
    try:
        public_holidays(settings.holidays)
    except NotImplementedError:
        mend = 'write a country of ISO 3166 such as "RU", or one with a subdivision such as "DE-BY"'
        raise fail(path, "work.holidays", f'no holidays are known for "{settings.holidays}"; {mend}') from None


@cache
def public_holidays(place: str) -> tuple[frozenset[date], frozenset[date]]:
    """The days off of a country ("RU") or a part of it ("DE-BY"), and its days off that are worked instead.

    Raises NotImplementedError for a place that the library does not know.
    """
    if not place:
        return frozenset(), frozenset()
    # Loading the library takes half a second, which every command without holidays is spared.
    import holidays

    country, _, subdivision = place.partition("-")
    found = holidays.country_holidays(country, subdiv=subdivision or None, years=_YEARS)
    return frozenset(found), frozenset(found.weekend_workdays)


def _check_hours(text: str, path: Path, key: str) -> None:
    try:
        hours = _hours(text)
    except ValueError:
        raise fail(path, key, f'must be hours such as "09:00-18:00", or empty for a day off, not "{text}"') from None
    if hours and hours[1] != time() and hours[0] >= hours[1]:
        raise fail(path, key, f'must begin before it ends, not "{text}"')


def _hours(text: str) -> Hours | None:
    """Raises ValueError for what is neither empty nor two times with a hyphen."""
    if not text.strip():
        return None
    opens, closes = text.replace("–", "-").split("-")
    end = "00:00" if closes.strip() == "24:00" else closes
    return time.fromisoformat(opens.strip()), time.fromisoformat(end.strip())
