"""What is mine: what mailcrm has from my mailboxes, what it never stores, and who sees a thread of mine."""

from flask import Blueprint, Response, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from mailcrm.errors import NotFound
from mailcrm.flow import links as flow_links
from mailcrm.flow import mine as flow_mine
from mailcrm.flow import privacy as flow
from mailcrm.flow import purge as flow_purge
from mailcrm.store import audit, contacts, mailboxes, mine, never
from mailcrm.store.mine import Selection
from web import notices
from web.access import admin_only, by, me, now, reading, tools
from web.audited import taken
from web.security import disposition

pages = Blueprint("privacy", __name__)
SIZE = 50
CLIENTS = 100


@pages.get("/mine")
def overview() -> str:
    """The user's mailboxes in numbers: what was decided on their mail, which clients it stands with, who opened it."""
    boxes = _boxes()
    return render_template(
        "privacy/mine.html",
        boxes=mailboxes.mailboxes(reading(), me().id),
        verdicts=mine.verdicts(reading(), boxes) if boxes else [],
        clients=mine.clients(reading(), boxes, CLIENTS) if boxes else [],
        total=mine.count(reading(), boxes, Selection()) if boxes else 0,
        looks=audit.looks_at(reading(), boxes, me().id, 20) if boxes else [],
    )


@pages.get("/mine/messages")
def messages() -> str:
    """One page of the messages that came from the user's mailboxes, of one client, thread or correspondent or all."""
    wanted, boxes = _selection(), _boxes()
    rows = mine.rows(reading(), boxes, wanted, _number("before"), SIZE + 1) if boxes else []
    return render_template(
        "privacy/messages.html",
        rows=rows[:SIZE],
        older=rows[SIZE - 1].id if len(rows) > SIZE else None,
        first="before" not in request.args,
        total=mine.count(reading(), boxes, wanted) if boxes else 0,
        args=_args(),
    )


@pages.get("/mine/export.zip")
def export() -> Response:
    """Everything from the user's mailboxes: a line of JSON and the raw bytes of each message."""
    boxes = _boxes()
    taken("exported", "mailbox", boxes[0] if boxes else None)
    made = flow_mine.export(tools().database, tools().blobs, me().id)
    response = Response(stream_with_context(made), mimetype="application/zip")
    response.headers["Content-Disposition"] = disposition(f"mailcrm {now():%Y-%m-%d}.zip", "mailcrm.zip")
    return response


@pages.get("/mine/purge")
def ask_purge() -> str | AnyResponse:
    """What would go, and that it cannot be undone."""
    wanted, chosen = _selection(), _chosen()
    total = len(chosen) if chosen else mine.count(reading(), _boxes(), wanted)
    if not total:
        return redirect(url_for("privacy.overview"))
    return render_template("privacy/purge.html", total=total, args=_args(), chosen=chosen)


@pages.post("/mine/purge")
def purge() -> AnyResponse:
    """Take the user's copies out of mailcrm; the mail server keeps its mail."""
    done = flow_purge.purge_mine(tools().office, by(), _selection(), _chosen())
    said = ngettext("%(num)s message is gone from mailcrm.", "%(num)s messages are gone from mailcrm.", done.gone)
    if done.kept:
        said += " " + ngettext(
            "%(num)s stays, because a colleague has a copy.", "%(num)s stay, because colleagues have copies.", done.kept
        )
    notices.say(said)
    return redirect(url_for("privacy.overview"))


@pages.get("/never")
def never_list() -> str:
    """Addresses and domains whose mail is never stored: the user's own, which he alone sees, and the company's."""
    rows, boxes = never.rules(reading(), me().id), _boxes()
    return render_template(
        "privacy/never.html",
        own=[row for row in rows if row.user_id is not None],
        company=[row for row in rows if row.user_id is None],
        configured=sorted(tools().site.never),
        stored=mine.stored_with(reading(), boxes, [row.value for row in rows]) if rows and boxes else {},
        hidden=sum(n for _, rule, n in (mine.verdicts(reading(), boxes) if boxes else []) if rule == "never"),
    )


@pages.post("/never")
def add_never() -> AnyResponse:
    """Put an address or a domain on the user's list, or (admins) on that of the company."""
    everybody = me().role == "admin" and "company" in request.form
    value = request.form.get("value", "").strip().removeprefix("@")
    undo = flow_links.never_again(tools().office, by(), value, None if everybody else me().id)
    notices.say(gettext("Mail of %(value)s is not stored from now on.", value=value), undo)
    return redirect(url_for("privacy.never_list"))


@pages.post("/never/<int:rule_id>/remove")
def remove_never(rule_id: int) -> AnyResponse:
    """Take a rule off the user's list, or (admins) off that of the company."""
    company = me().role == "admin" and "company" in request.form
    value = flow.forget_never(tools().office, by(), rule_id, company)
    notices.say(gettext("Mail of %(value)s is decided on again.", value=value))
    return redirect(url_for("privacy.never_list"))


@pages.post("/threads/<int:thread_id>/privacy")
def thread(thread_id: int) -> AnyResponse:
    """Decide what colleagues see of the user's copies in a thread."""
    choice = request.form.get("visibility", request.args.get("visibility", ""))
    before = flow.decide_thread(tools().office, by(), thread_id, choice)
    address = url_for("privacy.thread", thread_id=thread_id, visibility=before)
    notices.say_restorable(gettext("Saved; later messages of this thread follow."), address)
    return redirect(url_for("messages.thread", thread_id=thread_id))


@pages.get("/contacts/<int:contact_id>/erase")
@admin_only
def ask_erase(contact_id: int) -> str:
    """What erasing a person means."""
    row = contacts.contact(reading(), contact_id)
    if row is None:
        raise NotFound("There is no such contact.")
    return render_template("privacy/erase.html", row=row, total=len(mine.of_people(reading(), row.addresses)))


@pages.post("/contacts/<int:contact_id>/erase")
@admin_only
def erase(contact_id: int) -> AnyResponse:
    """Erase a person with all mail."""
    row = contacts.contact(reading(), contact_id)
    done = flow_purge.erase_contact(tools().office, by(), contact_id)
    said = ngettext(
        "The person is erased, with %(num)s message.", "The person is erased, with %(num)s messages.", done.gone
    )
    notices.say(said)
    return redirect(url_for("timeline.client", client_id=row.client_id) if row else url_for("clients.overview"))


def _boxes() -> list[int]:
    return mine.mailbox_ids(reading(), me().id)


def _selection() -> Selection:
    values = request.values
    return Selection(_number("client"), _number("thread"), values.get("with", "").strip().casefold()[:320])


def _chosen() -> list[int]:
    return [int(v) for v in request.values.getlist("message") if v.isascii() and v.isdigit() and len(v) < 19][:SIZE]


def _args() -> dict[str, str]:
    return {name: request.values[name] for name in ("client", "thread", "with") if request.values.get(name)}


def _number(name: str) -> int | None:
    value = request.values.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
