"""Deals: the list, one of them, adding and changing it, moving it from stage to stage; the stages."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import StringConstraints

from mailcrm.errors import NotFound
from mailcrm.flow import deals as flow
from mailcrm.flow.deals import MOST, NewDeal
from mailcrm.store import deal_board, deals
from mailcrm.store.deals import Cursor, DealFilter, DealRow
from web.access import by, me, reading, reread, tools, who
from web.api.operations import Operation, Problem, operation
from web.api.tasks import Title
from web.api.values import Given, Id, Long, PageAsked, Percent, Short, Told, cursor, opened

Amount = Annotated[str, StringConstraints(pattern=r"^\d{1,13}(\.\d{1,4})?$")]
"""A decimal number as text, so that nothing is rounded on the way."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class StageTold(Told):
    """A stage of deals."""

    id: int
    name: str
    kind: str
    """open, won or lost."""
    probability: int


class StageList(Told):
    """The stages from left to right."""

    items: list[StageTold]


class DealTold(Told):
    """A sale in progress, or one that was won or lost."""

    id: int
    title: str
    note: str
    client_id: int
    client_name: str
    stage_id: int
    stage_name: str
    stage_kind: str
    value: str | None
    """A decimal number."""
    currency: str
    expected_on: date | None
    probability: int
    owner_id: int | None
    owner_name: str | None
    lost_reason: str
    created_at: datetime
    moved_at: datetime
    archived_at: datetime | None


class DealPage(Told):
    """One page of deals."""

    items: list[DealTold]
    next: str | None


class DealsAsked(PageAsked):
    """Which deals, in which order."""

    q: Short = ""
    state: Literal["", "open", "won", "lost"] = ""
    stage_id: Id | None = None
    owner_id: Id | None = None
    client_id: Id | None = None
    order: Literal["moved", "expected", "value", "title", "client"] = "moved"


class DealGiven(Given):
    """A deal to be added; without `stage_id` in the first open stage, without `owner_id` one's own."""

    client_id: Id
    title: Title
    note: Long = ""
    stage_id: Id | None = None
    value: Amount | None = None
    currency: Currency = "EUR"
    expected_on: date | None = None
    probability: Percent | None = None
    owner_id: Id | None = None


class DealChanged(Given):
    """Fields of a deal to be changed; what is left out stays."""

    title: Title = ""
    note: Long = ""
    value: Amount | None = None
    currency: Currency = "EUR"
    expected_on: date | None = None
    probability: Percent | None = None
    owner_id: Id | None = None


class MoveGiven(Given):
    """The stage that a deal is to be in; the reason is kept for stages of lost ones."""

    stage_id: Id
    lost_reason: Short = ""


@operation(Operation("GET", "/deals/stages", "deals:read", "List the stages of deals", StageList))
def list_stages() -> StageList:
    """The stages that are in use."""
    return StageList(items=[StageTold.model_validate(row) for row in deal_board.stages(reading())])


@operation(Operation("GET", "/deals", "deals:read", "List deals", DealPage, query=DealsAsked))
def list_deals(query: DealsAsked) -> DealPage:
    """One page of the deals of clients that the user may see."""
    names = ("owner_id", "client_id", "stage_id", "state", "order")
    wanted = DealFilter(words=query.q, **{name: getattr(query, name) for name in names})
    rows = deals.deals(reading(), who(), wanted, _after(query), query.limit + 1)
    shown = rows[: query.limit]
    more = _cursor(shown[-1], query.order) if len(rows) > query.limit else None
    return DealPage(items=[_told(row) for row in shown], next=more)


@operation(Operation("POST", "/deals", "deals:write", "Add a deal", DealTold, body=DealGiven, status=201))
def add_deal(body: DealGiven) -> DealTold:
    """The new deal."""
    given = body.model_dump()
    given |= {"value": _decimal(body.value), "owner_id": body.owner_id or me().id}
    deal_id = flow.add_deal(tools().office, by(), NewDeal(**given))
    reread()
    return _told(_known(deal_id))


@operation(Operation("GET", "/deals/{deal_id}", "deals:read", "Read a deal", DealTold))
def read_deal(deal_id: int) -> DealTold:
    """One deal."""
    return _told(_known(deal_id))


@operation(Operation("PATCH", "/deals/{deal_id}", "deals:write", "Change a deal", DealTold, body=DealChanged))
def change_deal(deal_id: int, body: DealChanged) -> DealTold:
    """The deal as it is now."""
    _known(deal_id)
    changes = body.model_dump(exclude_unset=True)
    if "value" in changes:
        changes["value"] = _decimal(body.value)
    flow.edit_deal(tools().office, by(), deal_id, changes)
    reread()
    return _told(_known(deal_id))


@operation(
    Operation("POST", "/deals/{deal_id}/move", "deals:write", "Move a deal to a stage", DealTold, body=MoveGiven)
)
def move_deal(deal_id: int, body: MoveGiven) -> DealTold:
    """The deal in its stage."""
    _known(deal_id)
    flow.move(tools().office, by(), deal_id, body.stage_id, body.lost_reason)
    reread()
    return _told(_known(deal_id))


@operation(Operation("POST", "/deals/{deal_id}/archive", "deals:write", "Archive a deal", DealTold))
def archive_deal(deal_id: int) -> DealTold:
    """The deal, out of lists and reports."""
    _known(deal_id)
    flow.archive(tools().office, by(), deal_id)
    reread()
    return _told(_known(deal_id))


@operation(Operation("POST", "/deals/{deal_id}/restore", "deals:write", "Restore a deal", DealTold))
def restore_deal(deal_id: int) -> DealTold:
    """The deal, back from the archive."""
    _known(deal_id)
    flow.restore(tools().office, by(), deal_id)
    reread()
    return _told(_known(deal_id))


def _known(deal_id: int) -> DealRow:
    row = deals.deal(reading(), who(), deal_id)
    if row is None:
        raise NotFound("There is no such deal.")
    return row


def _told(row: DealRow) -> DealTold:
    names = [name for name in DealTold.model_fields if name != "value"]
    value = None if row.value is None else f"{row.value.normalize():f}"
    return DealTold(value=value, **{name: getattr(row, name) for name in names})


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _cursor(row: DealRow, order: str) -> str:
    value, number = deals.cursor(row, order)
    return cursor(order, str(value) if isinstance(value, Decimal) else _plain(value), number)


def _plain(value: object) -> str | None:
    return None if value is None else value.isoformat() if isinstance(value, date) else str(value)


def _after(query: DealsAsked) -> Cursor | None:
    if not query.after:
        return None
    order, value, number = opened(query.after, 3)
    if order != query.order or not isinstance(value, str | None):
        raise Problem(404, "This cursor is not one that this list gave.")
    return (None if value is None else _value(order, value)), number


def _value(order: str, text: str) -> str | date | datetime | Decimal:
    wrong = Problem(404, "This cursor is not one that this list gave.")
    try:
        if order == "moved":
            at = datetime.fromisoformat(text)
            if at.tzinfo is None:
                raise wrong
            return at
        if order == "expected":
            return date.fromisoformat(text)
        if order == "value" and not abs(Decimal(text)) < MOST:
            raise wrong
        return Decimal(text) if order == "value" else text
    except (ValueError, ArithmeticError):
        raise wrong from None
