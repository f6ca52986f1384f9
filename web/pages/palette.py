"""The palette: one box that leads to clients, pages and the search; answers as fragments, works as a plain form."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext

from mailcrm.store import clients
from mailcrm.store.clients import ClientFilter, ClientRow
from web.access import me, reading, who

pages = Blueprint("palette", __name__)
MOST = 8


@pages.get("/palette")
def palette() -> str:
    """At most eight places that fit `q`, clients first; those lately written from where there is no `q`."""
    text = request.args.get("q", "").strip()[:200]
    places = [place for place in _places() if not text or text.casefold() in place[0].casefold()]
    return render_template("palette/places.html", q=text, clients=_clients(text)[:MOST], places=places)


@pages.get("/palette/clients")
def names() -> str:
    """The names of clients that fit `client`, for the fields in which one is chosen."""
    return render_template("palette/names.html", clients=_clients(request.args.get("client", "").strip()[:200]))


def _clients(text: str) -> list[ClientRow]:
    """Names that begin like the text come first."""
    found = clients.clients(reading(), who(), ClientFilter(text, order="name" if text else "last_in"), None, 30)
    return sorted(found, key=lambda row: not clients.name_key(row.name).startswith(clients.name_key(text)))[:MOST]


def _places() -> list[tuple[str, str]]:
    places = [
        (gettext("Board"), url_for("board.overview")),
        (gettext("Tasks"), url_for("tasks.overview")),
        (gettext("New task"), url_for("tasks.new")),
        (gettext("Clients"), url_for("clients.overview")),
        (gettext("New client"), url_for("clients.new")),
        (gettext("Documents"), url_for("documents.overview")),
        (gettext("Offers"), url_for("offers.overview")),
        (gettext("Tray"), url_for("triage.overview")),
        (gettext("Search"), url_for("search.overview")),
        (gettext("Groups"), url_for("groups.overview")),
        (gettext("Handovers"), url_for("handovers.overview")),
        (gettext("Absences"), url_for("absences.overview")),
        (gettext("Mailboxes"), url_for("mailboxes.overview")),
        (gettext("My account"), url_for("account.overview")),
        (gettext("Help"), url_for("status.help_page")),
    ]
    return [*places, (gettext("Users"), url_for("users.overview"))] if me().role == "admin" else places
