"""What a person says of documents: answers to suggestions, join, split, rename, move, a role; and taking it back."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import Refused
from mailcrm.flow import corrections as flow
from mailcrm.flow.corrections import Desk
from mailcrm.store import clients, documents, suggestions, versions
from web import notices
from web.access import by, reading, tools, who
from web.pages.documents import known

pages = Blueprint("corrections", __name__)
_MOST = 50
_NEAR = 50


@pages.get("/documents/suggestions")
def overview() -> str:
    """The small tray: files that may be versions of other documents, one line each; `document` narrows it to one."""
    document_id = _number(request.args.get("document", "")) or None
    rows = suggestions.open_suggestions(reading(), who(), None, document_id, _MOST + 1)
    return render_template("documents/suggestions.html", rows=rows[:_MOST], more=len(rows) > _MOST)


@pages.post("/documents/suggestions/<int:version_id>/<int:document_id>/<any(yes, no):answer>")
def decide(version_id: int, document_id: int, answer: str) -> Response:
    """Answer a suggestion."""
    undo = flow.decide(_desk(), version_id, document_id, answer == "yes")
    joined, apart = gettext("They are one document now."), gettext("They stay apart.")
    notices.say_document(joined if answer == "yes" else apart, undo)
    return redirect(notices.back(url_for("corrections.overview")))


@pages.get("/documents/<int:document_id>/correct")
def correct(document_id: int) -> str:
    """The forms that put right what was found of a document."""
    row = known(document_id)
    owner = _number(row.scope.partition(":")[2])
    near = documents.of_client(reading(), who(), owner, None, _NEAR) if owner else []
    near = near or documents.named(reading(), who(), row.title.split()[:1], None, _NEAR)
    client = clients.client(reading(), who(), owner) if owner else None
    return render_template(
        "documents/correct.html",
        row=row,
        versions=versions.versions(reading(), who(), document_id)[::-1],
        near=[one for one in near if one.id != document_id],
        client=client.name if client else "",
    )


@pages.post("/documents/<int:document_id>/join")
def join(document_id: int) -> Response:
    """Make one document of this and another."""
    other = _number(request.form.get("other", ""))
    known(document_id)
    known(other)
    undo = flow.join(_desk(), document_id, other)
    notices.say_document(gettext("They are one document now."), undo)
    return _to(document_id, other)


@pages.post("/documents/<int:document_id>/split")
def split(document_id: int) -> Response:
    """Take the versions `leaving` out, into a document of their own."""
    known(document_id)
    leaving = {_number(value) for value in request.form.getlist("leaving")}
    undo = flow.split(_desk(), document_id, leaving)
    notices.say_document(gettext("They are a document of their own now."), undo)
    return _to(document_id, *leaving)


@pages.post("/documents/<int:document_id>/rename")
def rename(document_id: int) -> Response:
    """Give a document another title."""
    known(document_id)
    notices.say_document(gettext("Saved."), flow.rename(_desk(), document_id, request.form.get("title", "")))
    return _to(document_id)


@pages.post("/documents/<int:document_id>/move")
def move(document_id: int) -> Response:
    """Say whose document it is."""
    known(document_id)
    scope = request.form.get("scope", "")
    notices.say_document(gettext("Saved."), flow.move(_desk(), document_id, scope if scope != "client" else _client()))
    return _to(document_id)


@pages.post("/documents/<int:document_id>/versions/<int:version_id>/role")
def role(document_id: int, version_id: int) -> Response:
    """Say that a file is no document: a logo, a form."""
    known(document_id)
    undo = flow.flip_role(_desk(), version_id, is_document=False)
    notices.say_document(gettext("The file is no document any more."), undo)
    return redirect(url_for("documents.overview"))


@pages.post("/documents/undo")
def take_back() -> Response:
    """Take back what a notice offered to."""
    flow.take_back(_desk(), notices.opened_document(request.form.get("token", "")))
    notices.say(gettext("It is as it was before."))
    return redirect(url_for("documents.overview"))


def _desk() -> Desk:
    return Desk(tools().database, tools().blobs, by(), who())


def _client() -> str:
    name = request.form.get("client", "").strip()
    found = clients.client_by_name(reading(), who(), name)
    if found is None:
        raise Refused(f'There is no client called "{name}".')
    return f"client:{found.id}"


def _to(*ids: int) -> Response:
    """The first of these documents that there still is: joining makes one of two, splitting two of one."""
    for number in ids:
        with tools().database.reading() as connection:
            if documents.document(connection, who(), number) is not None:
                return redirect(url_for("documents.document", document_id=number))
    return redirect(url_for("documents.overview"))


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0
