"""A user leaves, and comes back: what will happen is told before it does."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound
from mailcrm.flow import departures as flow
from mailcrm.store import departures, people
from web import notices
from web.access import admin_only, by, now, reading, tools

pages = Blueprint("departures", __name__)


@pages.get("/users/<int:user_id>/departure")
@admin_only
def overview(user_id: int) -> str:
    """What a departure would do, or what it did."""
    row = people.user(reading(), user_id)
    if row is None:
        raise NotFound("There is no such user.")
    others = [one for one in people.users(reading(), active_only=True) if one.id != user_id]
    return render_template(
        "users/departure.html",
        row=row,
        leaving=departures.leaving(reading(), user_id, now()),
        left=departures.last(reading(), user_id),
        others=others,
    )


@pages.post("/users/<int:user_id>/departure")
@admin_only
def depart(user_id: int) -> Response:
    """Let the user go."""
    value = request.form.get("successor", "")
    successor = int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
    flow.depart(tools().office, by(), user_id, successor)
    address = url_for("departures.come_back", user_id=user_id)
    notices.say_restorable(gettext("The user has left; the mailboxes are kept as archives."), address)
    return redirect(url_for("departures.overview", user_id=user_id))


@pages.post("/users/<int:user_id>/return")
@admin_only
def come_back(user_id: int) -> Response:
    """Undo a departure."""
    flow.come_back(tools().office, by(), user_id)
    notices.say(gettext("The user is back, and so are the mailboxes and clients."))
    return redirect(url_for("users.edit", user_id=user_id))
