"""The fields that the company keeps of its clients: added, renamed, put in order, archived. For admins."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound
from mailcrm.flow import fields as flow
from mailcrm.flow.fields import NewField
from mailcrm.store import fields
from web import notices
from web.access import admin_only, by, reading, tools

pages = Blueprint("fields", __name__)


@pages.get("/fields")
@admin_only
def overview() -> str:
    """All fields in their order, archived ones below, and the form for a new one."""
    return render_template("fields/overview.html", rows=fields.fields(reading(), archived=True))


@pages.post("/fields")
@admin_only
def add() -> Response:
    """Add a field."""
    form = request.form
    new = NewField(form.get("label", ""), form.get("kind", "text"), _lines("choices"), "in_list" in form)
    flow.add_field(tools().office, by(), new)
    notices.say(gettext("The field is added. It stands on the form of every client."))
    return redirect(url_for("fields.overview"))


@pages.get("/fields/<int:field_id>")
@admin_only
def edit(field_id: int) -> str:
    """The form for one field."""
    for row in fields.fields(reading(), archived=True):
        if row.id == field_id:
            return render_template("fields/edit.html", row=row)
    raise NotFound("There is no such field.")


@pages.post("/fields/<int:field_id>")
@admin_only
def change(field_id: int) -> Response:
    """Save name, choices and whether it is a column of the list."""
    changes = {
        "label": request.form.get("label", ""),
        "choices": _lines("choices"),
        "in_list": "in_list" in request.form,
    }
    flow.edit_field(tools().office, by(), field_id, changes)
    notices.say(gettext("Saved."))
    return redirect(url_for("fields.overview"))


@pages.post("/fields/<int:field_id>/move")
@admin_only
def move(field_id: int) -> Response:
    """Move a field up or down by one place."""
    flow.move_field(tools().office, by(), field_id, request.form.get("way") == "up")
    return redirect(url_for("fields.overview"))


@pages.post("/fields/<int:field_id>/archive")
@admin_only
def archive(field_id: int) -> Response:
    """No longer ask for a field; the next page offers to undo it."""
    flow.archive_field(tools().office, by(), field_id)
    text = gettext("The field is archived. Its values stay.")
    notices.say_restorable(text, url_for("fields.restore", field_id=field_id))
    return redirect(url_for("fields.overview"))


@pages.post("/fields/<int:field_id>/restore")
@admin_only
def restore(field_id: int) -> Response:
    """Ask for a field again."""
    flow.archive_field(tools().office, by(), field_id, archived=False)
    notices.say(gettext("The field is back."))
    return redirect(url_for("fields.overview"))


def _lines(name: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in request.form.get(name, "").splitlines() if line.strip())
