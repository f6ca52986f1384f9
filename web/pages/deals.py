"""Deals: the board by stage, the list, one deal with its history, and the forms."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import deals as flow
from mailcrm.flow.deals import NewDeal
from mailcrm.store import clients, contacts, deal_board, deal_items, deals, documents, people
from mailcrm.store.deal_board import StageRow, Total
from mailcrm.store.deals import Cursor, DealFilter, DealRow
from web import notices
from web.access import by, me, now, reading, tools, who
from web.money import CURRENCIES, amount
from web.numbers import whole, wholes
from web.pages.clients import known as known_client
from web.pages.messages import known as known_message

pages = Blueprint("deals", __name__)
SIZE = 50
CLOSED_DAYS = 30
"""Won and lost deals stay on the board so long."""
_MOST_CARDS = 30


@pages.get("/deals")
def board() -> str:
    """The board: a column for each stage, with what its deals come to."""
    wanted = DealFilter(words=_words(), owner_id=_owner_wanted())
    since = now() - timedelta(days=CLOSED_DAYS)
    stages = deal_board.stages(reading())
    return render_template(
        "deals/board.html",
        stages=stages,
        cards=deal_board.cards(reading(), who(), wanted, since, _MOST_CARDS),
        totals=_by_stage(deal_board.totals(reading(), who(), wanted, since)),
        wanted=wanted,
        owners=people.users(reading(), active_only=True),
        today=now().date(),
        days=CLOSED_DAYS,
    )


@pages.get("/deals/list")
def overview() -> str:
    """One page of all deals, sorted and filtered."""
    return render_template("deals/list.html", client=None, **_listed(DealFilter()))


@pages.get("/clients/<int:client_id>/deals")
def of_client(client_id: int) -> str:
    """The deals of one client."""
    client = known_client(client_id)
    return render_template("deals/list.html", client=client, **_listed(DealFilter(client_id=client_id)))


@pages.get("/deals/new")
def new() -> str:
    """The form for a deal; `client` chooses one, `message` is linked to it."""
    client_id, message_id = _number("client"), _number("message")
    client = known_client(client_id) if client_id else None
    people_there = contacts.contacts(reading(), client_id) if client_id else []
    return _form(None, client, people_there, {"message": message_id or ""})


@pages.post("/deals/new")
def add() -> Response:
    """Add a deal in the stage that was chosen."""
    client_id = _client_chosen()
    fields = _fields()
    items = [("contact", number) for number in _contacts_chosen(client_id)]
    items += [("message", known_message(number).id) for number in wholes(request.form.getlist("message"))]
    wanted = NewDeal(client_id=client_id, stage_id=_form_number("stage_id"), items=tuple(items), **fields)  # type: ignore[arg-type]
    deal_id = flow.add_deal(tools().office, by(), wanted)
    notices.say(gettext("The deal is added."))
    return redirect(url_for("deals.deal", deal_id=deal_id))


@pages.get("/deals/<int:deal_id>")
def deal(deal_id: int) -> str:
    """One deal: its state, what belongs to it, how it came here."""
    row = known(deal_id)
    return render_template(
        "deals/deal.html",
        row=row,
        stages=deal_board.stages(reading()),
        moves=deals.moves(reading(), deal_id),
        messages=deal_items.messages(reading(), who(), deal_id),
        people=deal_items.contacts(reading(), deal_id),
        documents=documents.of_deal(reading(), who(), deal_id),
        offers=deal_items.offers(reading(), deal_id),
        today=now().date(),
    )


@pages.get("/deals/<int:deal_id>/edit")
def edit(deal_id: int) -> str:
    """The form for a deal."""
    row = known(deal_id)
    chosen = [one.id for one in deal_items.contacts(reading(), deal_id)]
    client = known_client(row.client_id)
    return _form(row, client, contacts.contacts(reading(), row.client_id), {"chosen": chosen})


@pages.post("/deals/<int:deal_id>/edit")
def change(deal_id: int) -> Response:
    """Save a deal and the people that it concerns."""
    row = known(deal_id)
    changes = _fields()
    if row.stage_kind == "lost":
        changes["lost_reason"] = request.form.get("lost_reason", "")
    flow.edit_deal(tools().office, by(), deal_id, changes)
    had, wanted = {one.id for one in deal_items.contacts(reading(), deal_id)}, _contacts_chosen(row.client_id)
    flow.attach(tools().office, by(), deal_id, "contact", wanted - had)
    for number in had - wanted:
        flow.detach(tools().office, by(), deal_id, "contact", number)
    notices.say(gettext("Saved."))
    return redirect(url_for("deals.deal", deal_id=deal_id))


@pages.post("/deals/move")
def move() -> Response:
    """Put a deal into another stage; the next page offers to undo it. Of lost ones the reason is asked for."""
    form = request.form
    row = known(_form_number("deal") or 0)
    stage_id = _form_number(f"to-{row.id}") or 0
    reason = form.get("lost_reason", "").strip()[:1000]
    made = flow.move(tools().office, by(), row.id, stage_id, reason)
    target = notices.back(url_for("deals.deal", deal_id=row.id))
    if made is None:
        return redirect(target)
    stage = next(one for one in deal_board.stages(reading()) if one.id == stage_id)
    said = gettext("“%(deal)s” is now in %(stage)s.", deal=row.title, stage=stage.name)
    notices.say_restorable(said, url_for("deals.take_back", move_id=made))
    if stage.kind == "lost" and not reason:
        target = url_for("deals.edit", deal_id=row.id) + "#f-lost_reason"
    return redirect(target)


@pages.post("/deals/moves/<int:move_id>/undo")
def take_back(move_id: int) -> Response:
    """Take the last move of a deal back."""
    found = deals.move(reading(), move_id)
    if found is None:
        raise NotFound("There is no such move of a deal.")
    known(found.deal_id)
    flow.take_back(tools().office, by(), move_id)
    notices.say(gettext("It is as it was before."))
    return redirect(notices.back(url_for("deals.deal", deal_id=found.deal_id)))


@pages.post("/deals/<int:deal_id>/archive")
def archive(deal_id: int) -> Response:
    """Take a deal out of lists and reports; the next page offers to undo it."""
    known(deal_id)
    flow.archive(tools().office, by(), deal_id)
    notices.say_restorable(gettext("The deal is archived."), url_for("deals.restore", deal_id=deal_id))
    return redirect(url_for("deals.board"))


@pages.post("/deals/<int:deal_id>/restore")
def restore(deal_id: int) -> Response:
    """Take a deal back from the archive."""
    known(deal_id)
    flow.restore(tools().office, by(), deal_id)
    notices.say(gettext("The deal is back."))
    return redirect(url_for("deals.deal", deal_id=deal_id))


def known(deal_id: int) -> DealRow:
    """The deal, where the user may see its client; raises NotFound otherwise."""
    row = deals.deal(reading(), who(), deal_id)
    if row is None:
        raise NotFound("There is no such deal.")
    return row


def _listed(base: DealFilter) -> dict[str, object]:
    order, state = request.args.get("order", "moved"), request.args.get("state", "")
    wanted = DealFilter(
        words=_words(),
        owner_id=_owner_wanted(),
        client_id=base.client_id,
        stage_id=_number("stage") or None,
        state=state if state in deals.STATES else "",
        archived="archived" in request.args,
        order=order if order in deals.ORDERS else "moved",
    )
    rows = deals.deals(reading(), who(), wanted, _after(wanted.order), SIZE + 1)
    more = deals.cursor(rows[SIZE - 1], wanted.order) if len(rows) > SIZE else None
    return {
        "rows": rows[:SIZE],
        "more": _written(more) if more else None,
        "first": "after" not in request.args,
        "total": deals.count(reading(), who(), wanted),
        "wanted": wanted,
        "stages": deal_board.stages(reading()),
        "today": now().date(),
    }


def _after(order: str) -> Cursor | None:
    value, _, number = request.args.get("after", "").rpartition("~")
    if whole(number) is None:
        return None
    try:
        read = {"moved": datetime.fromisoformat, "expected": date.fromisoformat, "value": Decimal}.get(order, str)
        return (read(value) if value else None), int(number)  # type: ignore[operator]
    except (ValueError, InvalidOperation):
        return None


def _written(cursor: Cursor) -> str:
    value, number = cursor
    return f"{value.isoformat() if isinstance(value, date) else '' if value is None else value}~{number}"


def _form(row: DealRow | None, client: object, people_there: Iterable[object], more: Mapping[str, object]) -> str:
    stages: list[StageRow] = deal_board.stages(reading())
    return render_template(
        "deals/edit.html",
        row=row,
        client=client,
        people=people_there,
        stages=stages,
        owners=people.users(reading(), active_only=True),
        currencies=CURRENCIES,
        currency=row.currency if row else deals.usual_currency(reading()) or _own_currency(),
        **{"message": "", "chosen": [], **more},
    )


def _own_currency() -> str:
    """Of the first deal ever: a guess by the language."""
    return "RUB" if me().language == "ru" else "EUR"


def _fields() -> dict[str, object]:
    form = request.form
    expected, probability = form.get("expected_on", ""), form.get("probability", "").strip()
    try:
        day = date.fromisoformat(expected) if expected else None
        share = int(probability) if probability else None
    except ValueError:
        raise Refused("A date is written like 2026-01-31, and a probability like 40.") from None
    return {
        "title": form.get("title", "")[:300],
        "note": form.get("note", ""),
        "value": amount(form.get("value", "")),
        "currency": form.get("currency", "").strip().upper() or "EUR",
        "expected_on": day,
        "probability": share,
        "owner_id": _form_number("owner_id"),
    }


def _client_chosen() -> int:
    """By its number, or by the name that was typed; raises NotFound."""
    number, name = _form_number("client_id"), request.form.get("client", "").strip()
    found = clients.client_by_name(reading(), who(), name) if number is None else None
    if number is None and found is None:
        raise NotFound(f'There is no client called "{name}".')
    return known_client(number if number is not None else found.id if found else 0).id


def _contacts_chosen(client_id: int) -> set[int]:
    """Those that were ticked; people of other clients are none."""
    return set(wholes(request.form.getlist("contact"))) & {one.id for one in contacts.contacts(reading(), client_id)}


def _by_stage(rows: Iterable[Total]) -> dict[int, list[Total]]:
    found: dict[int, list[Total]] = {}
    for row in rows:
        found.setdefault(row.stage_id, []).append(row)
    return found


def _words() -> str:
    return request.args.get("q", "")[:200]


def _owner_wanted() -> int | None:
    return me().id if "mine" in request.args else _number("owner") or None


def _number(name: str) -> int:
    return whole(request.args.get(name, "")) or 0


def _form_number(name: str) -> int | None:
    return whole(request.form.get(name, ""))
