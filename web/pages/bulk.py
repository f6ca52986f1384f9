"""Acts on many clients of the list at once: those that are ticked, or all that fit the filter; each can be undone."""

from flask import Blueprint, redirect, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from mailcrm.flow import bulk as flow
from mailcrm.flow import handover
from mailcrm.flow.bulk import Asked, Done
from mailcrm.store import fields, handovers
from mailcrm.store.bulk import Chosen
from web import notices
from web.access import by, number, reading, reread, tools, who
from web.pages.clients import filter_asked

pages = Blueprint("bulk", __name__)


@pages.post("/clients/bulk/tag")
def tag() -> Response:
    """Give the clients a tag."""
    done = _carry_out(Asked("tag", request.form.get("tag", "")))
    text = ngettext("%(num)s client has got the tag.", "%(num)s clients have got the tag.", done.changed)
    return _told(done, text)


@pages.post("/clients/bulk/untag")
def untag() -> Response:
    """Take a tag away from the clients."""
    done = _carry_out(Asked("untag", request.form.get("tag", "")))
    text = ngettext("The tag is taken off %(num)s client.", "The tag is taken off %(num)s clients.", done.changed)
    return _told(done, text)


@pages.post("/clients/bulk/put")
def put() -> Response:
    """Put the clients into a group by hand."""
    done = _carry_out(Asked("put", group_id=number(request.form.get("group_id", ""))))
    text = ngettext("%(num)s client is put into the group.", "%(num)s clients are put into the group.", done.changed)
    return _told(done, text)


@pages.post("/clients/bulk/take")
def take() -> Response:
    """Take the clients out of a group by hand."""
    done = _carry_out(Asked("take", group_id=number(request.form.get("group_id", ""))))
    text = ngettext(
        "%(num)s client is taken out of the group.", "%(num)s clients are taken out of the group.", done.changed
    )
    return _told(done, text)


@pages.post("/clients/bulk/archive")
def archive() -> Response:
    """Put the clients into the archive."""
    done = _carry_out(Asked("archive"))
    text = ngettext(
        "%(num)s client is archived. Its history stays.",
        "%(num)s clients are archived. Their history stays.",
        done.changed,
    )
    return _told(done, text)


@pages.post("/clients/bulk/give")
def give() -> Response:
    """Hand the clients over to a user, of those that may be handed over."""
    made, left_out = handover.pick(tools().office, by(), _chosen(), number(request.form.get("to_id", "")))
    reread()
    row = handovers.handover(reading(), who(), made) if made is not None else None
    moved = row.moved if row else 0
    text = ngettext("%(num)s client has a new owner.", "%(num)s clients have a new owner.", moved)
    if left_out:
        text += " " + ngettext("%(num)s is not yours to hand over.", "%(num)s are not yours to hand over.", left_out)
    undo_address = url_for("handovers.undo", handover_id=made) if made is not None else ""
    return _said(text, undo_address)


@pages.post("/clients/bulk/<int:bulk_id>/undo")
def undo(bulk_id: int) -> Response:
    """Take an act back."""
    count = flow.undo(tools().office, by(), bulk_id)
    notices.say(ngettext("%(num)s client is as before.", "%(num)s clients are as before.", count))
    return redirect(notices.back(url_for("clients.overview")))


def _chosen() -> Chosen:
    if "every" in request.form:
        return Chosen(wanted=filter_asked(fields.fields(reading())))
    return Chosen(tuple(number(one) for one in request.form.getlist("clients")))


def _carry_out(asked: Asked) -> Done:
    return flow.carry_out(tools().office, by(), _chosen(), asked)


def _told(done: Done, text: str) -> Response:
    if done.same:
        text += " " + ngettext("%(num)s was so already.", "%(num)s were so already.", done.same)
    return _said(text, url_for("bulk.undo", bulk_id=done.id) if done.id is not None else "")


def _said(text: str, undo_address: str) -> Response:
    if undo_address:
        notices.say_restorable(text, undo_address)
    else:
        notices.say(text)
    return redirect(notices.back(url_for("clients.overview")))
