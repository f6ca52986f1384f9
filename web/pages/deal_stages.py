"""The stages of deals, for admins: names, order, probability, what counts as won and lost."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import Refused
from mailcrm.flow import deal_stages as flow
from mailcrm.flow.deal_stages import NewStage
from mailcrm.store import deal_board
from web import notices
from web.access import admin_only, by, reading, tools

pages = Blueprint("deal_stages", __name__)


@pages.get("/deals/stages")
@admin_only
def overview() -> str:
    """Every stage in order, and the form for a new one."""
    return render_template("deals/stages.html", rows=deal_board.stages(reading(), archived=True))


@pages.post("/deals/stages")
@admin_only
def add() -> Response:
    """Add one stage, or the usual ones in the language of the user."""
    flow.add_stages(tools().office, by(), _usual() if "usual" in request.form else [_wanted()])
    notices.say(gettext("Saved."))
    return redirect(url_for("deal_stages.overview"))


@pages.post("/deals/stages/<int:stage_id>")
@admin_only
def change(stage_id: int) -> Response:
    """Save a stage."""
    flow.edit_stage(tools().office, by(), stage_id, _wanted())
    notices.say(gettext("Saved."))
    return redirect(url_for("deal_stages.overview"))


@pages.post("/deals/stages/<int:stage_id>/shift")
@admin_only
def shift(stage_id: int) -> Response:
    """Put a stage before its neighbour, or behind it."""
    flow.shift(tools().office, by(), stage_id, -1 if "earlier" in request.form else 1)
    return redirect(url_for("deal_stages.overview") + f"#s{stage_id}")


@pages.post("/deals/stages/<int:stage_id>/archive")
@admin_only
def archive(stage_id: int) -> Response:
    """Take a stage out of use; the next page offers to undo it."""
    flow.archive(tools().office, by(), stage_id)
    notices.say_restorable(gettext("The stage is no longer used."), url_for("deal_stages.restore", stage_id=stage_id))
    return redirect(url_for("deal_stages.overview"))


@pages.post("/deals/stages/<int:stage_id>/restore")
@admin_only
def restore(stage_id: int) -> Response:
    """Take a stage into use again."""
    flow.restore(tools().office, by(), stage_id)
    notices.say(gettext("The stage is used again."))
    return redirect(url_for("deal_stages.overview") + f"#s{stage_id}")


def _wanted() -> NewStage:
    form = request.form
    share = form.get("probability", "").strip() or "0"
    if not (share.isascii() and share.isdigit()):
        raise Refused("A probability is between 0 and 100 per cent.")
    return NewStage(form.get("name", "")[:60], form.get("kind", "open"), min(int(share[:4]), 1000))


def _usual() -> list[NewStage]:
    return [
        NewStage(gettext("First talk"), "open", 10),
        NewStage(gettext("Needs are clear"), "open", 25),
        NewStage(gettext("Offer sent"), "open", 50),
        NewStage(gettext("Negotiation"), "open", 75),
        NewStage(gettext("Won"), "won"),
        NewStage(gettext("Lost"), "lost"),
    ]
