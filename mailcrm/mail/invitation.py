"""The meeting that an invitation by mail is about (RFC 5545, RFC 6047): read from the text/calendar part."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from icalendar import Calendar

LARGEST = 256 * 1024
"""Bytes of a part that is read; calendars of whole companies are no invitations."""
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Invited:
    """One meeting. Of a series the first."""

    uid: str
    method: str
    """REQUEST, CANCEL, REPLY, COUNTER, …"""
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime | None
    all_day: bool
    repeats: bool
    answer: str = ""
    """Of a REPLY: ACCEPTED, DECLINED or TENTATIVE."""


def invited(data: bytes) -> Invited | None:
    """The first meeting of a calendar; None where there is none that can be read. Never raises."""
    if len(data) > LARGEST:
        return None
    try:
        found = Calendar.from_ical(data)
        event = next(iter(found.walk("VEVENT")), None)
        return _meeting(found, event) if event is not None else None
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
        # A hostile or damaged calendar: the message is shown without its meeting.
        return None


def _meeting(found: Any, event: Any) -> Invited | None:
    begins = event.get("DTSTART")
    if begins is None:
        return None
    starts_at, all_day = _moment(begins.dt)
    ends = event.get("DTEND")
    length = event.get("DURATION")
    ends_at = _moment(ends.dt)[0] if ends is not None else starts_at + length.dt if length is not None else None
    return Invited(
        uid=_text(event.get("UID")),
        method=_text(found.get("METHOD")).upper()[:20],
        title=_text(event.get("SUMMARY")),
        place=_text(event.get("LOCATION")),
        starts_at=starts_at,
        ends_at=ends_at if ends_at and ends_at > starts_at else None,
        all_day=all_day,
        repeats=event.get("RRULE") is not None,
        answer=_answer(event),
    )


def _moment(value: date | datetime) -> tuple[datetime, bool]:
    """In UTC, and whether it is a whole day; a time without a zone is taken as it stands."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC), True
    zone: tzinfo | None = value.tzinfo
    moment = value.replace(tzinfo=UTC) if zone is None else value.astimezone(UTC)
    if not datetime(1990, 1, 1, tzinfo=UTC) <= moment <= datetime(2200, 1, 1, tzinfo=UTC) - timedelta(days=1):
        raise ValueError("no time of this world")
    return moment, False


def _answer(event: Any) -> str:
    attendee = event.get("ATTENDEE")
    first = attendee[0] if isinstance(attendee, list) and attendee else attendee
    return _text(first.params.get("PARTSTAT")).upper()[:20] if first is not None and hasattr(first, "params") else ""


def _text(value: Any) -> str:
    text = " ".join(str(value or "").replace("\0", "").split())
    return text.encode("utf-8", "replace").decode("utf-8")[:_LONGEST]
