"""Mailings: the list, and one of them from its audience to the moment it leaves."""

import time
from urllib.parse import parse_qsl

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import follow_on, prepare, trial
from mailcrm.flow import mailings as flow
from mailcrm.flow.building import Press
from mailcrm.flow.mailings import Plan
from mailcrm.mailing import audience
from mailcrm.mailing.audience import PEOPLE, Audience, Filter
from mailcrm.mailing.token import TokenKeys
from mailcrm.mailing.tracking import is_reachable
from mailcrm.store import fields, freezing, mailings, offers, people, send_accounts, terms, tracking, views
from mailcrm.store.clients import name_key
from mailcrm.store.mailings import MailingRow
from mailcrm.store.views import ViewRow
from web import mailing_form, notices, offer_forms, offering
from web.access import by, me, reading, tools, who
from web.pages.clients import filter_of

pages = Blueprint("mailings", __name__)
SIZE = 50
_PATIENCE = 6.0
"""Seconds of making messages in one request; then the page shows how far it is and goes on."""


@pages.get("/mailings")
def overview() -> str:
    """One page of mailings, the newest first."""
    rows = mailings.mailings(reading(), offer_forms.page_number("before"), SIZE + 1)
    counts = mailings.counts(reading(), [row.id for row in rows[:SIZE]])
    return render_template("mailings/overview.html", rows=rows[:SIZE], more=len(rows) > SIZE, counts=counts)


@pages.post("/offers/<int:offer_id>/mailings")
def add(offer_id: int) -> Response:
    """Begin a mailing of an offer."""
    zone = request.cookies.get("zone", "") or str(tools().site.work.zone)
    number = flow.add_mailing(tools().office, by(), offer_id, "", zone if mailing_form.is_zone(zone) else "UTC")
    notices.say(gettext("The mailing is begun. Now say whom it is for."))
    return redirect(_address(number))


@pages.get("/mailings/<int:mailing_id>")
def mailing(mailing_id: int) -> str:
    """One mailing: its forms as a draft (or with `edit`), else what was checked, approved and sent."""
    row = known(mailing_id)
    if row.state == "draft" or (row.state == "preparing" and "edit" in request.args):
        return _forms(row)
    counts = mailings.counts(reading(), [mailing_id]).get(mailing_id, {})
    return render_template(
        "mailings/mailing.html",
        row=row,
        counts=counts,
        skips=freezing.skip_counts(reading(), mailing_id),
        troubled=freezing.troubled(reading(), who(), mailing_id),
        skipped=freezing.skipped(reading(), who(), mailing_id),
        begins=_begins(row),
        new=follow_on.new_members(reading(), who(), row) if row.state == "done" else 0,
        counted=tracking.counted(reading(), mailing_id) if row.tracking != "none" else 0,
        may_approve=me().role != "staff",
    )


@pages.post("/mailings/<int:mailing_id>/audience")
def save_audience(mailing_id: int) -> Response:
    """Save whom the mailing is for."""
    wanted = _audience(request.form, audience.from_json(known(mailing_id).audience))
    flow.set_audience(tools().office, by(), mailing_id, wanted)
    notices.say(gettext("Saved."))
    return redirect(_address(mailing_id))


@pages.post("/mailings/<int:mailing_id>/plan")
def save_plan(mailing_id: int) -> Response:
    """Save when and how the mailing leaves; what the clocks do to the time is said."""
    plan: Plan = mailing_form.plan(request.form)
    begins = flow.set_plan(tools().office, by(), mailing_id, plan, tools().site.work)
    notices.say(str(offering.TIME_NOTICES[begins.notice if begins else ""]))
    return redirect(_address(mailing_id))


@pages.post("/mailings/<int:mailing_id>/variants")
def save_variants(mailing_id: int) -> Response:
    """Save the variants."""
    specs = offers.specs(reading(), known(mailing_id).offer_id)
    flow.set_variants(tools().office, by(), mailing_id, mailing_form.variants(request.form, specs))
    notices.say(gettext("Saved."))
    return redirect(_address(mailing_id))


@pages.post("/mailings/<int:mailing_id>/check")
def check(mailing_id: int) -> Response:
    """Choose the recipients anew and make their messages, as far as a request may take."""
    prepare.assemble(tools().office, by(), mailing_id)
    return make(mailing_id)


@pages.post("/mailings/<int:mailing_id>/make")
def make(mailing_id: int) -> Response:
    """Go on making messages."""
    end = time.monotonic() + _PATIENCE
    while prepare.make_some(tools().office, _press(), by(), mailing_id) and time.monotonic() < end:
        continue
    return redirect(_address(mailing_id))


@pages.post("/mailings/<int:mailing_id>/leave-out")
def leave_out(mailing_id: int) -> Response:
    """Leave clients with a problem out, and check again."""
    numbers = [int(one) for one in request.form.getlist("client_id") if one.isascii() and one.isdigit()]
    flow.leave_out(tools().office, by(), mailing_id, numbers)
    return check(mailing_id)


@pages.post("/mailings/<int:mailing_id>/decide")
def decide(mailing_id: int) -> Response:
    """Say which of several clients with one address is meant, and check again."""
    number = offer_forms.identity(request.form.get("client_id", "")) or 0
    flow.decide(tools().office, by(), mailing_id, request.form.get("address", ""), number)
    return check(mailing_id)


@pages.post("/mailings/<int:mailing_id>/approve")
def approve(mailing_id: int) -> Response:
    """Approve exactly what the page showed."""
    flow.approve(tools().office, by(), mailing_id, request.form.get("sha", ""), tools().site.work)
    notices.say(gettext("Approved. The mailing leaves as planned; it can be paused or called off here."))
    return redirect(_address(mailing_id))


@pages.post("/mailings/<int:mailing_id>/draft")
def draft(mailing_id: int) -> Response:
    """Back to the draft; it has to be checked and approved anew."""
    flow.back_to_draft(tools().office, by(), mailing_id)
    notices.say(gettext("It is a draft again."))
    return redirect(_address(mailing_id))


@pages.post("/mailings/<int:mailing_id>/steer")
def steer(mailing_id: int) -> Response:
    """Pause, go on or call off."""
    flow.steer(tools().office, by(), mailing_id, request.form.get("state", ""))
    notices.say(gettext("Done. Whoever sends obeys within one message."))
    return redirect(_address(mailing_id))


@pages.post("/mailings/<int:mailing_id>/new-members")
def send_to_new(mailing_id: int) -> Response:
    """Begin a mailing like this one for those who came into its groups since; it can be taken back."""
    name = gettext("%(name)s, new members", name=known(mailing_id).name[:150])
    number = follow_on.send_to_new(tools().office, by(), mailing_id, name)
    said = gettext("A draft for the new members is begun. Look at it, then check it and have it approved.")
    notices.say_restorable(said, url_for("mailings.discard", mailing_id=number))
    return redirect(_address(number))


@pages.post("/mailings/<int:mailing_id>/discard")
def discard(mailing_id: int) -> Response:
    """Take a draft back, as if it had never been begun."""
    follow_on.discard(tools().office, by(), mailing_id)
    notices.say(gettext("The draft is gone."))
    return redirect(url_for("mailings.overview"))


@pages.post("/mailings/<int:mailing_id>/trial")
def send_trial(mailing_id: int) -> Response:
    """Send the first client's message to oneself."""
    address = trial.send_trial(tools().office, _press(), by(), mailing_id)
    notices.say(gettext("A trial is on its way to %(address)s.", address=address))
    return redirect(_address(mailing_id))


def known(mailing_id: int) -> MailingRow:
    """The mailing; raises NotFound where there is none."""
    row = mailings.mailing(reading(), mailing_id)
    if row is None:
        raise NotFound("There is no such mailing.")
    return row


def _forms(row: MailingRow) -> str:
    wanted = audience.from_json(row.audience)
    named = terms.names(reading(), who(), wanted.clients)
    return render_template(
        "mailings/draft.html",
        row=row,
        wanted=wanted,
        named=named,
        plan=mailing_form.shown(row),
        groups=freezing.groups(reading()),
        owners=people.users(reading(), active_only=True),
        accounts=[one for one in send_accounts.accounts(reading()) if one.user_id is None],
        specs=offers.specs(reading(), row.offer_id),
        variants=mailings.variants(reading(), row.id),
        views=_views(),
        days=mailing_form.day_names(),
        countable=is_reachable(tools().site.base_url),
        agreed=tracking.agreed(reading(), who()),
    )


def _audience(form: MultiDict[str, str], before: Audience) -> Audience:
    names = [line.strip() for line in form.get("clients", "").splitlines() if line.strip()]
    found = terms.known_clients(reading(), who(), {name_key(name) for name in names})
    unknown = [name for name in names if len(found.get(name_key(name), [])) != 1]
    if unknown:
        raise Refused(f'There is no single client called "{unknown[0]}".')
    position, one = form.get("position", "").strip()[:80], form.get("people", "one")
    clients = tuple(found[name_key(name)][0] for name in names)
    groups, owners = (mailing_form.numbers(form, name) for name in ("group", "owner"))
    left = before.left_out if "keep_left_out" in form else ()
    people_ = one if one in PEOPLE else "one"
    return Audience(
        groups, clients, owners, left, people_, position, before.decided, "new_only" in form, _filters(form, before)
    )


def _filters(form: MultiDict[str, str], before: Audience) -> tuple[Filter, ...]:
    """Those that are kept, then those of the views that were chosen, as they are now."""
    kept = tuple(one for one in before.filters if one.name in form.getlist("filter"))
    found, known_fields = [], fields.fields(reading()) if form.getlist("view") else []
    for view in _views():
        if str(view.id) in form.getlist("view"):
            asked = filter_of(dict(parse_qsl(view.query)), known_fields)
            found.append(Filter(view.name, asked.words, asked.owner_ids, asked.tag_id, asked.fields))
    return (*kept, *(one for one in found if one.name not in {old.name for old in kept}))


def _views() -> list[ViewRow]:
    """The views of the list of clients that can be written to: archived clients cannot."""
    rows = views.views(reading(), me().id, "clients.overview")
    return [row for row in rows if "archived" not in dict(parse_qsl(row.query))]


def _begins(row: MailingRow) -> object:
    try:
        return flow.started(row.send_at_local, row.zone, tools().site.work if flow.is_working(row) else None)
    except Refused:
        return None


def _press() -> Press:
    setter = current_app.extensions["mailcrm_typesetter"]
    return Press(tools().blobs, TokenKeys.derived(tools().keyring.derive), setter, tools().site.base_url.rstrip("/"))


def _address(mailing_id: int) -> str:
    return url_for("mailings.mailing", mailing_id=mailing_id)
