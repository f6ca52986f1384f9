"""Saved views: any list with its filters, order and columns under a name of its own."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import Refused
from mailcrm.flow import views as flow
from mailcrm.flow.views import NewView
from mailcrm.store import views
from web import notices
from web.access import by, me, reading, tools

pages = Blueprint("views", __name__)
LISTS = (
    "clients.overview",
    "documents.overview",
    "search.overview",
    "tasks.overview",
    "deals.overview",
    "offers.overview",
)
"""The lists that have views."""
_PLACE = {"after", "before", "offset", "people"}
"""Where in a list somebody is: not part of how it looks."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A view as the menu shows it."""

    id: int
    name: str
    address: str
    shared: bool
    mine: bool
    current: bool


def saved() -> list[Shown]:
    """The views of the list at hand, for its menu."""
    page, here = request.endpoint or "", lasting(request.query_string.decode("utf-8", "replace"))
    return [
        Shown(
            row.id,
            row.name,
            url_for(page) + (f"?{row.query}" if row.query else ""),
            row.shared,
            row.user_id == me().id,
            row.query == here,
        )
        for row in views.views(reading(), me().id, page)
    ]


def lasting(query: str) -> str:
    """What of a query says how a list looks, in a fixed order."""
    return urlencode(sorted((k, v) for k, v in parse_qsl(query) if k not in _PLACE))


@pages.post("/views")
def save() -> Response:
    """Keep the list as it is under a name."""
    page = request.form.get("page", "")
    if page not in LISTS:
        raise Refused("This list has no views.")
    query = lasting(request.form.get("query", ""))
    flow.save_view(tools().office, by(), NewView(page, request.form.get("name", ""), query, "shared" in request.form))
    notices.say(gettext("The view is saved."))
    return redirect(url_for(page) + (f"?{query}" if query else ""))


@pages.post("/views/<int:view_id>/remove")
def remove(view_id: int) -> Response:
    """Take one of the user's views away; the next page offers to bring it back."""
    flow.remove_view(tools().office, by(), view_id)
    notices.say_restorable(gettext("The view is removed."), url_for("views.restore", view_id=view_id))
    return redirect(notices.back(url_for("clients.overview")))


@pages.post("/views/<int:view_id>/restore")
def restore(view_id: int) -> Response:
    """Bring a view back."""
    flow.restore_view(tools().office, by(), view_id)
    notices.say(gettext("The view is back."))
    return redirect(notices.back(url_for("clients.overview")))
