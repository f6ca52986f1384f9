"""The webhooks that tell other programs of the company what happened; for admins."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from mailcrm.crm.happenings import EVENTS
from mailcrm.flow import webhooks as flow
from mailcrm.store import webhooks
from web import notices
from web.access import admin_only, by, reading, reread, tools

pages = Blueprint("webhooks", __name__)
EVENT_LABELS = {
    "message.received": _l("a message of a client arrived"),
    "answer.received": _l("a client answered a version of a document"),
    "task.due": _l("a task came due"),
    "offer.accepted": _l("a client accepted an offer"),
}


@pages.get("/webhooks")
@admin_only
def overview() -> str:
    """The webhooks of the company, and a form for a new one."""
    return _overview("")


@pages.post("/webhooks")
@admin_only
def add() -> str:
    """Add a webhook and show the key of its signatures, this once."""
    events = tuple(event for event in EVENTS if event in request.form.getlist("events"))
    secret = flow.add_webhook(tools().office, by(), tools().keyring, request.form.get("url", ""), events)
    return _overview(secret)


def _overview(shown: str) -> str:
    reread()
    rows = webhooks.webhooks(reading())
    waiting = webhooks.waiting(reading(), [row.id for row in rows])
    return render_template("webhooks/overview.html", rows=rows, waiting=waiting, events=EVENT_LABELS, shown=shown)


@pages.post("/webhooks/<int:webhook_id>/<any(pause, resume):act>")
@admin_only
def pause(webhook_id: int, act: str) -> Response:
    """Stop or go on telling one webhook."""
    flow.pause_webhook(tools().office, webhook_id, "paused" if act == "pause" else "active")
    notices.say(gettext("Saved."))
    return redirect(url_for("webhooks.overview"))


@pages.post("/webhooks/<int:webhook_id>/remove")
@admin_only
def remove(webhook_id: int) -> Response:
    """Forget a webhook."""
    flow.remove_webhook(tools().office, webhook_id)
    notices.say(gettext("The webhook is removed."))
    return redirect(url_for("webhooks.overview"))
