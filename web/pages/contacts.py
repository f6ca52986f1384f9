"""People at a client: add, edit, remove."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound
from mailcrm.flow import contacts as flow
from mailcrm.flow.contacts import NewContact
from mailcrm.store import contacts
from mailcrm.store.contacts import ContactRow
from web import notices
from web.access import by, reading, tools
from web.pages.clients import known

pages = Blueprint("contacts", __name__)
_TEXTS = ("name", "position", "note")
_LISTS = ("addresses", "phones")


@pages.get("/clients/<int:client_id>/contacts/new")
def new(client_id: int) -> str:
    """The form for a new contact."""
    form = {"addresses": request.args.get("email", "")}
    return render_template("contacts/edit.html", client=known(client_id), contact=None, form=form)


@pages.post("/clients/<int:client_id>/contacts/new")
def add(client_id: int) -> Response:
    """Add a contact; the past mail of its addresses is looked for at once."""
    contact = NewContact(**_texts(), addresses=_lines("addresses"), phones=_lines("phones"))
    flow.add_contact(tools().office, by(), client_id, contact)
    notices.say(gettext("The contact is added."))
    return redirect(url_for("timeline.client", client_id=client_id))


@pages.get("/contacts/<int:contact_id>/edit")
def edit(contact_id: int) -> str:
    """The form for a contact: one address or phone a line."""
    row = _known(contact_id)
    form = {name: getattr(row, name) for name in _TEXTS}
    form |= {"addresses": "\n".join(row.addresses), "phones": "\n".join(p.raw or p.number for p in row.phones)}
    return render_template("contacts/edit.html", client=known(row.client_id), contact=row, form=form)


@pages.post("/contacts/<int:contact_id>/edit")
def change(contact_id: int) -> Response:
    """Save a contact."""
    row = _known(contact_id)
    lists = {name: _lines(name) for name in _LISTS}
    flow.edit_contact(tools().office, by(), contact_id, {**_texts(), **lists})
    notices.say(gettext("Saved."))
    return redirect(url_for("timeline.client", client_id=row.client_id))


@pages.post("/contacts/<int:contact_id>/remove")
def remove(contact_id: int) -> Response:
    """Delete a contact; its addresses stay with the client."""
    row = _known(contact_id)
    flow.remove_contact(tools().office, by(), contact_id)
    notices.say(gettext("The contact is removed. Its addresses and messages stay with the client."))
    return redirect(url_for("timeline.client", client_id=row.client_id))


def _texts() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in _TEXTS}


def _lines(name: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in request.form.get(name, "").splitlines() if line.strip())


def _known(contact_id: int) -> ContactRow:
    row = contacts.contact(reading(), contact_id)
    if row is None:
        raise NotFound("There is no such contact.")
    known(row.client_id)
    return row
