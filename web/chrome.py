"""What stands around every page: the way about, the user, the state of the mail, what waits, the time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import g, request
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from mailcrm.store import arrivals
from web import labels, notices, offering, terms, work_words
from web.access import me, now, reading, who
from web.kinds import KINDS
from web.languages import LANGUAGES
from web.pages import views


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the main navigation."""

    section: str
    """The blueprint of its pages."""
    endpoint: str
    label: Any
    """Translated when it is shown."""
    also: tuple[str, ...] = ()
    """Further blueprints whose pages belong here."""
    count: Callable[[], int] = lambda: 0
    """What waits there; 0 shows nothing."""
    roles: tuple[str, ...] = ()
    """Who finds it; everybody where this is empty."""

    @property
    def is_here(self) -> bool:
        """Whether the page at hand belongs to it."""
        return (request.blueprint or "") in (self.section, *self.also)


MAIN = (
    Place("board", "board.overview", _l("Board")),
    Place("clients", "clients.overview", _l("Clients"), also=("timeline", "contacts", "messages", "notes")),
    Place("tasks", "tasks.overview", _l("Tasks")),
    Place("deals", "deals.board", _l("Deals"), also=("deal_links", "deal_stages")),
    Place("documents", "documents.overview", _l("Documents"), also=("comparisons", "corrections")),
    Place(
        "offers",
        "offers.overview",
        _l("Offers"),
        also=("offer_terms", "offer_preview", "templates", "mailings", "results"),
    ),
    Place("reports", "reports.overview", _l("Reports")),
    Place("triage", "triage.overview", _l("Tray"), count=lambda: state().triage),
)
"""The order of work: board, clients, tasks, deals, documents, offers, reports, tray."""
MORE = (
    Place("results", "results.overview", _l("Results of mailings")),
    Place("follow_ups", "follow_ups.overview", _l("Follow-ups")),
    Place("suppressions", "suppressions.overview", _l("Suppressions")),
    Place("groups", "groups.overview", _l("Groups"), also=("handovers", "absences")),
    Place("mailboxes", "mailboxes.overview", _l("Mailboxes")),
    Place("privacy", "privacy.overview", _l("My mail")),
    Place("imports", "imports.overview", _l("Import")),
    Place("duplicates", "duplicates.overview", _l("Duplicates")),
    Place("accounts", "accounts.overview", _l("Accounts")),
    Place("fields", "fields.overview", _l("Fields"), roles=("admin",)),
    Place("webhooks", "webhooks.overview", _l("Webhooks"), roles=("admin",)),
    Place("users", "users.overview", _l("Users"), also=("departures",), roles=("admin",)),
    Place("audit", "audit.overview", _l("Audit log"), roles=("admin",)),
)
"""What is needed seldom, in a menu of its own."""


def places(among: tuple[Place, ...]) -> list[Place]:
    """Those of the places that the signed-in user finds."""
    return [place for place in among if not place.roles or me().role in place.roles]


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
        "work_words": work_words,
        "terms": terms,
        "offering": offering,
        "notices": notices.taken,
        "saved_views": views.saved,
        "entry_kinds": KINDS,
    }
    if current_user.is_authenticated:
        values |= {"me": me(), "theme": me().theme, "main_places": places(MAIN), "more_places": places(MORE)}
    return values


def state() -> arrivals.Chrome:
    """The state of the mail, asked for once a request."""
    # Asked for by the layout alone, so that fragments do not pay for it.
    if "state" not in g:
        g.state = arrivals.chrome(reading(), who())
    found: arrivals.Chrome = g.state
    return found
