"""The terms of an offer: their kinds, the defaults, the grid of clients, a pasted or uploaded sheet."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from mailcrm.documents.values import Kind
from mailcrm.errors import Refused
from mailcrm.flow import offer_terms as flow
from mailcrm.flow import offers as offers_flow
from mailcrm.mailing.grid import cells
from mailcrm.mailing.terms import of_groups
from mailcrm.store import freezing, offers, terms
from mailcrm.store.clients import name_key
from mailcrm.store.terms import GridFilter
from web import notices, offer_forms
from web.access import by, reading, tools, who
from web.extracts import Extracts
from web.pages.offers import known

pages = Blueprint("offer_terms", __name__)
SIZE = 25
"""Clients on a page of the grid: each has a field for every term."""
_BLANK = 3
_SHEETS = {"xlsx": Kind.XLSX, "xls": Kind.XLS, "ods": Kind.ODS, "csv": Kind.CSV}


@pages.get("/offers/<int:offer_id>/terms")
def overview(offer_id: int) -> str:
    """The grid: the defaults above, a client a row; `q` finds clients, `set` leaves out those without own values."""
    offer, specs = known(offer_id), offers.specs(reading(), offer_id)
    name, _, number = request.args.get("after", "").rpartition("~")
    after = (name, int(number)) if number.isascii() and number.isdigit() else None
    wanted = GridFilter(request.args.get("q", "")[:200], "set" in request.args, after)
    rows = terms.grid(reading(), who(), offer_id, wanted, SIZE + 1)
    more = f"{name_key(rows[SIZE - 1].name)}~{rows[SIZE - 1].client_id}" if len(rows) > SIZE else ""
    layers = terms.layers(reading(), offer_id)
    defaults, ids = layers["default"].get(0, {}), [row.client_id for row in rows[:SIZE]]
    members = terms.members(reading(), layers["group"], ids)
    inherited = {number: defaults | of_groups(layers["group"], members.get(number, ())) for number in ids}
    return render_template(
        "offers/terms.html", offer=offer, specs=specs, defaults=defaults, rows=rows[:SIZE], more=more, wanted=wanted,
        inherited=inherited,
    )  # fmt: skip


@pages.get("/offers/<int:offer_id>/terms/groups")
def groups(offer_id: int) -> str:
    """The grid of groups: the defaults above, a group a row."""
    offer, layers = known(offer_id), terms.layers(reading(), offer_id)
    return render_template(
        "offers/group_terms.html", offer=offer, specs=offers.specs(reading(), offer_id),
        defaults=layers["default"].get(0, {}), values=layers["group"], groups=freezing.groups(reading()),
    )  # fmt: skip


@pages.post("/offers/<int:offer_id>/terms/groups")
def save_groups(offer_id: int) -> Response:
    """Save the defaults and the terms of groups."""
    office, defaults = tools().office, offer_forms.grid(request.form, "d")
    changed = flow.set_values(office, by(), offer_id, "default", {0: defaults[0]}) if 0 in defaults else 0
    changed += flow.set_values(office, by(), offer_id, "group", offer_forms.grid(request.form, "v"))
    notices.say(ngettext("%(num)s row is changed.", "%(num)s rows are changed.", changed))
    return redirect(notices.back(url_for("offer_terms.groups", offer_id=offer_id)))


@pages.post("/offers/<int:offer_id>/terms")
def save(offer_id: int) -> Response:
    """Save the defaults and the rows of one page of the grid."""
    office = tools().office
    defaults = offer_forms.grid(request.form, "d")
    own = offer_forms.grid(request.form, "v")
    changed = flow.set_values(office, by(), offer_id, "default", {0: defaults[0]}) if 0 in defaults else 0
    changed += flow.set_values(office, by(), offer_id, "client", own)
    notices.say(ngettext("%(num)s row is changed.", "%(num)s rows are changed.", changed))
    return redirect(notices.back(url_for("offer_terms.overview", offer_id=offer_id)))


@pages.get("/offers/<int:offer_id>/kinds")
def kinds(offer_id: int) -> str:
    """The kinds of terms of an offer, with room for more."""
    return render_template(
        "offers/kinds.html", offer=known(offer_id), specs=offers.specs(reading(), offer_id), blank=_BLANK
    )


@pages.post("/offers/<int:offer_id>/kinds")
def save_kinds(offer_id: int) -> Response:
    """Save the kinds of terms."""
    offers_flow.set_specs(tools().office, by(), offer_id, offer_forms.specs(request.form))
    notices.say(gettext("Saved."))
    return redirect(url_for("offer_terms.overview", offer_id=offer_id))


@pages.get("/offers/<int:offer_id>/sheet")
def sheet(offer_id: int) -> str:
    """Where a sheet is pasted or uploaded."""
    return render_template("offers/sheet.html", offer=known(offer_id), text="", matched=None, specs=_specs(offer_id))


@pages.post("/offers/<int:offer_id>/sheet")
def look(offer_id: int) -> str | Response:
    """Show what a sheet would set, and set it where that was confirmed."""
    offer, text = known(offer_id), request.form.get("text", "")
    given = request.files.get("file")
    if given and given.filename:
        text = _read(given.filename, given.read())
    rows = cells(text)
    if "apply" in request.form:
        changed = flow.import_values(tools().office, by(), offer_id, rows)
        said = ngettext(
            "The terms of %(num)s client are changed.", "The terms of %(num)s clients are changed.", changed
        )
        notices.say(said)
        return redirect(url_for("offer_terms.overview", offer_id=offer_id, set=1))
    matched = flow.matched(reading(), who(), offer_id, rows)
    return render_template("offers/sheet.html", offer=offer, text=text, matched=matched, specs=_specs(offer_id))


def _specs(offer_id: int) -> object:
    return offers.specs(reading(), offer_id)


def _read(filename: str, data: bytes) -> str:
    """The first sheet of a file as tab-separated text; read in the sandbox."""
    kind = _SHEETS.get(filename.rpartition(".")[2].casefold())
    if kind is None:
        raise Refused("A sheet is a file with the ending xlsx, xls, ods or csv.")
    extracts: Extracts = current_app.extensions["mailcrm_extracts"]
    found = extracts.read(data, kind)
    if not found.sheets:
        raise Refused("This sheet cannot be read.")
    tidy = str.maketrans({"\t": " ", "\n": " ", "\r": " "})
    return "\n".join("\t".join(cell.translate(tidy) for cell in row) for row in found.sheets[0].rows)
