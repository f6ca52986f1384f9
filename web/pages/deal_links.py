"""What belongs to a deal: messages from their own pages, documents and offers from that of the deal."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound
from mailcrm.flow import deals as flow
from mailcrm.store import deal_items, documents, offer_names, threads
from web import notices
from web.access import by, reading, tools, who
from web.numbers import whole
from web.pages.deals import known
from web.pages.messages import known as known_message

pages = Blueprint("deal_links", __name__)


@pages.get("/messages/<int:message_id>/deals")
def choose(message_id: int) -> str:
    """The deals that a message belongs to, and the open ones of its clients to choose from."""
    message = known_message(message_id)
    clients = threads.thread_clients(reading(), who(), message.thread_id)
    return render_template(
        "deals/choose.html",
        message=message,
        clients=clients,
        linked=deal_items.deals_of(reading(), who(), "message", [message_id]),
        deals=deal_items.open_deals(reading(), who(), [number for number, _ in clients]),
    )


@pages.post("/messages/<int:message_id>/deals")
def link(message_id: int) -> Response:
    """Let a message, and so its thread, belong to a deal."""
    known_message(message_id)
    deal_id = _chosen("deal")
    known(deal_id)
    flow.attach(tools().office, by(), deal_id, "message", [message_id])
    notices.say(gettext("The message belongs to the deal."))
    return redirect(url_for("deals.deal", deal_id=deal_id))


@pages.get("/deals/<int:deal_id>/add")
def more(deal_id: int) -> str:
    """Documents and offers of the client that can be added to a deal."""
    row = known(deal_id)
    have = {one.id for one in documents.of_deal(reading(), who(), deal_id)}
    offers = {one.id for one in deal_items.offers(reading(), deal_id)}
    return render_template(
        "deals/add.html",
        row=row,
        documents=[d for d in documents.of_client(reading(), who(), row.client_id) if d.id not in have],
        offers=[o for o in offer_names.of_client(reading(), row.client_id) if o.id not in offers],
    )


@pages.post("/deals/<int:deal_id>/add/<any(document, offer):kind>")
def add(deal_id: int, kind: str) -> Response:
    """Let a document or an offer belong to a deal."""
    row = known(deal_id)
    record_id = _chosen("record")
    if kind == "document" and documents.document(reading(), who(), record_id) is None:
        raise NotFound("There is no such document, or it is private.")
    if kind == "offer" and record_id not in {one.id for one in offer_names.of_client(reading(), row.client_id)}:
        raise NotFound("There is no such offer.")
    flow.attach(tools().office, by(), deal_id, kind, [record_id])
    notices.say(gettext("It belongs to the deal now."))
    return redirect(url_for("deals.deal", deal_id=deal_id))


@pages.post("/deals/<int:deal_id>/remove/<any(message, document, offer):kind>")
def remove(deal_id: int, kind: str) -> Response:
    """Take something out of a deal; the next page offers to put it back."""
    known(deal_id)
    record_id = _chosen("record")
    flow.detach(tools().office, by(), deal_id, kind, record_id)
    undo = url_for("deal_links.put_back", deal_id=deal_id, kind=kind, record_id=record_id)
    notices.say_restorable(gettext("It no longer belongs to the deal."), undo)
    return redirect(url_for("deals.deal", deal_id=deal_id))


@pages.post("/deals/<int:deal_id>/restore/<any(message, document, offer):kind>/<int:record_id>")
def put_back(deal_id: int, kind: str, record_id: int) -> Response:
    """Put something back that was just taken out of a deal."""
    known(deal_id)
    flow.attach(tools().office, by(), deal_id, kind, [record_id])
    notices.say(gettext("It is as it was before."))
    return redirect(url_for("deals.deal", deal_id=deal_id))


def _chosen(name: str) -> int:
    number = whole(request.form.get(name, ""))
    if number is None:
        raise NotFound("There is no such page.")
    return number
