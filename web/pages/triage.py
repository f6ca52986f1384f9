"""The tray: mail that no rule could file, to be given to a client, or never to be asked about again."""

from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients as flow_clients
from mailcrm.flow import links as flow
from mailcrm.flow.clients import NewClient
from mailcrm.flow.links import Undo
from mailcrm.store import clients, triage
from mailcrm.store.triage import TriageRow
from web import notices
from web.access import by, me, reading, tools, who

pages = Blueprint("triage", __name__)
SIZE = 30


@pages.get("/tray")
def overview() -> str:
    """One page of the tray, newest first."""
    rows = triage.rows(reading(), who(), "open", _before(), SIZE + 1)
    older = rows[SIZE - 1] if len(rows) > SIZE else None
    return render_template("triage/overview.html", rows=rows[:SIZE], older=older, first="before" not in request.args)


@pages.post("/tray/<int:triage_id>/attach")
def attach(triage_id: int) -> Response:
    """Give the counterpart of a row to the client that is named; its mail is fetched."""
    name = request.form.get("client", "").strip()
    found = clients.client_by_name(reading(), who(), name)
    if found is None:
        raise Refused(f'There is no client called "{name}".')
    row = _known(triage_id)
    undo = flow.attach(tools().office, by(), who(), triage_id, found.id)
    notices.say(gettext("%(email)s now belongs to %(client)s.", email=row.counterpart, client=found.name), undo)
    return _on()


@pages.post("/tray/<int:triage_id>/client")
def new_client(triage_id: int) -> Response:
    """Make a new client of the counterpart of a row."""
    row = _known(triage_id)
    name = request.form.get("name", "").strip() or row.counterpart_name or row.counterpart
    new = NewClient(name=name, addresses=(row.counterpart,))
    client_id = flow_clients.add_client(tools().office, by(), new)
    flow.attach(tools().office, by(), who(), triage_id, client_id)
    notices.say(gettext("The client is added. Older mail is being looked for."))
    return redirect(url_for("timeline.client", client_id=client_id))


@pages.post("/tray/<int:triage_id>/never")
def never(triage_id: int) -> Response:
    """Never store mail of this address, or of its whole domain: for the company (admins) or for this user."""
    row = _known(triage_id)
    value = row.counterpart if request.form.get("what") == "address" else row.counterpart.rpartition("@")[2]
    everybody = me().role == "admin" and "company" in request.form
    undo = flow.never_again(tools().office, by(), value, None if everybody else me().id)
    notices.say(gettext("Mail of %(value)s will not be asked about again.", value=value), undo)
    return _on()


@pages.post("/tray/dismiss")
def dismiss() -> Response:
    """Put one row aside without making any rule."""
    number = request.form.get("row", "")
    undo: Undo = flow.dismiss(tools().office, by(), who(), [int(number) if number.isdigit() else 0])
    notices.say(gettext("Put aside."), undo)
    return _on()


def _known(triage_id: int) -> TriageRow:
    row = triage.row(reading(), triage_id, who())
    if row is None:
        raise NotFound("There is no such message in the tray.")
    return row


def _before() -> tuple[datetime, int] | None:
    at, _, number = request.args.get("before", "").rpartition("~")
    try:
        return datetime.fromisoformat(at), int(number)
    except ValueError:
        return None


def _on() -> Response:
    return redirect(notices.back(url_for("triage.overview")))
