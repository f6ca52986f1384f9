"""What stands around every page: the user, the state of the mail, what waits, the time."""

from typing import Any

from flask import g, request
from flask_babel import get_locale
from flask_login import current_user

from mailcrm.store import arrivals
from web import labels, notices, terms
from web.access import me, now, reading, who
from web.languages import LANGUAGES


def chrome() -> dict[str, Any]:
    """The variables of every template."""
    values: dict[str, Any] = {
        "locale": str(get_locale() or "en"),
        "languages": LANGUAGES,
        "now": now(),
        "me": None,
        "theme": "auto",
        "here": request.full_path.rstrip("?"),
        "section": request.blueprint or "",
        "state": state,
        "labels": labels,
        "terms": terms,
        "notices": notices.taken,
    }
    if current_user.is_authenticated:
        values |= {"me": me(), "theme": me().theme}
    return values


def state() -> arrivals.Chrome:
    """The state of the mail, asked for once a request."""
    # Asked for by the layout alone, so that fragments do not pay for it.
    if "state" not in g:
        g.state = arrivals.chrome(reading(), who())
    found: arrivals.Chrome = g.state
    return found
