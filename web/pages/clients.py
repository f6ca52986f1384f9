"""The list of clients, and a client's own fields, addresses and domains."""

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients as flow
from mailcrm.flow import fields as flow_fields
from mailcrm.flow.clients import NewClient
from mailcrm.store import bulk, cards, client_merges, clients, fields, people, tags, tracking
from mailcrm.store.clients import ClientFilter, ClientRow, Cursor
from mailcrm.store.fields import FieldRow
from web import audited, client_lists, notices
from web.access import by, me, now, reading, tools, who
from web.field_values import entered
from web.languages import local
from web.security import disposition

pages = Blueprint("clients", __name__)
SIZE = 50
ORDERS = ("name", "last_in", "last_out", "follow_up", "newest")
_TEXTS = ("name", "kind", "note", "website", "tax_id", "postal_address")


@pages.get("/clients")
def overview() -> str:
    """One page of the list, by name, the last message or a field; `q` searches, `mine`, `tag`, `archived` and fields
    narrow it."""
    known_fields = fields.fields(reading())
    wanted = filter_asked(known_fields)
    rows = clients.clients(reading(), who(), wanted, after(wanted.order), SIZE + 1)
    more = clients.cursor(rows[SIZE - 1], wanted.order) if len(rows) > SIZE else None
    columns = [one for one in known_fields if one.in_list]
    ids = [row.id for row in rows[:SIZE]]
    return render_template(
        "clients/overview.html",
        rows=rows[:SIZE],
        more=written(more, wanted.order) if more else None,
        wanted=wanted,
        first="after" not in request.args,
        **_acts(wanted, bool(more) or "after" in request.args),
        mine="mine" in request.args,
        query=request.args.get("q", ""),
        columns=columns,
        fields=known_fields,
        order=request.args.get("order", "name") if wanted.order == "field" else wanted.order,
        values=fields.values(reading(), ids) if columns else {},
        marks=tags.tags(reading(), ids),
        all_tags=tags.all_tags(reading(), who()),
        narrowed=_narrowed(known_fields),
    )


@pages.get("/clients/export.<any(xlsx, csv, vcf):form>")
def export(form: str) -> Response:
    """The clients that the list shows, all pages of it, as a file."""
    known_fields = fields.fields(reading())
    # Excel takes the separator of the country for granted.
    kind = "csv;" if form == "csv" and me().language == "ru" else form
    data = client_lists.made(reading(), who(), filter_asked(known_fields), known_fields, kind)
    audited.taken("exported", "client", detail=form)
    name = f"clients.{form}"
    headers = {"Content-Disposition": disposition(name, name)}
    return Response(data, mimetype=client_lists.TYPES[form], headers=headers)


def _acts(wanted: ClientFilter, paged: bool) -> dict[str, object]:
    """How many clients there are, and what can be done with them: users and groups that take them.

    How many fit on all pages is counted where there are more; nobody waits for that while he types words.
    """
    asked = wanted if paged and request.headers.get("HX-Request") != "true" else ClientFilter()
    total, fitting = clients.count(reading(), who(), asked)
    takers = {} if wanted.archived else bulk.takers(reading(), who())
    return {"total": total, "fitting": fitting if asked is wanted else None, "paged": paged, "takers": takers}


def _narrowed(known_fields: list[FieldRow], args: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the list is narrowed to beside words: `tag` and fields as f.KEY, as they stand in the address."""
    args = request.args if args is None else args
    names = ["tag", *(f"f.{one.key}" for one in known_fields)]
    return {name: args[name][:200] for name in names if args.get(name)}


def filter_asked(known_fields: list[FieldRow]) -> ClientFilter:
    """The filter and the order of the list that stand in the address."""
    return filter_of(request.args, known_fields)


def filter_of(args: Mapping[str, str], known_fields: list[FieldRow]) -> ClientFilter:
    """The filter and the order of the list that stand in an address with these arguments."""
    order, ids = args.get("order", "name"), {one.key: one.id for one in known_fields}
    narrowed, tag = _narrowed(known_fields, args), args.get("tag", "")
    return ClientFilter(
        words=args.get("q", "")[:200],
        owner_ids=who().stands_for if "mine" in args else (),
        archived="archived" in args,
        order="field" if order in ids else order if order in ORDERS else "name",
        order_field=ids.get(order, 0),
        tag_id=int(tag) if tag.isascii() and tag.isdigit() and len(tag) < 15 else None,
        fields=tuple((ids[name[2:]], value.casefold()) for name, value in narrowed.items() if name != "tag"),
    )


def after(order: str) -> Cursor | None:
    """Where the page that is asked for begins; None at the beginning, and for what cannot be read."""
    value, _, number = request.args.get("after", "").rpartition("~")
    if not number.isascii() or not number.isdigit():
        return None
    if order == "field":
        # The mark tells a client without a value from one whose value is empty.
        return (value[1:] if value.startswith("=") else None), int(number)
    if order in ("last_in", "last_out", "follow_up"):
        try:
            return (datetime.fromisoformat(value) if value else None), int(number)
        except ValueError:
            return None
    return value, int(number)


def written(cursor: Cursor, wanted_order: str) -> str:
    """A cursor as it stands in addresses."""
    value, number = cursor
    if wanted_order == "field":
        return f"{'' if value is None else f'={value}'}~{number}"
    return f"{value.isoformat() if isinstance(value, datetime) else value or ''}~{number}"


@pages.get("/clients/new")
def new() -> str:
    """The form for a client; `email` fills in an address."""
    email = request.args.get("email", "")
    form = {"addresses": email}
    asked = fields.fields(reading())
    return render_template("clients/edit.html", client=None, form=form, owners=_owners(), fields=asked, noted={})


@pages.post("/clients/new")
def add() -> Response:
    """Add a client; its past mail is looked for at once."""
    form = request.form
    texts = {name: form.get(name, "") for name in _TEXTS}
    domains, addresses = (tuple(form.get(name, "").split()) for name in ("domains", "addresses"))
    client_id = flow.add_client(
        tools().office, by(), NewClient(**texts, owner_id=_owner(), domains=domains, addresses=addresses)
    )
    _note(client_id)
    notices.say(gettext("The client is added. Older mail is being looked for."))
    return redirect(url_for("timeline.client", client_id=client_id))


@pages.get("/clients/<int:client_id>/edit")
def edit(client_id: int) -> str:
    """The form for a client's fields, and its addresses and domains."""
    row = known(client_id)
    form = {name: getattr(row, name) for name in _TEXTS}
    card = cards.card(reading(), client_id)
    form["tags"] = ", ".join(card.tags)
    asked, noted = fields.fields(reading()), {one.field_id: one.value for one in card.fields}
    merged = client_merges.merges(reading(), client_id)
    context = {
        "merges": merged,
        "client": row,
        "form": form,
        "owners": _owners(),
        "card": card,
        "fields": asked,
        "noted": noted,
        "consents": tracking.of_client(reading(), client_id),
        "today": local(now()).date(),
    }
    return render_template("clients/edit.html", **context)


@pages.post("/clients/<int:client_id>/edit")
def change(client_id: int) -> Response:
    """Save a client's fields."""
    changes: dict[str, object] = {name: request.form.get(name, "") for name in _TEXTS}
    # Fields first: they may be refused, and then nothing is saved.
    _note(client_id)
    flow.edit_client(tools().office, by(), client_id, {**changes, "owner_id": _owner()})
    notices.say(gettext("Saved."))
    return _to(client_id)


@pages.post("/clients/<int:client_id>/archive")
def archive(client_id: int) -> Response:
    """Take a client out of lists and rules; the next page offers to undo it."""
    flow.archive(tools().office, by(), client_id)
    restore_address = url_for("clients.restore", client_id=client_id)
    notices.say_restorable(gettext("The client is archived. Its history stays."), restore_address)
    return redirect(url_for("clients.overview"))


@pages.post("/clients/<int:client_id>/restore")
def restore(client_id: int) -> Response:
    """Take a client back from the archive."""
    flow.restore(tools().office, by(), client_id)
    notices.say(gettext("The client is back."))
    return redirect(url_for("timeline.client", client_id=client_id))


@pages.post("/clients/<int:client_id>/names")
def add_name(client_id: int) -> Response:
    """Give a client an address or a domain of its own."""
    name = request.form.get("name", "").strip()
    add_one = flow.add_address if "@" in name else flow.add_domain
    wanted = add_one(tools().office, by(), client_id, name)
    notices.say(gettext("%(name)s is added. Messages to be fetched: %(count)s.", name=name, count=wanted))
    return redirect(notices.back(url_for("clients.edit", client_id=client_id)))


@pages.post("/clients/<int:client_id>/names/remove")
def remove_name(client_id: int) -> Response:
    """Take an address or a domain away from a client."""
    name = request.form.get("name", "")
    remove_one = flow.remove_address if "@" in name else flow.remove_domain
    remove_one(tools().office, by(), client_id, name)
    notices.say(gettext("%(name)s is removed, and so are the messages that only it had brought.", name=name))
    return redirect(notices.back(url_for("clients.edit", client_id=client_id)))


def _to(client_id: int) -> Response:
    """The page of a client, or the list where he gave it away."""
    # A fresh connection: the one of this request still sees what was before the act.
    with tools().database.reading() as connection:
        if clients.client(connection, who(), client_id) is None:
            return redirect(url_for("clients.overview"))
    return redirect(url_for("timeline.client", client_id=client_id))


def chosen_client() -> int:
    """The client that the field `client` of a form names; raises Refused where there is none in sight."""
    name = request.form.get("client", "").strip()
    found = clients.client_by_name(reading(), who(), name)
    if found is None:
        raise Refused(f'There is no client called "{name}".')
    return found.id


def known(client_id: int) -> ClientRow:
    """The client; raises NotFound where there is none that the user may see."""
    row = clients.client(reading(), who(), client_id)
    if row is None:
        raise NotFound("There is no such client.")
    return row


def _note(client_id: int) -> None:
    """Save what the form says of fields and tags; a form that does not ask for them changes nothing."""
    flow_fields.set_values(tools().office, by(), client_id, entered(fields.fields(reading())))
    if "tags" in request.form:
        flow_fields.set_tags(tools().office, by(), client_id, request.form["tags"].split(","))


def _owner() -> int | None:
    value = request.form.get("owner_id", "")
    return int(value) if value.isascii() and value.isdigit() else None


def _owners() -> list[people.UserRow]:
    return people.users(reading(), active_only=True)
