"""Handovers: what passes to whom and when, with a look at it before and the way back; and who looks after a client."""

from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound
from mailcrm.flow import groups as flow_groups
from mailcrm.flow import handover as flow
from mailcrm.flow.handover import NewHandover
from mailcrm.store import absences, groups, handovers, ownership, people
from mailcrm.store.handovers import Subject
from mailcrm.store.people import UserRow
from web import notices
from web.access import by, me, now, reading, tools, who
from web.languages import local, start_of
from web.pages.clients import known as known_client
from web.pages.groups import known as known_group

pages = Blueprint("handovers", __name__)
KINDS = ("client", "group", "user")


@pages.get("/handovers")
def overview() -> str:
    """What is planned and what was done, as far as it concerns the user."""
    rows = handovers.handovers(reading(), who())
    users = _users() if me().role == "admin" else []
    changeable = {row.id for row in rows if flow.may_change(who(), row)}
    return render_template("handovers/overview.html", rows=rows, users=users, changeable=changeable)


@pages.get("/handovers/new")
def new() -> str | Response:
    """The form for a handover of `kind` and `id`, with what it would move."""
    if "kind" not in request.args:
        return redirect(url_for("handovers.overview"))
    subject = _subject(request.args.get("kind", ""), request.args.get("id", ""))
    return render_template(
        "handovers/new.html",
        subject=subject,
        name=_name(subject),
        seen=handovers.preview(reading(), who(), subject),
        users=[user for user in _users() if subject != Subject("user", user.id)],
        today=local(now()).date(),
    )


@pages.post("/handovers/new")
def plan() -> Response:
    """Hand over now, or write down that it is to be done at a day."""
    form = request.form
    subject = _subject(form.get("kind", ""), form.get("id", ""))
    day = _day(form.get("day", ""))
    due_at = start_of(day) if day and day > local(now()).date() else None
    heir = _number(form.get("to_id", ""))
    asked = NewHandover(subject, heir, due_at, "manages" in form, form.get("note", ""))
    number = flow.plan(tools().office, by(), asked)
    if due_at is not None:
        notices.say_restorable(gettext("The handover is planned."), url_for("handovers.cancel", handover_id=number))
    else:
        _say_moved(number)
    return redirect(url_for("handovers.overview"))


@pages.post("/handovers/<int:handover_id>/undo")
def undo(handover_id: int) -> Response:
    """Give the clients back to who owned them."""
    count = flow.undo(tools().office, by(), handover_id)
    notices.say(
        ngettext("%(num)s client is back with its owner.", "%(num)s clients are back with their owners.", count)
    )
    return redirect(url_for("handovers.overview"))


@pages.post("/handovers/<int:handover_id>/cancel")
def cancel(handover_id: int) -> Response:
    """Drop a planned handover; the next page offers to plan it again."""
    flow.cancel(tools().office, by(), handover_id)
    notices.say_restorable(gettext("The handover is cancelled."), url_for("handovers.resume", handover_id=handover_id))
    return redirect(url_for("handovers.overview"))


@pages.post("/handovers/<int:handover_id>/resume")
def resume(handover_id: int) -> Response:
    """Plan a dropped handover again."""
    flow.resume(tools().office, by(), handover_id)
    notices.say(gettext("The handover is planned."))
    return redirect(url_for("handovers.overview"))


@pages.get("/clients/<int:client_id>/owner")
def of_client(client_id: int) -> str:
    """Who looks after a client: its owners, who covers now, and the groups that it is in."""
    client = known_client(client_id)
    inside = groups.of_client(reading(), who(), client_id)
    ids = {row.id for row in inside}
    offered = [one for one in groups.groups(reading(), who()) if one.id not in ids and flow_groups.may_fill(who(), one)]
    managers = [row.manager_id for row in inside]
    return render_template(
        "clients/owner.html",
        client=client,
        history=ownership.history(reading(), client_id),
        away=absences.of_user(reading(), client.owner_id, now()) if client.owner_id else None,
        groups=inside,
        fillable={row.id for row in inside if flow_groups.may_fill(who(), row)},
        offered=offered,
        may_hand_over=flow.may_plan(who(), Subject("client", client_id), owner_id=client.owner_id)
        or any(manager in who().stands_for for manager in managers),
    )


def _say_moved(number: int) -> None:
    with tools().database.reading() as connection:
        row = handovers.handover(connection, who(), number)
    moved = row.moved if row else 0
    text = ngettext("%(num)s client has a new owner.", "%(num)s clients have a new owner.", moved)
    notices.say_restorable(text, url_for("handovers.undo", handover_id=number))


def _subject(kind: str, number: str) -> Subject:
    subject = Subject(kind, _number(number))
    if kind not in KINDS or not subject.id:
        raise NotFound("There is no such handover.")
    return subject


def _name(subject: Subject) -> str:
    """What is handed over, by name; raises NotFound where the user may not hand it over."""
    if subject.kind == "client":
        return known_client(subject.id).name
    if subject.kind == "group":
        row = known_group(subject.id)
        if not flow.may_plan(who(), subject, manager_id=row.manager_id):
            raise NotFound("There is no such group.")
        return row.name
    user = people.user(reading(), subject.id)
    if user is None or not flow.may_plan(who(), subject):
        raise NotFound("There is no such user.")
    return user.name


def _users() -> list[UserRow]:
    return people.users(reading(), active_only=True)


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
