"""Templates of messages and documents, and the letterhead of the company."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound
from mailcrm.flow import templates as flow
from mailcrm.flow.templates import TemplateValues
from mailcrm.store import templates
from mailcrm.store.templates import TemplateRow
from web import notices
from web.access import by, me, reading, tools

pages = Blueprint("templates", __name__)
_NAMES = ("name", "kind", "language", "subject", "text", "html", "source", "builtin")
_FIELDS = (
    ("{{ client.name }}", "{{ client.tax_id }}", "{{ client.postal_address }}", "{{ client.website }}"),
    ("{{ contact.name }}", "{{ contact.first_name }}", "{{ contact.position }}", "{{ contact.email }}"),
    ("{{ sender.name }}", "{{ sender.email }}", "{{ company.name }}", "{{ company.phone }}"),
    ("{{ offer.number }}", "{{ offer.title }}", "{{ offer.date }}", "{{ offer.valid_until }}"),
    ("{{ totals.net }}", "{{ totals.vat }}", "{{ totals.gross }}", "{{ totals.discount }}"),
    ("{{ terms.discount }}", "{{ links.view }}", "{{ field.region }}"),
    ("{% for item in items %}", "{{ item.name }}", "{{ item.quantity }}", "{{ item.total }}", "{% endfor %}"),
    ("{% if terms.discount is defined %}", "{% endif %}"),
)
"""What stands beside the form of a message: fields to copy."""


@pages.get("/templates")
def overview() -> str:
    """All templates in use."""
    return render_template("templates/overview.html", rows=templates.templates(reading()))


@pages.get("/templates/new")
def new() -> str:
    """The form for a template of the kind `kind`."""
    kind = request.args.get("kind", "message")
    kind = kind if kind in flow.KINDS else "message"
    return _form(None, {"kind": kind, "builtin": "modern"})


@pages.post("/templates/new")
def add() -> Response:
    """Add a template."""
    values = _values(request.form)
    if values.kind == "docx":
        given = request.files.get("file")
        data = given.read(flow.LARGEST_WORD + 1) if given else b""
        number = flow.add_word_template(tools().office, by(), tools().blobs, values, data)
    else:
        number = flow.add_template(tools().office, by(), values)
    notices.say(gettext("The template is added."))
    return redirect(url_for("templates.template", template_id=number))


@pages.get("/templates/<int:template_id>")
def template(template_id: int) -> str:
    """The form of a template."""
    row = _known(template_id)
    return _form(row, asdict(row))


@pages.post("/templates/<int:template_id>")
def change(template_id: int) -> Response:
    """Save a template."""
    flow.edit_template(tools().office, by(), template_id, _values(request.form))
    notices.say(gettext("Saved. What was prepared before stays as it is."))
    return redirect(url_for("templates.template", template_id=template_id))


@pages.post("/templates/<int:template_id>/archive")
def archive(template_id: int) -> Response:
    """Take a template out of the lists, or with `back` into them again."""
    back = "back" in request.args
    flow.archive(tools().office, by(), template_id, not back)
    if back:
        notices.say(gettext("The template is back."))
        return redirect(url_for("templates.template", template_id=template_id))
    again = url_for("templates.archive", template_id=template_id, back=1)
    notices.say_restorable(gettext("The template is archived. Offers that use it keep it."), again)
    return redirect(url_for("templates.overview"))


@pages.get("/templates/letterhead")
def letterhead() -> str:
    """The form of the letterhead."""
    found, language = templates.letterhead(reading())
    return render_template("templates/letterhead.html", head=found, default=language, may=me().role != "staff")


@pages.post("/templates/letterhead")
def save_letterhead() -> Response:
    """Save the letterhead."""
    flow.save_letterhead(tools().office, by(), request.form)
    notices.say(gettext("Saved."))
    return redirect(url_for("templates.letterhead"))


def _form(row: TemplateRow | None, form: dict[str, Any]) -> str:
    example = "{{ client.name }}" if form["kind"] == "docx" else "#data.client.name"
    return render_template("templates/edit.html", row=row, form=form, fields=_FIELDS, example=example)


def _values(form: MultiDict[str, str]) -> TemplateValues:
    return TemplateValues(**{name: form.get(name, "").replace("\r\n", "\n") for name in _NAMES})


def _known(template_id: int) -> TemplateRow:
    row = templates.template(reading(), template_id)
    if row is None:
        raise NotFound("There is no such template.")
    return row
