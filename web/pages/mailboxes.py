"""Mailboxes: how each fares, in words; adding one; and why a message is not here."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.config import Server
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import mailboxes as flow
from mailcrm.flow.mailboxes import NewMailbox
from mailcrm.mail.address import normalise
from mailcrm.mail.thread import key
from mailcrm.store import mailboxes, whereabouts
from mailcrm.store.mailboxes import MailboxRow
from web import notices
from web.access import actor, by, me, now, reading, tools, who

pages = Blueprint("mailboxes", __name__)
_VISIBILITIES = ("full", "subject", "stub")


@pages.get("/mailboxes")
def overview() -> str:
    """The mailboxes that the user may know of, and how each fares."""
    rows = [row for row in mailboxes.mailboxes(reading()) if _may_see(row)]
    return render_template("mailboxes/overview.html", rows=rows)


@pages.get("/mailboxes/<int:mailbox_id>")
def health(mailbox_id: int) -> str:
    """One mailbox: progress, folders, what its server counts and what is in the ledger."""
    row = _known(mailbox_id)
    progress = mailboxes.progress(reading(), mailbox_id)
    return render_template(
        "mailboxes/health.html",
        row=row,
        progress=progress,
        folders=mailboxes.folder_health(reading(), mailbox_id),
        may_change=_may_change(row),
        is_mine=row.user_id == me().id,
    )


@pages.get("/mailboxes/why")
def why() -> str:
    """Where a message with this Message-ID is, and by which rule it is not on a timeline."""
    message_id = request.args.get("message_id", "").strip().strip("<>").strip()[:1000]
    everywhere = me().role in ("manager", "admin")
    copies: list[whereabouts.Whereabouts] = []
    stored: list[int] = []
    if message_id:
        reference = tools().keyring.fingerprint(f"m:{key(message_id)}")
        copies, stored = whereabouts.of_message(reading(), who(), reference, message_id, everywhere)
    return render_template("mailboxes/why.html", message_id=message_id, copies=copies, stored=stored)


@pages.get("/mailboxes/new")
def new() -> str:
    """The form for a mailbox: one's own, or for admins anybody's and shared ones."""
    return render_template("mailboxes/new.html", servers=tools().site.servers, visibility=tools().site.visibility)


@pages.post("/mailboxes/new")
def add() -> Response:
    """Add a mailbox and seal its password; the daemon finds it by itself."""
    form, address = request.form, normalise(request.form.get("address", ""))
    if not form.get("password"):
        raise Refused("An empty password opens no mailbox.")
    server, database = _server(), tools().database
    wanted = NewMailbox(
        address=address or form.get("address", ""),
        host=server.host,
        port=server.port,
        tls=server.tls,
        ca_file=str(server.ca_file) if server.ca_file else None,
        login=form.get("login", "").strip(),
        owner=_owner(),
        visibility=form.get("visibility", tools().site.visibility),
        origin="web",
    )
    mailbox_id = flow.add_mailbox(database, wanted, now(), actor())
    flow.set_password(database, tools().keyring, mailbox_id, form["password"], by())
    notices.say(gettext("The mailbox is added. Reading begins within a minute, newest mail first."))
    return redirect(url_for("mailboxes.health", mailbox_id=mailbox_id))


@pages.post("/mailboxes/<int:mailbox_id>/password")
def password(mailbox_id: int) -> Response:
    """Seal a new password; the mailbox is tried again at once."""
    _changeable(mailbox_id)
    flow.set_password(tools().database, tools().keyring, mailbox_id, request.form.get("password", ""), by())
    notices.say(gettext("The password is saved; the mailbox is tried again now."))
    return redirect(url_for("mailboxes.health", mailbox_id=mailbox_id))


@pages.post("/mailboxes/<int:mailbox_id>/<any(pause, resume):act>")
def switch(mailbox_id: int, act: str) -> Response:
    """Read a mailbox no more, or again."""
    _changeable(mailbox_id)
    (flow.pause if act == "pause" else flow.resume)(tools().database, mailbox_id, by())
    notices.say(gettext("The mailbox is paused.") if act == "pause" else gettext("The mailbox is read again."))
    return redirect(url_for("mailboxes.health", mailbox_id=mailbox_id))


@pages.post("/mailboxes/<int:mailbox_id>/visibility")
def visibility(mailbox_id: int) -> Response:
    """Say what colleagues see of a mailbox."""
    if _known(mailbox_id).user_id != me().id:
        _changeable(mailbox_id)
    chosen = request.form.get("visibility", "")
    changes = {"visibility": chosen if chosen in _VISIBILITIES else "stub"}
    flow.edit_mailbox(tools().database, mailbox_id, changes, by())
    notices.say(gettext("Saved."))
    return redirect(url_for("mailboxes.health", mailbox_id=mailbox_id))


def _owner() -> str:
    if me().role == "admin":
        return request.form.get("owner", "").strip().casefold()
    return me().login


def _server() -> Server:
    """The chosen server of the configuration. Only those: else a form could make us connect anywhere."""
    found = [one for one in tools().site.servers if one.name == request.form.get("server", "")]
    if not found:
        raise Refused("There is no such mail server in the configuration.")
    return found[0]


def _may_see(row: MailboxRow) -> bool:
    return me().role in ("manager", "admin") or row.user_id in (None, me().id)


def _may_change(row: MailboxRow) -> bool:
    return (me().role == "admin" or row.user_id == me().id) and row.origin != "config"


def _known(mailbox_id: int) -> MailboxRow:
    row = mailboxes.mailbox(reading(), mailbox_id)
    if row is None or not _may_see(row):
        raise NotFound("There is no such mailbox.")
    return row


def _changeable(mailbox_id: int) -> MailboxRow:
    row = _known(mailbox_id)
    if not _may_change(row):
        raise Refused("Only its owner or an admin may change a mailbox, and none that stands in the configuration.")
    return row
