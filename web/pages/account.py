"""Signing in and out, and what a user sets for himself: language, theme, keys, password, sessions."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import force_locale, gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound, Permanent, Refused, ServerUnavailable, Temporary
from mailcrm.flow import doors, people, sessions
from mailcrm.flow.doors import Password
from mailcrm.flow.sessions import CodeNeeded, SignedIn, TooManyAttempts
from mailcrm.net.imap.values import Server as MailServer
from mailcrm.store import people as stored_people
from mailcrm.store import sessions as stored
from web import notices
from web.access import actor, me, now, origin, reading, tools
from web.languages import LANGUAGE_COOKIE, LANGUAGES
from web.pages.entrance import admit, ask_code, waiting
from web.sentences import translated
from web.signin import COOKIE, forget, remember, safe_next

pages = Blueprint("account", __name__)


@pages.get("/sign-in")
def sign_in() -> str | Response:
    """The form; whoever is signed in goes on to where he wanted to be."""
    if current_user.is_authenticated:
        return redirect(safe_next(request.args.get("next", "")))
    return _form("", "")


@pages.post("/sign-in", endpoint="open_session")
def open_session() -> str | tuple[str, int] | Response:
    """Check the password and open a session."""
    login = request.form.get("login", "")
    try:
        opened = _opened(Password(login, request.form.get("password", ""), origin()))
    except TooManyAttempts as refusal:
        return _form(login, waiting(refusal)), 429
    except CodeNeeded as needed:
        return ask_code(needed.pending)
    except (Refused, ServerUnavailable) as refusal:
        return _form(login, translated(str(refusal))), 403
    return admit(opened)


def _opened(typed: Password) -> SignedIn:
    database, server = tools().database, tools().site.mailbox_server
    with database.reading() as connection:
        row = stored_people.user_by_login(connection, typed.login)
    if server is None or (row and row.has_password):
        return sessions.sign_in(database, typed.login, typed.password, typed.origin, now())
    ca_file = str(server.ca_file) if server.ca_file else None
    door = MailServer(server.host, server.port, server.tls, ca_file)  # type: ignore[arg-type]
    try:
        return doors.sign_in_by_mailbox(database, door, typed, now())
    except Refused:
        raise
    except (Temporary, Permanent):
        raise ServerUnavailable("The mail server cannot be asked for the password now: try again later.") from None


def _form(login: str, error: str) -> str:
    return render_template("account/sign_in.html", login=login, error=error, provider=tools().site.provider_name)


@pages.post("/language")
def language() -> Response:
    """Choose the language of the sign-in page."""
    response = redirect(url_for("account.sign_in"))
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        secure = tools().site.secure_cookies
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=31536000, samesite="Lax", secure=secure)
    return response


@pages.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    sessions.sign_out(tools().database, request.cookies.get(COOKIE, ""), now())
    session.clear()
    response = redirect(url_for("account.sign_in"))
    forget(response)
    return response


@pages.get("/account")
def overview() -> str:
    """What the user has set, and where he is signed in."""
    rows = stored.sessions(reading(), me().id, now())
    return render_template("account/overview.html", sessions=rows, current=current_user.session.id)


@pages.post("/account")
def change() -> Response:
    """Set name, language, theme and keys."""
    changes: dict[str, object] = {name: request.form.get(name, "") for name in ("name", "language", "theme")}
    if not str(changes["name"]).strip():
        changes["name"] = me().name
    people.edit_user(tools().database, me().id, {**changes, "keys": "keys" in request.form}, now(), actor())
    with force_locale(str(changes["language"])):
        notices.say(gettext("Saved."))
    return redirect(url_for("account.overview"))


@pages.post("/account/password")
def password() -> Response:
    """Change the password; every other session ends, this browser gets a new one."""
    database, form = tools().database, request.form
    sessions.confirm(database, me().login, form.get("current", ""), origin(), now())
    if form.get("password", "") != form.get("again", ""):
        raise Refused("The two new passwords are not the same.")
    people.change_password(database, me().id, form.get("password", ""), now(), actor())
    opened = sessions.again(database, me().id, origin(), now(), current_user.session.method)
    notices.say(gettext("The password is changed. You were signed out everywhere else."))
    response = redirect(url_for("account.overview"))
    remember(response, opened.token)
    return response


@pages.post("/account/sessions/<int:session_id>/revoke")
def revoke(session_id: int) -> Response:
    """End one of the user's own sessions."""
    if not sessions.revoke(tools().database, me().id, now(), session_id):
        raise NotFound("There is no such session.")
    notices.say(gettext("That browser is signed out."))
    return redirect(url_for("account.overview"))


@pages.post("/account/sessions/revoke")
def revoke_all() -> Response:
    """End every session of the user, this one too."""
    sessions.revoke(tools().database, me().id, now())
    session.clear()
    response = redirect(url_for("account.sign_in"))
    forget(response)
    return response
