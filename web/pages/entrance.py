"""The steps of signing in after or instead of the password: the code of an app, and an identity provider."""

from dataclasses import asdict
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import MailcrmError, Refused
from mailcrm.flow import doors, second_factor
from mailcrm.flow.second_factor import Lock
from mailcrm.flow.sessions import Pending, SignedIn, TooManyAttempts
from mailcrm.net import oidc
from mailcrm.net.oidc import Journey, Provider
from web.access import now, origin, tools
from web.sentences import translated
from web.signin import remember, safe_next

pages = Blueprint("entrance", __name__)
_ANSWER = ("code", "state", "iss")


@pages.get("/sign-in/code")
def code() -> str | Response:
    """The form for the code of the authenticator app."""
    return _code_form("") if _pending() else redirect(url_for("account.sign_in"))


@pages.post("/sign-in/code", endpoint="take_code")
def take_code() -> str | tuple[str, int] | Response:
    """Check the code and open the session."""
    pending = _pending()
    if pending is None:
        return redirect(url_for("account.sign_in"))
    lock = Lock(tools().database, tools().keyring)
    try:
        opened = second_factor.enter(lock, pending, request.form.get("code", ""), origin(), now())
    except TooManyAttempts as refusal:
        return _code_form(waiting(refusal)), 429
    except Refused as refusal:
        return _code_form(translated(str(refusal))), 403
    return admit(opened)


@pages.get("/sign-in/provider")
def provider() -> Response:
    """Send the browser to the identity provider."""
    address, journey = oidc.begin(_provider(), _here())
    session["journey"] = asdict(journey) | {"next": safe_next(request.args.get("next", ""))}
    return redirect(address)


@pages.get("/sign-in/provider/back")
def provider_back() -> str | tuple[str, int] | Response:
    """Take the browser back from the identity provider and open the session."""
    kept = session.pop("journey", None)
    welcome = tools().site.welcome
    try:
        if kept is None or welcome is None:
            raise Refused("This sign-in was not begun here, or too long ago: begin again.")
        target = str(kept.pop("next", "/"))
        answer = {name: request.args[name] for name in _ANSWER if name in request.args}
        claims = oidc.finish(_provider(), Journey(**kept), _here(), answer, now())
        opened = doors.sign_in_by_provider(tools().database, claims, welcome, origin(), now())
    except MailcrmError as refusal:
        page = render_template(
            "account/sign_in.html", login="", error=translated(str(refusal)), provider=tools().site.provider_name
        )
        return page, 403
    return admit(opened, target)


def ask_code(pending: Pending) -> Response:
    """Remember, signed, whose password was right, and ask for the code."""
    session.clear()
    session["pending"] = asdict(pending) | {"at": pending.at.isoformat()}
    session["next"] = safe_next(request.args.get("next", ""))
    return redirect(url_for("entrance.code"))


def admit(opened: SignedIn, target: str = "") -> Response:
    """Go on, signed in. A form token from before must not be worth anything afterwards."""
    target = target or safe_next(session.get("next", "") or request.args.get("next", ""))
    session.clear()
    response = redirect(target)
    remember(response, opened.token)
    return response


def waiting(refusal: TooManyAttempts) -> str:
    """How long to stay away, in words."""
    seconds = max(1, round(refusal.wait.total_seconds()))
    return str(gettext("Too many attempts: wait %(seconds)s seconds and try again.", seconds=seconds))


def _code_form(error: str) -> str:
    return render_template("account/code.html", error=error)


def _pending() -> Pending | None:
    kept = session.get("pending")
    if not kept:
        return None
    found = Pending(**{**kept, "at": datetime.fromisoformat(kept["at"])})
    return found if now() - found.at <= second_factor.PATIENCE else None


def _provider() -> Provider:
    found = tools().site.provider
    if found is None:
        raise Refused("No identity provider stands in the configuration.")
    return found


def _here() -> str:
    path = url_for("entrance.provider_back")
    base = tools().site.base_url
    return f"{base}{path}" if base else url_for("entrance.provider_back", _external=True)
