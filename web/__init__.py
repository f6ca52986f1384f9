"""The web UI of mailcrm: server-rendered pages that read through store/ and write through flow/."""

import logging
from pathlib import Path

from flask import Flask, Response, redirect, request
from flask_babel import gettext
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from mailcrm.errors import NotFound, Refused, StorageFailed
from mailcrm.flow.edit import Office
from mailcrm.net.blobs import open_blobs
from mailcrm.net.secrets import Keyring
from mailcrm.net.typeset.pool import Typesetter
from mailcrm.store.database import Database
from web import access, api, audited, languages, lists, notices, security, signin
from web.access import Tools
from web.api.operations import told
from web.arrivals import Arrivals
from web.chrome import chrome
from web.extracts import Extracts
from web.field_values import shown as field_value
from web.money import money
from web.pages import (
    absences,
    account,
    accounts,
    attachments,
    audit,
    board,
    bulk,
    clients,
    comparisons,
    consents,
    contacts,
    corrections,
    deal_links,
    deal_stages,
    deals,
    departures,
    documents,
    dossier,
    duplicates,
    entrance,
    fields,
    follow_ups,
    groups,
    handovers,
    imports,
    mailboxes,
    mailings,
    messages,
    notes,
    offer_preview,
    offer_terms,
    offers,
    palette,
    privacy,
    public,
    reports,
    results,
    search,
    second_factor,
    status,
    suppressions,
    tasks,
    templates,
    timeline,
    tokens,
    triage,
    users,
    views,
    webhooks,
)
from web.prose import breakable, clipped, linked
from web.refusals import page as refusal
from web.sentences import translated
from web.site import Site

_PAGES = (
    absences,
    groups,
    handovers,
    board,
    tasks,
    notes,
    account,
    accounts,
    entrance,
    second_factor,
    clients,
    bulk,
    fields,
    imports,
    duplicates,
    contacts,
    consents,
    timeline,
    messages,
    attachments,
    documents,
    dossier,
    comparisons,
    corrections,
    offers,
    offer_terms,
    offer_preview,
    templates,
    mailings,
    deals,
    deal_links,
    deal_stages,
    reports,
    search,
    palette,
    triage,
    mailboxes,
    users,
    departures,
    privacy,
    audit,
    tokens,
    webhooks,
    views,
    status,
    public,
    results,
    suppressions,
    follow_ups,
)
_LARGEST_FORM = 1 << 20
_LARGEST_UPLOAD = 26 << 20
_WITH_FILE = {"offers.add_file", "offer_terms.look", "templates.add", "templates.change"}
_log = logging.getLogger("mailcrm.web")


def create_app(site: Site, database: Database | None = None) -> Flask:
    """The application for one site; raises ConfigError without a key file and OldSchema without its tables."""
    app = Flask(__name__)
    keyring = Keyring.load(site.key_file)
    database = database or Database(site.database_url)
    database.require_current_schema()
    own = frozenset(d.casefold() for d in site.domains)
    office = Office(database, keyring.fingerprint, own, site.free_mail, site.phone_region, site.never, site.base_url)
    blobs = open_blobs(site.blobs)
    app.extensions["mailcrm"] = Tools(site, database, blobs, keyring, office)
    app.extensions |= {"mailcrm_extracts": Extracts(blobs), "mailcrm_typesetter": Typesetter()}
    app.extensions["mailcrm_arrivals"] = Arrivals(database)
    _configure(app, keyring.derive("web"), site.secure_cookies)
    _prepare_templates(app)
    app.url_map.converters["int"] = access.RowNumber
    signin.install(app)
    languages.install(app)
    app.before_request(_make_room)
    lists.install(app, app.extensions["mailcrm"])
    # The public pages have no sign-in to protect: their tokens and forms are signed (RFC 8058 wants no cookie).
    guard = CSRFProtect(app)
    guard.exempt(public.pages)
    # No cookie opens the API.
    guard.exempt(api.pages)
    security.protect(app)
    audited.install(app)
    app.teardown_request(access.close)
    app.register_blueprint(api.pages)
    for page in _PAGES:
        app.register_blueprint(page.pages)
    _install_errors(app)
    return app


def _configure(app: Flask, secret: bytes, secure: bool) -> None:
    app.config.update(
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME="mailcrm_form",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=_LARGEST_FORM,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        SEND_FILE_MAX_AGE_DEFAULT=31536000,
    )


def _make_room() -> None:
    """Forms with a file may be larger than others; asked for before anything reads the form."""
    if request.endpoint in _WITH_FILE:
        request.max_content_length = _LARGEST_UPLOAD


def _prepare_templates(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.filters.update(linked=linked, clipped=clipped, breakable=breakable, field_value=field_value)
    app.context_processor(chrome)
    static = Path(app.static_folder or "")
    hashes = {
        path.relative_to(static).as_posix(): access.short_hash(path.read_bytes())
        for path in static.rglob("*")
        if path.is_file()
    }
    app.jinja_env.globals["money"] = money
    app.jinja_env.globals["asset"] = lambda name: f"/static/{name}?v={hashes[name]}"


def _install_errors(app: Flask) -> None:
    @app.errorhandler(NotFound)
    def not_found(error: NotFound) -> tuple[str, int]:
        return refusal(404, translated(str(error)))

    @app.errorhandler(Refused)
    def refused(error: Refused) -> tuple[str, int] | AnyResponse:
        # Most refusals answer a form: say so where the form stood, without losing the page.
        target = notices.back("")
        if request.method == "POST" and current_user.is_authenticated and target:
            notices.complain(translated(str(error)))
            return redirect(target)
        return refusal(400, translated(str(error)))

    @app.errorhandler(StorageFailed)
    def storage_failed(error: StorageFailed) -> tuple[str, int]:
        _log.error("%s %s: %s", request.method, request.path, error)
        return refusal(503, gettext("The database does not answer. Nothing was lost; try again in a minute."))

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> tuple[str, int]:
        return refusal(400, gettext("This form is too old or came from another site. Open the page again and repeat."))

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[str, int] | Response:
        if error.code is None or error.code < 400:
            return error.get_response()  # type: ignore[return-value]
        if request.path.startswith(signin.API):
            return told(error.code, error.description or "")
        return refusal(error.code, "")

    @app.errorhandler(Exception)
    def failed(error: Exception) -> tuple[str, int]:
        _log.error("%s %s failed", request.method, request.path, exc_info=error)
        return refusal(500, "")
