"""My authenticator app: set it up with a QR code, confirm it, new backup codes, remove it."""

import segno
from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from mailcrm.crm import one_time
from mailcrm.flow import second_factor as flow
from mailcrm.flow import sessions
from mailcrm.flow.second_factor import Lock
from mailcrm.store import factors
from web import notices
from web.access import by, me, now, origin, reading, tools

pages = Blueprint("second_factor", __name__)


@pages.get("/account/app")
def overview() -> str:
    """Whether an app is asked for; in the middle of setting one up its secret, as a QR code and as text."""
    secret = flow.begun(_lock(), me().id)
    return render_template(
        "account/app.html",
        secret=_spaced(one_time.base32(secret)) if secret else "",
        uri=one_time.uri(secret, me().login) if secret else "",
        picture=_picture(one_time.uri(secret, me().login)) if secret else "",
        left=factors.backup_codes_left(reading(), me().id),
        required=me().role in tools().site.second_factor_roles,
        codes=[],
    )


@pages.post("/account/app")
def begin() -> Response:
    """Make a secret and go on to its QR code."""
    flow.begin(_lock(), me().id, now())
    return redirect(url_for("second_factor.overview"))


@pages.post("/account/app/confirm")
def confirm() -> str:
    """Take the first code; the backup codes are shown this once."""
    return _codes(flow.confirm(_lock(), by(), request.form.get("code", "")))


@pages.post("/account/app/codes")
def codes() -> str:
    """New backup codes, against the password."""
    _prove()
    return _codes(flow.renew_codes(_lock(), by()))


@pages.post("/account/app/remove")
def remove() -> Response:
    """Ask for no app any more, against the password."""
    _prove()
    flow.remove(tools().database, by(), me().id)
    notices.say(gettext("No code is asked for any more."))
    return redirect(url_for("second_factor.overview"))


def _prove() -> None:
    # An open browser that somebody left must not be enough to take the lock off.
    if me().has_password:
        sessions.confirm(tools().database, me().login, request.form.get("current", ""), origin(), now())


def _codes(found: list[str]) -> str:
    return render_template(
        "account/app.html", secret="", uri="", picture="", left=len(found), required=False, codes=found
    )


def _lock() -> Lock:
    return Lock(tools().database, tools().keyring)


def _spaced(text: str) -> str:
    return " ".join(text[n : n + 4] for n in range(0, len(text), 4))


def _picture(uri: str) -> Markup:
    made = segno.make(uri, error="m").svg_inline(scale=4, light="#fff", border=3)
    return Markup(made)  # noqa: S704  (made here, of numbers alone)
