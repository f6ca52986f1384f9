"""When a mailing begins: a local time in a zone, the jumps of the clocks said aloud, on a working day if wanted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailcrm.crm.work_calendar import WorkCalendar, is_working_day, next_working_day


class BadTime(ValueError):
    """A text that is no local time, or a zone that there is not: `reason` is time or zone."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Start:
    """The moment in UTC, and what has to be said about it: "", skipped (the clocks jump over that time), twice (it
    comes twice, the first one counts) or moved (to the next working day)."""

    at: datetime
    notice: str = ""


def zone(name: str) -> ZoneInfo:
    """The zone of this IANA name. Raises BadTime."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadTime("zone") from None


def start(local: str, zone_name: str, working: WorkCalendar | None = None) -> Start:
    """When a mailing planned for `local` (ISO 8601 without zone) begins. Raises BadTime.

    A time that the clocks jump over becomes the first one after the jump; of one that comes twice the first counts.
    With a calendar, a day off becomes the next working day at the same hour.
    """
    here = zone(zone_name)
    try:
        wanted = datetime.fromisoformat(local)
    except ValueError:
        raise BadTime("time") from None
    if wanted.tzinfo is not None:
        raise BadTime("time")
    moved = working is not None and not is_working_day(working, wanted.date())
    if working is not None and moved:
        wanted = datetime.combine(next_working_day(working, wanted.date()), wanted.time())
    first, second = (wanted.replace(tzinfo=here, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(here).replace(tzinfo=None) != wanted:
        return Start(_after_the_jump(wanted, here), "skipped")
    return Start(first, "moved" if moved else "twice" if first != second else "")


def _after_the_jump(wanted: datetime, here: ZoneInfo) -> datetime:
    """The first moment whose local time is not before the wanted one."""
    at = wanted.replace(tzinfo=here, fold=1).astimezone(UTC) - timedelta(hours=3)
    at = at.replace(second=0, microsecond=0)
    while at.astimezone(here).replace(tzinfo=None) < wanted:
        at += timedelta(minutes=1)
    return at
