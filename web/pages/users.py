"""Users, for admins: who signs in, with which role."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound
from mailcrm.flow import people as flow
from mailcrm.flow import second_factor, sessions
from mailcrm.flow.people import NewUser
from mailcrm.store import people
from mailcrm.store import sessions as stored_sessions
from web import notices
from web.access import actor, admin_only, by, now, reading, tools

pages = Blueprint("users", __name__)


@pages.get("/users")
@admin_only
def overview() -> str:
    """Every user, and the form for a new one."""
    return render_template("users/overview.html", rows=people.users(reading()))


@pages.post("/users")
@admin_only
def add() -> Response:
    """Add a user with a first password."""
    form = request.form
    new = NewUser(
        login=form.get("login", ""),
        name=form.get("name", ""),
        password=form.get("password", ""),
        role=form.get("role", "staff"),
        language=form.get("language", "en"),
    )
    flow.add_user(tools().database, new, now(), actor())
    notices.say(gettext("The user is added. Tell the first password in person; it can be changed under My account."))
    return redirect(url_for("users.overview"))


@pages.get("/users/<int:user_id>")
@admin_only
def edit(user_id: int) -> str:
    """The form for one user."""
    row = people.user(reading(), user_id)
    if row is None:
        raise NotFound("There is no such user.")
    return render_template(
        "users/edit.html",
        row=row,
        addresses=people.addresses(reading(), user_id),
        sessions=stored_sessions.sessions(reading(), user_id, now()),
    )


@pages.post("/users/<int:user_id>")
@admin_only
def change(user_id: int) -> Response:
    """Save name, role, whether the user may sign in, and the addresses that he writes from."""
    form = request.form
    changes: dict[str, object] = {"role": form.get("role", "staff"), "is_active": "is_active" in form}
    if form.get("name", "").strip():
        changes["name"] = form["name"].strip()
    flow.edit_user(tools().database, user_id, changes, now(), actor())
    wanted, had = set(form.get("addresses", "").split()), set(people.addresses(reading(), user_id))
    flow.change_addresses(tools().database, by(), user_id, tuple(wanted - had), tuple(had - wanted))
    notices.say(gettext("Saved."))
    return redirect(url_for("users.overview"))


@pages.post("/users/<int:user_id>/password")
@admin_only
def password(user_id: int) -> Response:
    """Set a new first password; the user is signed out everywhere."""
    flow.change_password(tools().database, user_id, request.form.get("password", ""), now(), actor())
    notices.say(gettext("The password is changed and the user is signed out everywhere."))
    return redirect(url_for("users.edit", user_id=user_id))


@pages.post("/users/<int:user_id>/sessions/end")
@admin_only
def end_sessions(user_id: int) -> Response:
    """Sign a user out everywhere."""
    if people.user(reading(), user_id) is None:
        raise NotFound("There is no such user.")
    sessions.end_all(tools().database, by(), user_id)
    notices.say(gettext("The user is signed out everywhere."))
    return redirect(url_for("users.edit", user_id=user_id))


@pages.post("/users/<int:user_id>/app/remove")
@admin_only
def remove_app(user_id: int) -> Response:
    """Ask a user for no app any more, who has lost his telephone and his codes."""
    second_factor.remove(tools().database, by(), user_id)
    notices.say(gettext("No code is asked for any more."))
    return redirect(url_for("users.edit", user_id=user_id))
