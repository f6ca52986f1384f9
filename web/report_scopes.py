"""The question of a report as it stands in an address, and back."""

from datetime import date

from flask import request

from mailcrm.crm.reports import PERIODS, Period, period
from mailcrm.store.report_scope import Scope
from web.access import me, now, tools
from web.numbers import whole
from web.report_words import QUIET

ARGS = ("period", "since", "until", "owner", "manager", "group", "client", "by", "quiet")
_LONGEST = 3700
"""Days."""


def scope() -> Scope:
    """What the address asks for; what it says wrongly narrows nothing."""
    quiet = whole(request.args.get("quiet", "")) or 60
    return Scope(
        asked_period(),
        now(),
        owner_id=_number("owner"),
        manager_id=_number("manager"),
        group_id=_number("group"),
        client_id=_number("client"),
        actor_id=actor(),
        quiet_days=quiet if quiet in QUIET else 60,
    )


def args() -> dict[str, str]:
    """What the address says, for links that ask the same."""
    return {name: request.args[name] for name in ARGS if request.args.get(name)}


def name() -> str:
    """The name of the period; empty where days were chosen."""
    chosen = request.args.get("period", "")
    if chosen in PERIODS:
        return chosen
    return "" if _days() else "month"


def asked_period() -> Period:
    """The period of the address, in the company's zone; this month where there is none."""
    zone = tools().site.work.zone
    today = now().astimezone(zone).date()
    days = None if request.args.get("period") in PERIODS else _days()
    return Period(*days, zone) if days else period(name(), today, zone)


def actor() -> int | None:
    """Whose work is asked for. Members of staff may ask for their own alone."""
    asked = _number("by")
    return asked if asked is None or me().role != "staff" else me().id


def _days() -> tuple[date, date] | None:
    try:
        first, last = (date.fromisoformat(request.args.get(key, "")) for key in ("since", "until"))
    except ValueError:
        return None
    if not (date(1990, 1, 1) <= first <= last <= date(2100, 1, 1)) or (last - first).days > _LONGEST:
        return None
    return first, last


def _number(key: str) -> int | None:
    return whole(request.args.get(key, "")) or None
