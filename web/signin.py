"""Who is signed in: our own session table behind flask-login, a cookie with a random token, and the gate."""

from flask import Flask, abort, g, redirect, request, url_for
from flask.wrappers import Request
from flask_login import LoginManager, current_user
from werkzeug.wrappers import Response

from mailcrm.flow import sessions, tokens
from web.access import Person, now, tools

COOKIE = "mailcrm_session"
API = "/api/"
"""What tokens open, and nothing else does; it says itself what is missing."""
OPEN_ENDPOINTS = frozenset(
    {
        "static",
        "account.sign_in",
        "account.open_session",
        "account.language",
        "entrance.code",
        "entrance.take_code",
        "entrance.provider",
        "entrance.provider_back",
        "status.healthz",
        "status.metrics",
    }
)
"""What answers without a signed-in user, as does the blueprint of the public pages; everything else asks for one."""
PUBLIC = "public"

_WITHOUT_APP = frozenset({"account.sign_out", "account.overview", "account.change", "account.password"})


def install(app: Flask) -> None:
    """Make `app` know its users and turn strangers away."""
    manager = LoginManager(app)
    # Sessions live in our table; flask-login's own cookie and its protection of it are not used.
    manager.session_protection = None
    manager.request_loader(_person)
    app.before_request(_gate)


def _person(asked: Request) -> Person | None:
    # No cookie opens the API: a foreign page could make a browser send it along.
    if asked.path.startswith(API):
        return _program(asked)
    token = asked.cookies.get(COOKIE, "")
    found = sessions.current(tools().database, token, now()) if 20 <= len(token) <= 100 else None
    return Person(*found) if found else None


def _program(asked: Request) -> Person | None:
    """The user of the token that a program shows (RFC 6750 §2.1); its scopes are noted for the operation."""
    scheme, _, token = asked.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 20 <= len(token) <= 100:
        return None
    found = tokens.current(tools().database, token.strip(), now())
    if found is None:
        return None
    g.scopes = found[0].scopes
    return Person(None, found[1])


def _gate() -> Response | None:
    open_to_all = request.endpoint in OPEN_ENDPOINTS or request.blueprint == PUBLIC or request.path.startswith(API)
    if open_to_all:
        return None
    if current_user.is_authenticated:
        return _first_the_app()
    if request.headers.get("HX-Request") or not request.accept_mimetypes.accept_html:
        abort(401)
    wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("account.sign_in", next=wanted if wanted not in ("", "/") else None))


def _first_the_app() -> Response | None:
    """Where the role needs an authenticator app, nothing else is done before it is set up."""
    row, method = current_user.row, current_user.session.method
    needs = row.role in tools().site.second_factor_roles and not row.has_app and method != "oidc"
    if not needs or request.endpoint in _WITHOUT_APP or request.blueprint == "second_factor":
        return None
    return redirect(url_for("second_factor.overview"))


def remember(response: Response, token: str) -> None:
    """Give the browser its token."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(sessions.LONGEST.total_seconds()),
        secure=tools().site.secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def forget(response: Response) -> None:
    """Take the token away from the browser."""
    response.delete_cookie(COOKIE, secure=tools().site.secure_cookies, httponly=True, samesite="Lax")


def safe_next(target: str) -> str:
    """Where to go after signing in: a path of our own, never another site."""
    inside = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if inside else "/"
