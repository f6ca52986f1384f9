"""The list of clients, and a client's own fields, addresses and domains."""

from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound
from mailcrm.flow import clients as flow
from mailcrm.flow.clients import NewClient
from mailcrm.store import cards, clients, people
from mailcrm.store.clients import ClientFilter, ClientRow, Cursor
from web import notices
from web.access import by, me, reading, tools, who

pages = Blueprint("clients", __name__)
SIZE = 50
ORDERS = ("name", "last_in", "last_out", "newest")
_TEXTS = ("name", "kind", "note", "website", "tax_id", "postal_address")


@pages.get("/clients")
def overview() -> str:
    """One page of the list, by name or by the last message; `q` searches, `mine` and `archived` narrow it."""
    wanted = _wanted()
    rows = clients.clients(reading(), who(), wanted, _after(wanted.order), SIZE + 1)
    more = clients.cursor(rows[SIZE - 1], wanted.order) if len(rows) > SIZE else None
    return render_template(
        "clients/overview.html",
        rows=rows[:SIZE],
        more=_written(more) if more else None,
        wanted=wanted,
        first="after" not in request.args,
        total=clients.count(reading(), who()),
        mine="mine" in request.args,
        query=request.args.get("q", ""),
    )


def _wanted() -> ClientFilter:
    order = request.args.get("order", "name")
    return ClientFilter(
        words=request.args.get("q", "")[:200],
        owner_id=me().id if "mine" in request.args else None,
        archived="archived" in request.args,
        order=order if order in ORDERS else "name",
    )


def _after(order: str) -> Cursor | None:
    value, _, number = request.args.get("after", "").rpartition("~")
    if not number.isascii() or not number.isdigit():
        return None
    if order in ("last_in", "last_out"):
        try:
            return (datetime.fromisoformat(value) if value else None), int(number)
        except ValueError:
            return None
    return value, int(number)


def _written(cursor: Cursor) -> str:
    value, number = cursor
    return f"{value.isoformat() if isinstance(value, datetime) else value or ''}~{number}"


@pages.get("/clients/new")
def new() -> str:
    """The form for a client; `email` fills in an address."""
    email = request.args.get("email", "")
    return render_template("clients/edit.html", client=None, form={"addresses": email}, owners=_owners())


@pages.post("/clients/new")
def add() -> Response:
    """Add a client; its past mail is looked for at once."""
    form = request.form
    texts = {name: form.get(name, "") for name in _TEXTS}
    domains, addresses = (tuple(form.get(name, "").split()) for name in ("domains", "addresses"))
    client_id = flow.add_client(
        tools().office, by(), NewClient(**texts, owner_id=_owner(), domains=domains, addresses=addresses)
    )
    notices.say(gettext("The client is added. Older mail is being looked for."))
    return redirect(url_for("timeline.client", client_id=client_id))


@pages.get("/clients/<int:client_id>/edit")
def edit(client_id: int) -> str:
    """The form for a client's fields, and its addresses and domains."""
    row = known(client_id)
    form = {name: getattr(row, name) for name in _TEXTS}
    card = cards.card(reading(), client_id)
    return render_template("clients/edit.html", client=row, form=form, owners=_owners(), card=card)


@pages.post("/clients/<int:client_id>/edit")
def change(client_id: int) -> Response:
    """Save a client's fields."""
    changes: dict[str, object] = {name: request.form.get(name, "") for name in _TEXTS}
    flow.edit_client(tools().office, by(), client_id, {**changes, "owner_id": _owner()})
    notices.say(gettext("Saved."))
    return _to(client_id)


@pages.post("/clients/<int:client_id>/archive")
def archive(client_id: int) -> Response:
    """Take a client out of lists and rules; the next page offers to undo it."""
    flow.archive(tools().office, by(), client_id)
    restore_address = url_for("clients.restore", client_id=client_id)
    notices.say_restorable(gettext("The client is archived. Its history stays."), restore_address)
    return redirect(url_for("clients.overview"))


@pages.post("/clients/<int:client_id>/restore")
def restore(client_id: int) -> Response:
    """Take a client back from the archive."""
    flow.restore(tools().office, by(), client_id)
    notices.say(gettext("The client is back."))
    return redirect(url_for("timeline.client", client_id=client_id))


@pages.post("/clients/<int:client_id>/names")
def add_name(client_id: int) -> Response:
    """Give a client an address or a domain of its own."""
    name = request.form.get("name", "").strip()
    add_one = flow.add_address if "@" in name else flow.add_domain
    wanted = add_one(tools().office, by(), client_id, name)
    notices.say(gettext("%(name)s is added. Messages to be fetched: %(count)s.", name=name, count=wanted))
    return redirect(notices.back(url_for("clients.edit", client_id=client_id)))


@pages.post("/clients/<int:client_id>/names/remove")
def remove_name(client_id: int) -> Response:
    """Take an address or a domain away from a client."""
    name = request.form.get("name", "")
    remove_one = flow.remove_address if "@" in name else flow.remove_domain
    remove_one(tools().office, by(), client_id, name)
    notices.say(gettext("%(name)s is removed, and so are the messages that only it had brought.", name=name))
    return redirect(notices.back(url_for("clients.edit", client_id=client_id)))


def _to(client_id: int) -> Response:
    """The page of a client, or the list where he gave it away."""
    # A fresh connection: the one of this request still sees what was before the act.
    with tools().database.reading() as connection:
        if clients.client(connection, who(), client_id) is None:
            return redirect(url_for("clients.overview"))
    return redirect(url_for("timeline.client", client_id=client_id))


def known(client_id: int) -> ClientRow:
    """The client; raises NotFound where there is none that the user may see."""
    row = clients.client(reading(), who(), client_id)
    if row is None:
        raise NotFound("There is no such client.")
    return row


def _owner() -> int | None:
    value = request.form.get("owner_id", "")
    return int(value) if value.isascii() and value.isdigit() else None


def _owners() -> list[people.UserRow]:
    return people.users(reading(), active_only=True)
