"""Notes, calls and meetings: written on a client's page, changed, deleted, pinned; each with a way back."""

from datetime import UTC, datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import notes as flow
from mailcrm.flow.notes import NewNote
from mailcrm.store import notes
from mailcrm.store.notes import NoteRow
from mailcrm.store.visibility import Policy
from web import notices
from web.access import by, reading, tools, who
from web.languages import local
from web.pages.clients import known as known_client

pages = Blueprint("notes", __name__)


@pages.get("/clients/<int:client_id>/notes/new")
def new(client_id: int) -> str:
    """The form for a note, a call or a meeting."""
    return render_template("notes/edit.html", row=None, client=known_client(client_id), at=None)


@pages.post("/clients/<int:client_id>/notes")
def add(client_id: int) -> Response:
    """Put a note, a call or a meeting on the timeline."""
    known_client(client_id)
    number = flow.add_note(tools().office, by(), client_id, _given(), _policy())
    notices.say_restorable(gettext("It stands on the timeline."), url_for("notes.delete", note_id=number))
    return redirect(notices.back(url_for("timeline.client", client_id=client_id)))


@pages.get("/notes/<int:note_id>")
def note(note_id: int) -> str:
    """The form of a note."""
    row = _known(note_id)
    return render_template("notes/edit.html", row=row, client=known_client(row.client_id), at=local(row.at))


@pages.post("/notes/<int:note_id>")
def edit(note_id: int) -> Response:
    """Change a note."""
    row = _known(note_id)
    flow.edit_note(tools().office, by(), note_id, _given(), _policy())
    notices.say(gettext("The note is changed."))
    return redirect(url_for("timeline.client", client_id=row.client_id))


@pages.post("/notes/<int:note_id>/delete")
def delete(note_id: int) -> Response:
    """Take a note off the timeline."""
    row = _known(note_id)
    flow.delete_note(tools().office, by(), note_id)
    notices.say_restorable(gettext("The note is deleted."), url_for("notes.restore", note_id=note_id))
    return redirect(url_for("timeline.client", client_id=row.client_id))


@pages.post("/notes/<int:note_id>/restore")
def restore(note_id: int) -> Response:
    """Bring a deleted note back."""
    row = _known(note_id)
    flow.restore_note(tools().office, by(), note_id)
    notices.say(gettext("It is as it was before."))
    return redirect(url_for("timeline.client", client_id=row.client_id))


@pages.post("/notes/<int:note_id>/pin")
def pin(note_id: int) -> Response:
    """Keep a note at the top of its client's page, or let it go."""
    row = _known(note_id)
    flow.pin_note(tools().office, by(), note_id, row.pinned_at is None)
    return redirect(url_for("timeline.client", client_id=row.client_id))


def _given() -> NewNote:
    form = request.form
    minutes = form.get("minutes", "")
    return NewNote(
        text=form.get("text", ""),
        kind=form.get("kind", "note"),
        at=_moment(form.get("at", "")),
        minutes=int(minutes) if minutes.isascii() and minutes.isdigit() and len(minutes) < 6 else None,
        place=form.get("place", ""),
        direction=form.get("direction", ""),
    )


def _moment(text: str) -> datetime | None:
    """The local time that a field of a browser holds, in UTC."""
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        if not 2000 <= found.year < 2200:
            raise ValueError
        return found.replace(tzinfo=local(datetime.now(UTC)).tzinfo).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("This is no time: write it like 2026-01-31 14:30.") from None


def _policy() -> Policy:
    return Policy(tools().site.admin_reads_bodies, tools().site.clients)


def _known(note_id: int) -> NoteRow:
    row = notes.note(reading(), who(), note_id)
    if row is None:
        raise NotFound("There is no such note.")
    return row
