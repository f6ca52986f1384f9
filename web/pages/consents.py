"""What a client agreed to have counted: recorded on the page of its fields, and withdrawn with undo."""

from datetime import date, datetime

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import consents as flow
from mailcrm.store.tracking import NewConsent
from web import notices
from web.access import by, tools
from web.offering import CONSENTS
from web.pages.clients import known

pages = Blueprint("consents", __name__)


@pages.post("/clients/<int:client_id>/consents")
def record(client_id: int) -> Response:
    """Record what the client agrees to, in the words of the form."""
    known(client_id)
    try:
        given_on = date.fromisoformat(request.form.get("given_on", ""))
    except ValueError:
        raise Refused("This is not a day.") from None
    kinds = [kind for kind in CONSENTS if kind in request.form.getlist("kind")]
    given = [NewConsent(kind, str(CONSENTS[kind]), request.form.get("how", ""), given_on) for kind in kinds]
    flow.record(tools().office, by(), client_id, given)
    notices.say(gettext("The consent is recorded. It counts from the next mailing on that counts at all."))
    return _to(client_id)


@pages.post("/clients/<int:client_id>/consents/withdraw")
def withdraw(client_id: int) -> Response:
    """Withdraw a consent; the next page offers to undo it."""
    kind, act = request.form.get("kind", ""), by()
    flow.withdraw(tools().office, act, client_id, kind)
    back = url_for("consents.put_back", client_id=client_id, kind=kind, at=act.at.isoformat())
    notices.say_restorable(gettext("The consent is withdrawn: from now on nothing of it is counted."), back)
    return _to(client_id)


@pages.post("/clients/<int:client_id>/consents/back")
def put_back(client_id: int) -> Response:
    """Take the withdrawal back."""
    try:
        at = datetime.fromisoformat(request.args.get("at", ""))
    except ValueError:
        raise NotFound("There is no such consent.") from None
    flow.put_back(tools().office, by(), client_id, request.args.get("kind", ""), at)
    notices.say(gettext("The consent counts again."))
    return _to(client_id)


def _to(client_id: int) -> Response:
    return redirect(url_for("clients.edit", client_id=client_id) + "#consents")
