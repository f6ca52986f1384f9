"""Offers: the list, one of them with its lines and files, and the forms that change it."""

from dataclasses import asdict

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from mailcrm.errors import NotFound
from mailcrm.flow import offers as flow
from mailcrm.flow.offers import NewFile
from mailcrm.mailing.pricing import priced
from mailcrm.store import mailings, offers, people, templates, terms
from mailcrm.store.offers import OfferFilter, OfferRow
from web import notices, offer_forms
from web.access import by, me, now, reading, tools, who
from web.security import FILE_POLICY, disposition

pages = Blueprint("offers", __name__)
SIZE = 50
_BLANK = 3
"""Empty lines below those that are there."""


@pages.get("/offers")
def overview() -> str:
    """One page of offers, the newest first; `q`, `state` and `mine` narrow it."""
    state = request.args.get("state", "")
    wanted = OfferFilter(
        request.args.get("q", "")[:200],
        state if state in flow.STATES else "",
        me().id if "mine" in request.args else None,
    )
    rows = offers.offers(reading(), wanted, offer_forms.page_number("before"), SIZE + 1)
    return render_template("offers/overview.html", rows=rows[:SIZE], more=len(rows) > SIZE, wanted=wanted)


@pages.get("/offers/new")
def new() -> str:
    """The form for an offer."""
    return _form(None)


@pages.post("/offers/new")
def add() -> AnyResponse:
    """Add an offer."""
    values = offer_forms.offer_values(request.form)
    offer_id = flow.add_offer(tools().office, by(), values, me().language)
    notices.say(gettext("The offer is added. Now its lines."))
    return redirect(url_for("offers.lines", offer_id=offer_id))


@pages.get("/offers/<int:offer_id>")
def offer(offer_id: int) -> str:
    """One offer: what is in it, what it comes to by its default terms, its files."""
    row, lines = known(offer_id), offers.items(reading(), offer_id)
    defaults = terms.of_scope(reading(), offer_id, "default").get(0, {})
    return render_template(
        "offers/offer.html",
        offer=row,
        priced=priced(lines, defaults),
        specs=offers.specs(reading(), offer_id),
        defaults=defaults,
        files=offers.files(reading(), offer_id),
        library=[one for of, one in offers.library(reading()) if of != offer_id],
        sent=mailings.mailings(reading(), 0, 5, offer_id),
        own_terms=terms.count_clients(reading(), who(), offer_id),
    )


@pages.get("/offers/<int:offer_id>/edit")
def edit(offer_id: int) -> str:
    """The form for the fields of an offer."""
    return _form(known(offer_id))


@pages.post("/offers/<int:offer_id>/edit")
def change(offer_id: int) -> AnyResponse:
    """Save the fields of an offer."""
    flow.edit_offer(tools().office, by(), offer_id, offer_forms.offer_values(request.form))
    notices.say(gettext("Saved."))
    return redirect(url_for("offers.offer", offer_id=offer_id))


@pages.get("/offers/<int:offer_id>/lines")
def lines(offer_id: int) -> str:
    """The lines of an offer as a grid, with room for more."""
    found = offers.items(reading(), offer_id)
    return render_template("offers/lines.html", offer=known(offer_id), items=found, blank=_BLANK)


@pages.post("/offers/<int:offer_id>/lines")
def save_lines(offer_id: int) -> AnyResponse:
    """Save the lines of an offer, pasted ones after those of the grid."""
    flow.set_items(tools().office, by(), offer_id, offer_forms.items(request.form))
    notices.say(gettext("Saved."))
    target = "offers.lines" if "more" in request.form else "offers.offer"
    return redirect(url_for(target, offer_id=offer_id))


@pages.post("/offers/<int:offer_id>/state")
def state(offer_id: int) -> AnyResponse:
    """Open, close or withdraw an offer; the next page offers to undo it."""
    before = flow.set_state(tools().office, by(), offer_id, request.form.get("state", request.args.get("state", "")))
    again = url_for("offers.state", offer_id=offer_id, state=before)
    notices.say_restorable(gettext("The state of the offer is changed."), again)
    return redirect(url_for("offers.offer", offer_id=offer_id))


@pages.post("/offers/<int:offer_id>/copy")
def copy(offer_id: int) -> AnyResponse:
    """A new offer like this one, with all its terms."""
    new_id = flow.copy_offer(tools().office, by(), offer_id)
    notices.say(gettext("This is the copy: a draft with a number of its own."))
    return redirect(url_for("offers.offer", offer_id=new_id))


@pages.post("/offers/<int:offer_id>/files")
def add_file(offer_id: int) -> AnyResponse:
    """Put a ready document beside an offer: an uploaded one, or one of another offer."""
    if sha := request.form.get("sha256", ""):
        flow.add_from_library(tools().office, by(), offer_id, sha)
    else:
        given = request.files.get("file")
        name, kind = (given.filename or "", given.mimetype) if given else ("", "")
        data = given.read(flow.LARGEST_FILE + 1) if given else b""
        flow.add_file(tools().office, by(), tools().blobs, offer_id, NewFile(name, kind, data))
    notices.say(gettext("The file goes with the offer."))
    return redirect(url_for("offers.offer", offer_id=offer_id))


@pages.post("/offers/<int:offer_id>/files/<int:file_number>/remove")
def remove_file(offer_id: int, file_number: int) -> AnyResponse:
    """Take a ready document away from an offer."""
    flow.remove_file(tools().office, by(), offer_id, file_number)
    notices.say(gettext("The file no longer goes with the offer."))
    return redirect(url_for("offers.offer", offer_id=offer_id))


@pages.get("/offers/<int:offer_id>/files/<int:file_number>")
def file(offer_id: int, file_number: int) -> Response:
    """A ready document of an offer."""
    known(offer_id)
    found = next((one for one in offers.files(reading(), offer_id) if one.position == file_number), None)
    if found is None:
        raise NotFound("There is no such file.")
    answer = Response(tools().blobs.read(found.sha256), mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = disposition(found.filename, "document")
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    return answer


def known(offer_id: int) -> OfferRow:
    """The offer; raises NotFound where there is none."""
    row = offers.offer(reading(), offer_id)
    if row is None:
        raise NotFound("There is no such offer.")
    return row


def _form(row: OfferRow | None) -> str:
    """The form of an offer, empty for a new one."""
    found = templates.templates(reading())
    return render_template(
        "offers/edit.html",
        offer=row,
        form=asdict(row) if row else {"currency": "EUR", "owner_id": me().id},
        owners=people.users(reading(), active_only=True),
        words=[one for one in found if one.kind == "message"],
        papers=[one for one in found if one.kind != "message"],
        currencies=flow.CURRENCIES,
        today=now().date(),
    )
