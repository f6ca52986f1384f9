"""What people typed into the forms of mailings, as values."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from babel.dates import get_day_names
from flask_babel import get_locale
from werkzeug.datastructures import MultiDict

from mailcrm.errors import Refused
from mailcrm.flow.mailings import Plan
from mailcrm.mailing import schedule
from mailcrm.mailing.pace import ramp_of
from mailcrm.mailing.terms import BadValue, TermSpec, parsed
from mailcrm.store.mailings import MailingRow
from web import offer_forms

MOST_VARIANTS = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """The plan of a mailing as its form shows it."""

    days: tuple[int, ...]
    begin: str
    end: str
    working: bool
    sizes: str
    minutes: int


def plan(form: MultiDict[str, str]) -> Plan:
    """When and how a mailing leaves. Raises Refused."""
    sizes = form.get("ramp", "").replace(",", " ").split()
    if any(not one.isdigit() or not 0 < int(one) < 1_000_000 for one in sizes) or len(sizes) > 10:
        raise Refused("The first waves are numbers of messages, such as 5 25 100.")
    minutes = form.get("ramp_minutes", "30")
    return Plan(
        name=form.get("name", ""),
        send_at_local=form.get("send_at_local", "").strip(),
        zone=form.get("zone", "UTC").strip(),
        days=numbers(form, "day"),
        hours=(_hour(form.get("from", "")), _hour(form.get("to", ""))),
        working_days="working_days" in form,
        ramp=tuple(int(one) for one in sizes),
        ramp_minutes=max(1, min(int(minutes), 10_000)) if minutes.isdigit() else 30,
        fallback_account_id=offer_forms.identity(form.get("fallback_account_id", "")),
        scope="marketing",
        tracking=form.get("tracking", "none"),
    )


def shown(row: MailingRow) -> Shown:
    """The plan that is stored, for the form."""
    window = json.loads(row.window) if row.window else {}
    ramp = ramp_of(row.ramp)
    return Shown(
        tuple(window.get("days", ())),
        window.get("from", ""),
        window.get("to", ""),
        bool(window.get("working")),
        " ".join(map(str, ramp.sizes)),
        int(ramp.gap.total_seconds() // 60) if row.ramp else 30,
    )


def variants(form: MultiDict[str, str], specs: Sequence[TermSpec]) -> list[tuple[str, dict[str, str], float]]:
    """The variants: name, values of terms, share; those without a name are left out. Raises Refused."""
    found = []
    for line in range(1, MOST_VARIANTS + 1):
        name = " ".join(form.get(f"name-{line}", "").split())
        if name:
            values = {spec.key: _value(spec, form.get(f"{spec.key}-{line}", "")) for spec in specs}
            share = form.get(f"share-{line}", "").strip()
            weight = float(offer_forms.amount(share)) if share else 1.0
            found.append((name[:60], {key: value for key, value in values.items() if value}, weight))
    return found


def numbers(form: MultiDict[str, str], name: str) -> tuple[int, ...]:
    """The numbers of the chosen boxes of one name."""
    found = (offer_forms.identity(one) for one in form.getlist(name))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def is_zone(name: str) -> bool:
    """Whether there is such a time zone."""
    try:
        schedule.zone(name)
    except schedule.BadTime:
        return False
    return True


def day_names() -> list[tuple[int, str]]:
    """The days of the week from Monday on, with their numbers."""
    names = get_day_names("abbreviated", context="stand-alone", locale=str(get_locale() or "en"))
    return [(number + 1, names[number]) for number in range(7)]


def _hour(text: str) -> str:
    text = text.strip()
    if text and not (len(text) == 5 and text[2] == ":" and text[:2].isdigit() and text[3:].isdigit()):
        raise Refused("This is not a date and a time.")
    return text


def _value(spec: TermSpec, text: str) -> str:
    try:
        return parsed(spec.kind, text)
    except BadValue:
        raise Refused(f'"{text[:60]}" is no value for {spec.label}.') from None
