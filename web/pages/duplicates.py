"""Clients that may be one: the list of pairs, two clients beside each other, the merge and its undoing."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound
from mailcrm.flow import duplicates as flow
from mailcrm.flow import merging
from mailcrm.store import cards, clients, duplicates
from web import notices
from web.access import by, reading, tools, who
from web.pages.clients import known

pages = Blueprint("duplicates", __name__)


@pages.get("/duplicates")
def overview() -> str:
    """The likeliest pairs of clients that may be one."""
    return render_template("duplicates/overview.html", rows=duplicates.open_pairs(reading(), who()))


@pages.post("/duplicates")
def look() -> Response:
    """Look through all clients again."""
    count = flow.refresh(tools().office, by())
    notices.say(gettext("Looked through. Pairs that may be one client: %(count)s.", count=count))
    return redirect(url_for("duplicates.overview"))


@pages.get("/clients/<int:client_id>/merge")
def compare(client_id: int) -> str | Response:
    """Two clients beside each other: `other` is an id or `client` a name."""
    row = known(client_id)
    if not {"other", "client"} & set(request.args):
        return redirect(url_for("clients.edit", client_id=client_id))
    other = _other()
    left, right = (cards.card(reading(), one.id) for one in (row, other))
    return render_template("duplicates/compare.html", both=((row, left), (other, right)), same=row.id == other.id)


@pages.post("/clients/<int:client_id>/merge")
def merge(client_id: int) -> Response:
    """Make `other` and this client one: this one stays."""
    gone = known(_number("other"))
    number = merging.merge(tools().office, by(), client_id, gone.id)
    text = gettext("“%(name)s” is merged. Its mail, documents and people are here now.", name=gone.name)
    notices.say_restorable(text, url_for("duplicates.unmerge", merge_id=number))
    return redirect(url_for("timeline.client", client_id=client_id))


@pages.post("/merges/<int:merge_id>/undo")
def unmerge(merge_id: int) -> Response:
    """Separate two clients again."""
    client_id = merging.unmerge(tools().office, by(), merge_id)
    notices.say(gettext("The clients are separate again."))
    return redirect(url_for("timeline.client", client_id=client_id))


@pages.post("/clients/<int:client_id>/differs")
def differ(client_id: int) -> Response:
    """Say that two clients are not the same; the next page offers to undo it."""
    other = _number("other")
    flow.differ(tools().office, by(), (client_id, other))
    address = url_for("duplicates.alike", client_id=client_id, other_id=other)
    notices.say_restorable(gettext("They are two clients. They will not be proposed again."), address)
    return redirect(url_for("duplicates.overview"))


@pages.post("/clients/<int:client_id>/differs/<int:other_id>/undo")
def alike(client_id: int, other_id: int) -> Response:
    """Propose two clients again."""
    flow.differ(tools().office, by(), (client_id, other_id), different=False)
    return redirect(url_for("duplicates.overview"))


def _other() -> clients.ClientRow:
    name = request.args.get("client", "").strip()
    if not name:
        value = request.args.get("other", "")
        return known(int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0)
    found = clients.client_by_name(reading(), who(), name)
    if found is None:
        raise NotFound(f'There is no client called "{name}".')
    return found


def _number(name: str) -> int:
    value = request.form.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0
