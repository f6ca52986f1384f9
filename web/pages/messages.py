"""Threads and messages: text first, HTML in a frame, the raw bytes, and why a message stands where it does."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import links as flow
from mailcrm.flow import people as flow_people
from mailcrm.mail import parse
from mailcrm.mail.raw import header_block, without_bcc
from mailcrm.store import clients, contents, links, people, privacy, tasks, threads, versions
from mailcrm.store.contents import Participant
from mailcrm.store.threads import MessageRow
from mailcrm.store.visibility import FULL, SUBJECT
from web import frame, notices
from web.access import by, me, reading, tools, who
from web.audited import opened, taken
from web.prose import prose
from web.security import FILE_POLICY, disposition, frame_policy

pages = Blueprint("messages", __name__)


@pages.get("/threads/<int:thread_id>")
def thread(thread_id: int) -> str:
    """A thread, oldest first; of a long one the newest messages, with a link to earlier ones."""
    before = request.args.get("before", "")
    rows, older = threads.thread(
        reading(), who(), thread_id, int(before) if before.isascii() and before.isdigit() else None
    )
    if not rows:
        raise NotFound("There is no such thread.")
    numbers = [row.id for row in rows]
    opened("message", [row.id for row in rows if row.level >= FULL])
    return render_template(
        "messages/thread.html",
        rows=rows,
        thread_id=thread_id,
        older=older,
        subject=next((row.subject for row in rows if row.subject), ""),
        count=threads.thread_size(reading(), who(), thread_id),
        clients=threads.thread_clients(reading(), who(), thread_id),
        people=contents.participants(reading(), who(), numbers),
        files=contents.attachments(reading(), who(), numbers),
        versions=versions.carried(reading(), who(), numbers),
        prose=prose,
        privacy=_privacy(thread_id),
        tasks=tasks.of_messages(reading(), who(), numbers),
    )


@pages.get("/messages/<int:message_id>")
def message(message_id: int) -> str:
    """One message with everything that is known of it."""
    row = known(message_id)
    attached = contents.all_attachments(reading(), who(), message_id)
    taking_part = _participants(message_id)
    if row.level >= FULL:
        opened("message", [message_id])
    return render_template(
        "messages/message.html",
        row=row,
        prose=prose(row.text, row.reply_text),
        people=taking_part,
        files=[one for one in attached if not (one.inline or one.hidden)],
        versions=versions.carried(reading(), who(), [message_id] if attached else []).get(message_id, []),
        other_files=[one for one in attached if one.inline or one.hidden],
        why=threads.why(reading(), who(), message_id),
        mailboxes=threads.mailboxes(reading(), who(), message_id),
        count=threads.thread_size(reading(), who(), row.thread_id),
        trusted=row.has_html and people.trusts(reading(), me().id, _sender(taking_part)),
        tasks=tasks.of_messages(reading(), who(), [message_id]),
        as_html=request.args.get("as") == "html" and row.has_html,
    )


@pages.get("/messages/<int:message_id>/html")
def html(message_id: int) -> Response:
    """The HTML of a message for its frame: cleaned, sandboxed, and without remote images unless the user wants them."""
    row = known(message_id, FULL)
    opened("message", [message_id])
    pictures = frame.pictures(tools().blobs, contents.all_attachments(reading(), who(), message_id))
    remote = people.trusts(reading(), me().id, _sender(_participants(message_id)))
    source = parse.html(tools().blobs.read(row.raw_sha256))
    shown = frame.document(source, pictures, remote, row.subject, me().language)
    response = Response(shown, mimetype="text/html")
    response.headers["Content-Security-Policy"] = frame_policy(remote)
    return response


@pages.get("/messages/<int:message_id>/raw")
def raw(message_id: int) -> Response:
    """The message as it came; where its blind copies are not the user's to see, without them."""
    row = known(message_id, FULL)
    taken("downloaded", "message", message_id)
    response = Response(_bytes(row), mimetype="message/rfc822")
    response.headers["Content-Disposition"] = disposition(f"{row.subject or 'message'}.eml", "message.eml")
    response.headers["Content-Security-Policy"] = FILE_POLICY
    return response


@pages.get("/messages/<int:message_id>/headers")
def headers(message_id: int) -> str:
    """The header lines of a message as they came."""
    row = known(message_id, FULL)
    opened("message", [message_id])
    lines = header_block(_bytes(row))[:200_000]
    return render_template("messages/headers.html", row=row, lines=lines)


@pages.post("/messages/<int:message_id>/images")
def images(message_id: int) -> AnyResponse:
    """Show remote images of this sender to this user, or no longer."""
    known(message_id, FULL)
    sender = _sender(_participants(message_id))
    if not sender:
        raise Refused("This message has no sender.")
    flow_people.trust_sender(tools().database, me().id, sender, trusted="show" in request.form)
    return redirect(url_for("messages.message", message_id=message_id) + "?as=html#html")


@pages.post("/messages/<int:message_id>/links")
def also_link(message_id: int) -> AnyResponse:
    """Put a message on the timeline of one more client."""
    known(message_id)
    undo = flow.also_link(tools().office, by(), message_id, _chosen_client())
    notices.say(gettext("The message stands on this client's timeline too."), undo)
    return _back(message_id)


@pages.post("/links/<int:link_id>/<any(undo, redo, move):act>")
def change_link(link_id: int, act: str) -> AnyResponse:
    """Undo a link, make it active again, or move the message to another client."""
    found = links.link(reading(), link_id)
    if found is None:
        raise NotFound("There is no such link.")
    known(found.message_id)
    office = tools().office
    if act == "undo":
        notices.say(gettext("The message is taken off this client's timeline."), flow.undo(office, by(), link_id))
    elif act == "redo":
        notices.say(gettext("The message stands on this client's timeline."), flow.redo(office, by(), link_id))
    else:
        notices.say(gettext("The message is moved."), flow.move(office, by(), link_id, _chosen_client()))
    return _back(found.message_id)


@pages.post("/undo")
def take_back() -> AnyResponse:
    """Take back what a notice offered to."""
    flow.take_back(tools().office, by(), notices.opened(request.form.get("token", "")))
    notices.say(gettext("It is as it was before."))
    return redirect(notices.back(url_for("board.overview")))


def known(message_id: int, least: int = SUBJECT) -> MessageRow:
    """The message, where the user sees at least `least` of it; raises NotFound otherwise, saying no more."""
    row = threads.message(reading(), who(), message_id)
    if row is None or row.level < least:
        raise NotFound("There is no such message, or it is private.")
    return row


def _privacy(thread_id: int) -> str | None:
    """What the user decided on a thread ("" for nothing); None where he has no copy of it to decide on."""
    if not who().mailbox_ids or not privacy.has_copy(reading(), thread_id, me().id):
        return None
    return privacy.named(privacy.override(reading(), thread_id, me().id))


def _chosen_client() -> int:
    name = request.form.get("client", "").strip()
    found = clients.client_by_name(reading(), who(), name)
    if found is None:
        raise Refused(f'There is no client called "{name}".')
    return found.id


def _participants(message_id: int) -> list[Participant]:
    return contents.participants(reading(), who(), [message_id]).get(message_id, [])


def _sender(taking_part: list[Participant]) -> str:
    return next((one.email for one in taking_part if one.role == "from"), "")


def _bytes(row: MessageRow) -> bytes:
    raw_bytes = tools().blobs.read(row.raw_sha256)
    own = any(one.role == "bcc" for one in _participants(row.id))
    return raw_bytes if own else without_bcc(raw_bytes)


def _back(message_id: int) -> AnyResponse:
    # A fresh connection: the one of this request still sees what was before the act.
    with tools().database.reading() as connection:
        if threads.message(connection, who(), message_id) is None:
            return redirect(url_for("board.overview"))
    return redirect(notices.back(url_for("messages.message", message_id=message_id) + "#why"))
