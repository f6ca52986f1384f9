"""Groups of clients: the list, one group with its clients, and the form with a live look at whom a rule finds."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.crm import group_rules
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import groups as flow
from mailcrm.flow.groups import GroupForm
from mailcrm.store import clients, groups, people
from mailcrm.store.clients import ClientFilter
from mailcrm.store.group_rules import where
from mailcrm.store.groups import Counts, GroupRow
from web import group_form, notices
from web.access import by, now, reading, tools, who
from web.group_form import Draft
from web.group_words import Words
from web.pages.clients import ORDERS, SIZE, after, chosen_client, written
from web.sentences import translated

pages = Blueprint("groups", __name__)
_FIRST = 12


@dataclass(frozen=True, slots=True)
class Seen:
    """Whom a rule finds now."""

    total: int
    first: tuple[tuple[int, str], ...]
    asked: bool
    """Some condition says enough to be asked."""


@pages.get("/groups")
def overview() -> str:
    """Every group with its manager, its clients and how many of them wrote last."""
    archived = "archived" in request.args
    rows = groups.groups(reading(), who(), archived)
    ids = [row.id for row in rows]
    return render_template(
        "groups/overview.html",
        rows=rows,
        counts=groups.counts(reading(), who(), ids),
        none=Counts(),
        deputies=groups.deputies(reading(), ids),
        archived=archived,
        may_add=flow.may_add(who()),
        may_rule=flow.may_rule(who()),
    )


@pages.get("/groups/<int:group_id>")
def group(group_id: int) -> str:
    """One group and a page of its clients, by name or by the last message; `q` searches among them."""
    row = known(group_id)
    order = request.args.get("order", "name")
    wanted = ClientFilter(
        request.args.get("q", "")[:200], group_id=group_id, order=order if order in ORDERS else "name"
    )
    rows = clients.clients(reading(), who(), wanted, after(wanted.order), SIZE + 1)
    more = clients.cursor(rows[SIZE - 1], wanted.order) if len(rows) > SIZE else None
    words = Words() if row.rule else None
    return render_template(
        "groups/group.html",
        row=row,
        rows=rows[:SIZE],
        more=written(more, wanted.order) if more else None,
        wanted=wanted,
        first="after" not in request.args,
        count=groups.counts(reading(), who(), [group_id]).get(group_id, Counts()),
        deputies=groups.deputies(reading(), [group_id]).get(group_id, []),
        told=words.told(group_rules.parsed(row.rule, words.kinds)) if words else "",
        may_edit=flow.may_edit(who(), row),
        may_fill=flow.may_fill(who(), row),
    )


@pages.get("/groups/new")
def new() -> str:
    """The form for a group by hand, or with `kind=rule` for one by rule."""
    if not flow.may_add(who()):
        raise NotFound("There is no such group.")
    mine = {"manager_id": who().user_id if who().role == "manager" else None}
    return _form(None, mine, Draft() if request.args.get("kind") == "rule" and flow.may_rule(who()) else None)


@pages.post("/groups/new")
def add() -> str | Response:
    """Add a group; or, after another button than "Save", the form with a row more or less."""
    draft = _draft()
    if request.form.get("act"):
        return _form(None, _entered(), draft)
    try:
        group_id = flow.add_group(tools().office, by(), _asked(draft))
    except Refused as error:
        notices.complain(translated(str(error)))
        return _form(None, _entered(), draft)
    notices.say(gettext("The group is added."))
    return redirect(url_for("groups.group", group_id=group_id))


@pages.get("/groups/<int:group_id>/edit")
def edit(group_id: int) -> str:
    """The form of a group."""
    row = _editable(group_id)
    deputies = [number for number, _ in groups.deputies(reading(), [group_id]).get(group_id, [])]
    values = {name: getattr(row, name) for name in ("name", "manager_id", "answer_hours", "note")}
    node = group_rules.parsed(row.rule, flow.kinds(reading())) if row.rule else None
    draft = group_form.draft_of(node) if node else None
    return _form(row, {**values, "deputies": deputies}, draft)


@pages.post("/groups/<int:group_id>/edit")
def change(group_id: int) -> str | Response:
    """Save a group; or, after another button than "Save", the form with a row more or less."""
    row, draft = _editable(group_id), _draft()
    if request.form.get("act"):
        return _form(row, _entered(), draft)
    form = _asked(draft)
    if row.rule and draft is None:
        form = GroupForm(form.name, request.form.get("rule", row.rule), *_rest(form))
    try:
        flow.edit_group(tools().office, by(), group_id, form)
    except Refused as error:
        notices.complain(translated(str(error)))
        return _form(row, _entered(), draft)
    notices.say(gettext("Saved."))
    return redirect(url_for("groups.group", group_id=group_id))


@pages.post("/groups/preview")
def preview() -> str:
    """Whom the rule of a form finds, as a fragment."""
    words = Words()
    return render_template("groups/preview.html", seen=_seen(_draft() or Draft(), words))


@pages.post("/groups/<int:group_id>/archive")
def archive(group_id: int) -> Response:
    """Put a group out of use; the next page offers to undo it."""
    flow.archive(tools().office, by(), group_id)
    notices.say_restorable(gettext("The group is archived."), url_for("groups.restore", group_id=group_id))
    return redirect(url_for("groups.overview"))


@pages.post("/groups/<int:group_id>/restore")
def restore(group_id: int) -> Response:
    """Take a group into use again."""
    flow.restore(tools().office, by(), group_id)
    notices.say(gettext("The group is back."))
    return redirect(url_for("groups.group", group_id=group_id))


@pages.post("/groups/<int:group_id>/clients")
def put(group_id: int) -> Response:
    """Put a client, by its name or its number, into a group by hand."""
    number = request.form.get("client_id", "")
    known(group_id)
    client_id = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else chosen_client()
    flow.put(tools().office, by(), group_id, [client_id])
    notices.say_restorable(
        gettext("The client is in the group."), url_for("groups.take_out", group_id=group_id, client_id=client_id)
    )
    return redirect(notices.back(url_for("groups.group", group_id=group_id)))


@pages.post("/groups/<int:group_id>/clients/<int:client_id>/remove")
def take_out(group_id: int, client_id: int) -> Response:
    """Take a client out of a group by hand."""
    flow.take_out(tools().office, by(), group_id, client_id)
    notices.say_restorable(
        gettext("The client is out of the group."),
        url_for("groups.put_back", group_id=group_id, client_id=client_id),
    )
    return redirect(notices.back(url_for("groups.group", group_id=group_id)))


@pages.post("/groups/<int:group_id>/clients/<int:client_id>/put")
def put_back(group_id: int, client_id: int) -> Response:
    """Put a client back that was taken out."""
    flow.put(tools().office, by(), group_id, [client_id])
    notices.say(gettext("The client is in the group."))
    return redirect(notices.back(url_for("groups.group", group_id=group_id)))


def known(group_id: int) -> GroupRow:
    """The group; raises NotFound where there is none that the user may see."""
    row = groups.group(reading(), who(), group_id)
    if row is None:
        raise NotFound("There is no such group.")
    return row


def _editable(group_id: int) -> GroupRow:
    row = known(group_id)
    if not flow.may_edit(who(), row):
        raise NotFound("There is no such group.")
    return row


def _form(row: GroupRow | None, values: dict[str, Any], draft: Draft | None) -> str:
    # One value for words and preview: the choices of a row are asked for once.
    words = Words()
    blank: dict[str, Any] = {"name": "", "manager_id": None, "answer_hours": 0, "note": "", "deputies": [], "rule": ""}
    return render_template(
        "groups/edit.html",
        row=row,
        form={**blank, "rule": row.rule if row else "", **values},
        draft=draft,
        words=words,
        seen=_seen(draft, words) if draft else None,
        users=people.users(reading(), active_only=True),
        may_rule=flow.may_rule(who()),
    )


def _seen(draft: Draft, words: Words) -> Seen:
    node = draft.node(words.kinds)
    if not any(group_rules.conditions(node)):
        return Seen(0, (), False)
    total, first = groups.fitting(reading(), who(), where(node, now(), words.kinds), _FIRST)
    return Seen(total, tuple(first), True)


def _draft() -> Draft | None:
    """The draft of the form after its button; None for a group by hand, or a rule that is too deep for the form."""
    if "mode" not in request.form or not flow.may_rule(who()):
        return None
    chosen = {name[1:-4]: value for name, value in request.form.items() if name.endswith(".new")}
    return group_form.read(request.form).after(request.form.get("act", ""), chosen)


def _entered() -> dict[str, Any]:
    form = _asked(None)
    return {
        "name": form.name,
        "manager_id": form.manager_id,
        "answer_hours": form.answer_hours,
        "note": form.note,
        "deputies": list(form.deputies),
    }


def _asked(draft: Draft | None) -> GroupForm:
    form = request.form
    deputies = tuple(_number(value) or 0 for value in form.getlist("deputies"))
    hours = form.get("answer_hours", "").strip() or "0"
    return GroupForm(
        form.get("name", ""),
        group_rules.written(draft.node()) if draft else "",
        _number(form.get("manager_id", "")),
        deputies,
        int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 9 else -1,
        form.get("note", ""),
    )


def _rest(form: GroupForm) -> tuple[int | None, tuple[int, ...], int, str]:
    return form.manager_id, form.deputies, form.answer_hours, form.note


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
