"""The tokens with which other programs use the API in the name of a user."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from mailcrm.errors import Refused
from mailcrm.flow import tokens as flow
from mailcrm.flow.tokens import SCOPES, NewToken
from mailcrm.store import tokens
from web import notices
from web.access import by, me, now, reading, reread, tools

pages = Blueprint("tokens", __name__)
SCOPE_LABELS = {
    "clients:read": _l("read clients and contacts"),
    "clients:write": _l("add and change clients and contacts"),
    "timeline:read": _l("read timelines and messages"),
    "documents:read": _l("read about documents"),
    "tasks:read": _l("read tasks"),
    "tasks:write": _l("give and finish tasks"),
    "deals:read": _l("read deals and their stages"),
    "deals:write": _l("add, change and move deals"),
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
    return render_template("tokens/overview.html", rows=rows, scopes=SCOPE_LABELS, shown=shown)


@pages.post("/account/tokens/<int:token_id>/revoke")
def revoke(token_id: int) -> Response:
    """End one of the user's tokens."""
    flow.revoke_token(tools().office, by(), token_id)
    notices.say(gettext("That token works no longer."))
    return redirect(url_for("tokens.overview"))
