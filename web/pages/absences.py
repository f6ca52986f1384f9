"""Absences: who is away and who covers; for oneself, for managers of their people, and for admins."""

from datetime import date, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import Refused
from mailcrm.flow import absences as flow
from mailcrm.flow.absences import NewAbsence
from mailcrm.store import absences, people
from web import notices
from web.access import by, me, now, reading, tools, who
from web.languages import local, start_of

pages = Blueprint("absences", __name__)
_DAY = timedelta(days=1)


@pages.get("/absences")
def overview() -> str:
    """Who is away and who will be, and the form for another absence."""
    charges = absences.charges(reading(), who())
    return render_template(
        "absences/overview.html",
        rows=absences.absences(reading(), who(), now()),
        charges=charges,
        mine={number for number, _ in charges},
        users=people.users(reading(), active_only=True),
        today=local(now()).date(),
        last_day=lambda row: row.ends_at - _DAY / 2,
    )


@pages.post("/absences")
def add() -> Response:
    """Note an absence; the next page offers to undo it."""
    form = request.form
    first, last = _day(form.get("first", "")), _day(form.get("last", ""))
    if first is None or last is None:
        raise Refused("An absence needs a first and a last day.")
    user_id, cover_id = (int(value) if value.isdecimal() else 0 for value in (_said("user_id"), _said("cover_id")))
    asked = NewAbsence(user_id or me().id, cover_id, start_of(first), start_of(last + _DAY), form.get("note", ""))
    number = flow.plan(tools().office, by(), asked)
    notices.say_restorable(gettext("The absence is noted."), url_for("absences.cancel", absence_id=number))
    return redirect(url_for("absences.overview"))


@pages.post("/absences/<int:absence_id>/cancel")
def cancel(absence_id: int) -> Response:
    """He is not away after all, or back already."""
    flow.cancel(tools().office, by(), absence_id)
    notices.say_restorable(gettext("The absence is cancelled."), url_for("absences.restore", absence_id=absence_id))
    return redirect(url_for("absences.overview"))


@pages.post("/absences/<int:absence_id>/restore")
def restore(absence_id: int) -> Response:
    """Note an absence again."""
    flow.restore(tools().office, by(), absence_id)
    notices.say(gettext("The absence is noted."))
    return redirect(url_for("absences.overview"))


def _said(name: str) -> str:
    value = request.form.get(name, "")
    return value if value.isascii() and len(value) < 19 else ""


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
