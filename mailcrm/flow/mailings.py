"""Mailings: make one, say whom and when, approve it, start, pause, go on, call off; a test to oneself."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.errors import NotFound, Refused
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.flow.offers import known as known_offer
from mailcrm.flow.prepare import EDITABLE, UNPREPARED, editable
from mailcrm.mailing import audience, schedule
from mailcrm.mailing.audience import Audience
from mailcrm.mailing.pace import ramp_of
from mailcrm.mailing.preflight import fingerprint
from mailcrm.mailing.schedule import BadTime, Start
from mailcrm.mailing.state import mailing_may
from mailcrm.mailing.tracking import LEVELS, is_reachable
from mailcrm.store import dispatch, entries, freezing, mailings, offers, offers_sent, people, send_accounts
from mailcrm.store.database import Database
from mailcrm.store.mailings import MailingRow

MOST_VARIANTS = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """When and how a mailing leaves."""

    name: str
    send_at_local: str = ""
    zone: str = "UTC"
    days: tuple[int, ...] = ()
    """Of the week, 1 is Monday; none for every day."""
    hours: tuple[str, str] = ("", "")
    working_days: bool = False
    ramp: tuple[int, ...] = ()
    ramp_minutes: int = 30
    fallback_account_id: int | None = None
    scope: str = "all"
    tracking: str = "none"
    """What is counted of clients who agreed to it; a key of `mailing.tracking.LEVELS`."""


def add_mailing(office: Office, by: By, offer_id: int, name: str, zone: str) -> int:
    """Begin a mailing of an offer; returns its id. Raises NotFound."""
    with editing(office, by) as edit:
        offer = known_offer(edit, offer_id)
        seed = int.from_bytes(f"{offer.number} {by.at.isoformat()}".encode()[-7:], "big")
        values = {"offer_id": offer_id, "name": name.strip()[:200] or offer.title, "state": "draft", "zone": zone}
        return mailings.add_mailing(
            edit.connection,
            values | {"seed": seed, "created_by": by.actor_id, "created_at": by.at, "scope": "marketing"},
        )


def set_audience(office: Office, by: By, mailing_id: int, wanted: Audience) -> None:
    """Say whom a mailing is for; it has to be checked anew. Raises Refused, or NotFound."""
    with editing(office, by) as edit:
        editable(edit, mailing_id)
        _change(edit, mailing_id, {"audience": audience.to_json(wanted)})


def leave_out(office: Office, by: By, mailing_id: int, client_ids: Sequence[int]) -> None:
    """Leave clients out of a mailing although its audience names them; it has to be checked anew."""
    with editing(office, by) as edit:
        wanted = audience.from_json(editable(edit, mailing_id).audience)
        left = tuple(dict.fromkeys((*wanted.left_out, *client_ids)))
        _change(edit, mailing_id, {"audience": audience.to_json(replace(wanted, left_out=left))})


def decide(office: Office, by: By, mailing_id: int, address: str, client_id: int) -> None:
    """Say for which of several clients with one address the mailing counts. Raises Refused, or NotFound."""
    with editing(office, by) as edit:
        wanted = audience.from_json(editable(edit, mailing_id).audience)
        decided = {**wanted.decided, address: client_id}
        _change(edit, mailing_id, {"audience": audience.to_json(replace(wanted, decided=decided))})


def set_plan(office: Office, by: By, mailing_id: int, plan: Plan, working: WorkCalendar) -> Start | None:
    """Say when and how a mailing leaves; returns the moment, None for at once. Raises Refused, or NotFound."""
    begin = started(plan.send_at_local, plan.zone, working if plan.working_days else None)
    with editing(office, by) as edit:
        editable(edit, mailing_id)
        if not plan.name.strip():
            raise Refused("A mailing needs a name.")
        if plan.tracking not in LEVELS or (plan.tracking != "none" and not is_reachable(office.base_url)):
            raise Refused(
                "Clicks cannot be counted: the configuration names no address of these pages that clients can reach."
            )
        if plan.fallback_account_id and send_accounts.account(edit.connection, plan.fallback_account_id) is None:
            raise Refused("There is no such account.")
        ramp = {"sizes": list(plan.ramp), "minutes": plan.ramp_minutes} if plan.ramp else None
        values = {"name": plan.name.strip()[:200], "send_at_local": plan.send_at_local, "zone": plan.zone}
        values |= {"window": _window(plan), "ramp": json.dumps(ramp) if ramp else ""}
        values |= {"scope": plan.scope, "tracking": plan.tracking}
        _change(edit, mailing_id, {**values, "fallback_account_id": plan.fallback_account_id})
    return begin


def set_variants(office: Office, by: By, mailing_id: int, rows: Sequence[tuple[str, dict[str, str], float]]) -> None:
    """Set the variants of a mailing: name, values of terms, share. Raises Refused, or NotFound."""
    names = [name for name, _, _ in rows]
    if len(rows) > MOST_VARIANTS or len(set(names)) < len(names) or any(share <= 0 for *_, share in rows):
        raise Refused(f"A mailing has at most {MOST_VARIANTS} variants with different names and shares above zero.")
    with editing(office, by) as edit:
        mailing = editable(edit, mailing_id)
        known = {spec.key for spec in offers.specs(edit.connection, mailing.offer_id)}
        if any(set(values) - known for _, values, _ in rows):
            raise Refused("There is no such term.")
        freezing.clear(edit.connection, mailing_id)
        mailings.replace_variants(edit.connection, mailing_id, rows)
        _change(edit, mailing_id, {})


def approve(office: Office, by: By, mailing_id: int, sha: str, working: WorkCalendar) -> datetime:
    """Approve exactly what is frozen under the hash that the person saw, and put it into the queue; returns when it
    begins. Raises Refused, or NotFound."""
    with editing(office, by) as edit:
        mailing = known(edit, mailing_id)
        _may_approve(edit, mailing)
        if mailing.state != "preparing" or mailing.prepared_at is None:
            raise Refused("Check the mailing first: there is nothing to approve yet.")
        if not sha or sha != mailing.prepared_sha or sha != fingerprint(freezing.frozen(edit.connection, mailing_id)):
            raise Refused("The mailing was changed meanwhile: look at it again.")
        counts = mailings.counts(edit.connection, [mailing_id]).get(mailing_id, {})
        if counts.get("render_error") or freezing.skip_counts(edit.connection, mailing_id).get("conflict"):
            raise Refused("Some clients still have a problem: mend it, or leave them out.")
        if not counts.get("rendered"):
            raise Refused("Nobody would get this mailing.")
        begins = _begin(edit, mailing, working)
        state = "scheduled" if begins > by.at else "running"
        values = {"state": state, "approved_by": by.actor_id, "approved_at": by.at, "approved_sha": sha}
        started_at = by.at if state == "running" else None
        mailings.change_mailing(edit.connection, mailing_id, {**values, "started_at": started_at})
        offers.change_offer(edit.connection, mailing.offer_id, {"state": "open", "updated_at": by.at})
        edit.note("approved", "mailing", mailing_id, detail=sha[:16])
        return begins


def back_to_draft(office: Office, by: By, mailing_id: int) -> None:
    """Take back a scheduled mailing of which nothing has left; it has to be approved anew. Raises Refused, NotFound."""
    with editing(office, by) as edit:
        mailing = known(edit, mailing_id)
        if mailing.state not in ("scheduled", *EDITABLE):
            raise Refused("This mailing is on its way: pause it or call it off.")
        freezing.clear(edit.connection, mailing_id)
        mailings.change_mailing(edit.connection, mailing_id, {**UNPREPARED, "state": "draft"})


def steer(office: Office, by: By, mailing_id: int, state: str) -> str:
    """Pause, go on with, or call off a mailing (paused, running, cancelled); returns the state before. Whoever sends
    obeys within one message. Raises Refused, or NotFound."""
    if state not in ("paused", "running", "cancelled"):
        raise Refused("A mailing can be paused, gone on with or called off.")
    with editing(office, by) as edit:
        mailing = known(edit, mailing_id)
        if not mailing_may(mailing.state, state) or (state == "running" and mailing.state != "paused"):
            raise Refused("That cannot be done with this mailing now.")
        values: dict[str, object] = {"state": state, "pause_reason": "by hand" if state == "paused" else ""}
        if state == "cancelled":
            dispatch.cancel_recipients(edit.connection, mailing_id)
            values["finished_at"] = by.at
        mailings.change_mailing(edit.connection, mailing_id, values)
        edit.note(state, "mailing", mailing_id)
        return mailing.state


def started(local: str, zone: str, working: WorkCalendar | None) -> Start | None:
    """When a plan begins; None for at once. Raises Refused."""
    try:
        schedule.zone(zone)
        return schedule.start(local, zone, working) if local else None
    except BadTime as error:
        if error.reason == "zone":
            raise Refused(f'There is no time zone "{zone}"; write it like Europe/Berlin.') from None
        raise Refused("This is not a date and a time.") from None


def is_working(mailing: MailingRow) -> bool:
    """Whether the mailing begins on working days alone."""
    return bool(mailing.window and json.loads(mailing.window).get("working"))


def start_due(database: Database, now: datetime, working: WorkCalendar) -> int:
    """Let those scheduled mailings leave whose time has come; returns how many.

    The local time counts, by the rules that the zone and the calendar have now: they may have changed since.
    """
    with database.writing() as connection:
        for one in mailings.scheduled(connection):
            with suppress(Refused):  # a zone that is no more: the time stands as it was
                if begin := started(one.send_at_local, one.zone, working if is_working(one) else None):
                    freezing.move(connection, one.id, begin.at)
        return mailings.start_due(connection, now)


def put_on_timelines(database: Database, now: datetime) -> int:
    """Give every offer that a server took an entry on its client's timeline; returns how many were new."""
    with database.writing() as connection:
        new = offers_sent.unlisted(connection, now - timedelta(days=3))
        for one in new:
            entries.add(connection, one)
        return len(new)


def _begin(edit: Edit, mailing: MailingRow, working: WorkCalendar) -> datetime:
    """Put everything into the queue, wave by wave; returns when it begins."""
    planned = started(mailing.send_at_local, mailing.zone, working if is_working(mailing) else None)
    begins = max(planned.at, edit.by.at) if planned else edit.by.at
    ramp, waves = ramp_of(mailing.ramp), dict[int, list[int]]()
    for place, number in enumerate(freezing.rendered_ids(edit.connection, mailing.id)):
        waves.setdefault(ramp.wave(place), []).append(number)
    freezing.enqueue(edit.connection, waves, begins)
    return begins


def _may_approve(edit: Edit, mailing: MailingRow) -> None:
    """A manager or an admin, not the one who made it; unless the company has nobody else."""
    if edit.by.actor_id is None:
        return
    able = [user.id for user in people.users(edit.connection, active_only=True) if user.role != "staff"]
    if edit.by.actor_id not in able:
        raise Refused("Only a manager or an admin may approve a mailing.")
    if edit.by.actor_id == mailing.created_by and len(able) > 1:
        raise Refused("Somebody else has to approve it: you made this mailing yourself.")


def known(edit: Edit, mailing_id: int) -> MailingRow:
    """The mailing, where whoever edits may change it. Raises Refused, or NotFound."""
    found = mailings.mailing(edit.connection, mailing_id)
    if found is None:
        raise NotFound("There is no such mailing.")
    user = people.user(edit.connection, edit.by.actor_id) if edit.by.actor_id is not None else None
    if user is not None and user.role == "staff" and found.created_by != user.id:
        raise Refused("Only who made it, managers and admins may change this mailing.")
    return found


def _change(edit: Edit, mailing_id: int, values: dict[str, object]) -> None:
    """Change a mailing that nothing has left of: what was prepared and approved no longer counts."""
    freezing.clear(edit.connection, mailing_id)
    mailings.change_mailing(edit.connection, mailing_id, {**UNPREPARED, **values, "state": "draft"})


def _window(plan: Plan) -> str:
    found: dict[str, object] = {}
    if plan.days:
        found["days"] = sorted(set(plan.days))
    found |= {name: value for name, value in zip(("from", "to"), plan.hours, strict=True) if value}
    if plan.working_days:
        found["working"] = True
    return json.dumps(found) if found else ""
