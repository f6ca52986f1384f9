"""Who must not be written to: the list, entering by hand, lifting with undo."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from mailcrm.errors import Refused
from mailcrm.flow import suppressions as flow
from mailcrm.store import suppressions
from mailcrm.store.suppressions import Wanted
from web import notices
from web.access import by, reading, tools, who

pages = Blueprint("suppressions", __name__)
SIZE = 50
REASONS = {
    "unsubscribed": _l("Unsubscribed"),
    "bounced": _l("Mail came back"),
    "complained": _l("Complained"),
    "objection": _l("Objected"),
    "by-hand": _l("By hand"),
}
SCOPES = {"all": _l("all mail"), "marketing": _l("marketing")}


@pages.get("/suppressions")
def overview() -> str:
    """One page of the list, newest first."""
    words, reason = request.args.get("q", "").strip(), request.args.get("reason", "")
    before = request.args.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None
    reason = reason if reason in REASONS else ""
    rows = suppressions.listed(reading(), who(), Wanted(words, reason, number), SIZE + 1)
    older = rows[SIZE - 1].id if len(rows) > SIZE else None
    return render_template(
        "suppressions/overview.html", rows=rows[:SIZE], older=older, words=words, reason=reason, reasons=REASONS,
        scopes=SCOPES,
    )  # fmt: skip


@pages.post("/suppressions")
def add() -> Response:
    """Forbid mail to an address or a domain."""
    form = request.form
    number = flow.suppress(tools().office, by(), form.get("address", ""), form.get("scope", ""), "by-hand")
    notices.say_restorable(gettext("No more mail goes there."), url_for("suppressions.lift", suppression_id=number))
    return redirect(url_for("suppressions.overview"))


@pages.post("/suppressions/<int:suppression_id>/lift")
def lift(suppression_id: int) -> Response:
    """Allow mail again; it can be put back as it was."""
    row = flow.lift(tools().office, by(), suppression_id)
    token = _signer().dumps([row.address, row.scope, row.reason, row.detail[:300], row.recipient_id, row.actor_id,
                             row.at.isoformat()])  # fmt: skip
    notices.say_restorable(
        gettext("Mail may go to %(address)s again.", address=row.address), url_for("suppressions.put_back", row=token)
    )
    return redirect(notices.back(url_for("suppressions.overview")))


@pages.post("/suppressions/back")
def put_back() -> Response:
    """Undo a lift."""
    try:
        found = _signer().loads(request.args.get("row", ""), max_age=3600)
    except BadSignature:
        raise Refused("This can no longer be undone here.") from None
    flow.put_back(tools().office, by(), flow.lifted(*found))
    notices.say(gettext("It is on the list again."))
    return redirect(url_for("suppressions.overview"))


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(tools().keyring.derive("suppressions"))
