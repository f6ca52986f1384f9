"""Follow-ups: proposals for clients who were silent, each to be sent, changed or left by a person."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import Refused
from mailcrm.flow import follow_ups as flow
from mailcrm.flow.follow_ups import Post
from mailcrm.mailing.followup import Words
from mailcrm.mailing.token import TokenKeys
from mailcrm.store import follow_ups
from web import notices
from web.access import by, now, reading, tools, who

pages = Blueprint("follow_ups", __name__)
SIZE = 20


@pages.get("/follow-ups")
def overview() -> str:
    """Proposals, those that are due first; one's own, or all that one may see."""
    mine = request.args.get("whose") != "all"
    after = request.args.get("after", "")
    number = int(after) if after.isascii() and after.isdigit() and len(after) < 16 else 0
    rows = follow_ups.listed(reading(), who(), mine, number, SIZE + 1)
    further = rows[SIZE - 1].id if len(rows) > SIZE else None
    today = now().astimezone(tools().site.work.zone).date()
    return render_template("follow_ups/overview.html", rows=rows[:SIZE], further=further, mine=mine, today=today)


@pages.post("/follow-ups/<int:follow_up_id>/send")
def send(follow_up_id: int) -> Response:
    """Send one, as it was changed here."""
    words = Words(request.form.get("subject", ""), request.form.get("text", "").replace("\r\n", "\n"))
    post = Post(tools().blobs, TokenKeys.derived(tools().keyring.derive), words)
    row = flow.send(tools().office, by(), who(), follow_up_id, post)
    notices.say(gettext("The follow-up to %(address)s is on its way.", address=row.address))
    return _back()


@pages.post("/follow-ups/<int:follow_up_id>/drop")
def drop(follow_up_id: int) -> Response:
    """Not this one."""
    row = flow.drop(tools().office, by(), who(), follow_up_id)
    undo = url_for("follow_ups.take_back", follow_up_id=follow_up_id)
    notices.say_restorable(gettext("No follow-up to %(address)s.", address=row.address), undo)
    return _back()


@pages.post("/follow-ups/<int:follow_up_id>/back")
def take_back(follow_up_id: int) -> Response:
    """Propose it again."""
    flow.take_back(tools().office, by(), who(), follow_up_id)
    notices.say(gettext("It is proposed again."))
    return _back()


@pages.post("/mailings/<int:mailing_id>/follow-ups")
def after_days(mailing_id: int) -> Response:
    """Say after how many days of silence follow-ups of a mailing are proposed."""
    text = request.form.get("days", "")
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise Refused("Follow-ups come after 1 to 90 days, or never.")
    flow.set_days(tools().office, by(), mailing_id, int(text))
    notices.say(gettext("Follow-ups are proposed within the hour, to those who stay silent.") if int(text)
                else gettext("No follow-ups are proposed any more."))  # fmt: skip
    return redirect(notices.back(url_for("results.board_of", mailing_id=mailing_id)))


def _back() -> Response:
    return redirect(notices.back(url_for("follow_ups.overview")))
