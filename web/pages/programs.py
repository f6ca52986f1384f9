"""Other programs: the tokens with which they use the API, and the webhooks that tell them of events."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from mailcrm.crm.happenings import EVENTS
from mailcrm.errors import Refused
from mailcrm.flow import tokens as flow
from mailcrm.flow import webhooks as flow_webhooks
from mailcrm.flow.tokens import SCOPES, NewToken
from mailcrm.store import tokens, webhooks
from web import notices
from web.access import admin_only, by, me, now, reading, reread, tools

pages = Blueprint("programs", __name__)
SCOPE_LABELS = {
    "clients:read": _l("read clients and contacts"),
    "clients:write": _l("add and change clients and contacts"),
    "timeline:read": _l("read timelines and messages"),
    "documents:read": _l("read about documents"),
}
EVENT_LABELS = {
    "message.received": _l("a message of a client arrived"),
    "answer.received": _l("a client answered a version of a document"),
}


@pages.get("/account/tokens")
def overview() -> str:
    """The user's tokens, and a form for a new one."""
    return _overview("")


@pages.post("/account/tokens")
def add() -> str:
    """Make a token and show it, this once."""
    days = request.form.get("days", "")
    if days and not (days.isascii() and days.isdigit() and len(days) < 6):
        raise Refused(f"A token lives from 1 to {flow.LONGEST_DAYS} days.")
    chosen = tuple(scope for scope in SCOPES if scope in request.form.getlist("scopes"))
    new = NewToken(request.form.get("name", ""), chosen, int(days) if days else None)
    return _overview(flow.add_token(tools().office, by(), new))


def _overview(shown: str) -> str:
    reread()
    rows = tokens.tokens(reading(), me().id, now())
    return render_template("programs/tokens.html", rows=rows, scopes=SCOPE_LABELS, shown=shown)


@pages.post("/account/tokens/<int:token_id>/revoke")
def revoke(token_id: int) -> Response:
    """End one of the user's tokens."""
    flow.revoke_token(tools().office, by(), token_id)
    notices.say(gettext("That token works no longer."))
    return redirect(url_for("programs.overview"))


@pages.get("/webhooks")
@admin_only
def hooks() -> str:
    """The webhooks of the company, and a form for a new one."""
    return _hooks("")


@pages.post("/webhooks")
@admin_only
def add_hook() -> str:
    """Add a webhook and show the key of its signatures, this once."""
    events = tuple(event for event in EVENTS if event in request.form.getlist("events"))
    secret = flow_webhooks.add_webhook(tools().office, by(), tools().keyring, request.form.get("url", ""), events)
    return _hooks(secret)


def _hooks(shown: str) -> str:
    reread()
    rows = webhooks.webhooks(reading())
    waiting = webhooks.waiting(reading(), [row.id for row in rows])
    return render_template("programs/webhooks.html", rows=rows, waiting=waiting, events=EVENT_LABELS, shown=shown)


@pages.post("/webhooks/<int:webhook_id>/<any(pause, resume):act>")
@admin_only
def pause_hook(webhook_id: int, act: str) -> Response:
    """Stop or go on telling one webhook."""
    flow_webhooks.pause_webhook(tools().office, webhook_id, "paused" if act == "pause" else "active")
    notices.say(gettext("Saved."))
    return redirect(url_for("programs.hooks"))


@pages.post("/webhooks/<int:webhook_id>/remove")
@admin_only
def remove_hook(webhook_id: int) -> Response:
    """Forget a webhook."""
    flow_webhooks.remove_webhook(tools().office, webhook_id)
    notices.say(gettext("The webhook is removed."))
    return redirect(url_for("programs.hooks"))
