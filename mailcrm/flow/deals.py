"""Deals: add, edit, move from stage to stage, take a move back; what belongs to them."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients as flow_clients
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.store import deal_board, deal_items, deals, entries, people
from mailcrm.store.deal_board import StageRow
from mailcrm.store.deals import DealRow
from mailcrm.store.entries import NewEntry

_TEXTS = ("title", "note", "lost_reason")
_FIELDS = frozenset({*_TEXTS, "value", "currency", "expected_on", "probability", "owner_id"})
_CURRENCY = re.compile(r"[A-Z]{3}")
MOST = Decimal(10) ** 14
"""Values of deals are smaller."""


@dataclass(frozen=True, slots=True)
class NewDeal:
    """What is asked of a new deal; it begins in `stage_id`, or in the first open stage."""

    client_id: int
    title: str
    stage_id: int | None = None
    value: Decimal | None = None
    currency: str = "EUR"
    expected_on: date | None = None
    probability: int | None = None
    owner_id: int | None = None
    note: str = ""
    items: tuple[tuple[str, int], ...] = ()
    """(kind, id) of what belongs to it from the beginning."""


def add_deal(office: Office, by: By, new: NewDeal) -> int:
    """Add a deal; returns the id. Raises Refused where something is wrong, or NotFound."""
    names = ("client_id", "title", "value", "currency", "expected_on", "probability", "owner_id", "note")
    values = _cleaned({name: getattr(new, name) for name in names})
    with editing(office, by) as edit:
        flow_clients.known(edit, new.client_id)
        _check(edit.connection, values)
        stage = _stage(edit.connection, new.stage_id) if new.stage_id is not None else _first(edit.connection)
        times = {"created_by": by.actor_id, "created_at": by.at, "updated_at": by.at, "moved_at": by.at}
        deal_id = deals.add_deal(edit.connection, {**values, **times, "stage_id": stage.id})
        _note_move(edit, deal_id, stage.id)
        entries.add(edit.connection, NewEntry(new.client_id, by.at, "deal", deal_id, by.actor_id))
        deal_items.add(edit.connection, deal_id, new.items, by.actor_id, by.at)
        edit.note("added", "deal", deal_id, new.client_id, new.title.strip())
        return deal_id


def edit_deal(office: Office, by: By, deal_id: int, changes: Mapping[str, object]) -> None:
    """Change title, value, currency, expected_on, probability, owner_id, note or lost_reason.

    Raises Refused, or NotFound.
    """
    unknown = set(changes) - _FIELDS
    if unknown:
        raise Refused(f"Cannot change {', '.join(sorted(unknown))} of a deal.")
    values = _cleaned(changes)
    with editing(office, by) as edit:
        before = known(edit, deal_id)
        _check(edit.connection, values)
        deals.change_deal(edit.connection, deal_id, {**values, "updated_at": by.at})
        edit.note("changed", "deal", deal_id, before.client_id, " ".join(sorted(values)))


def move(office: Office, by: By, deal_id: int, stage_id: int, lost_reason: str = "") -> int | None:
    """Put a deal into another stage; returns the move for `take_back`, or None where it stands there already.

    The reason is kept for stages of lost deals alone. Raises NotFound.
    """
    with editing(office, by) as edit:
        before, stage = known(edit, deal_id), _stage(edit.connection, stage_id)
        if before.stage_id == stage.id:
            return None
        reason = lost_reason.strip() if stage.kind == "lost" else ""
        values = {"stage_id": stage.id, "moved_at": by.at, "updated_at": by.at, "lost_reason": reason}
        deals.change_deal(edit.connection, deal_id, values)
        entries.move(edit.connection, "deal", deal_id, by.at)
        edit.note("changed", "deal", deal_id, before.client_id, f"{before.stage_name} → {stage.name}")
        return _note_move(edit, deal_id, stage.id, before)


def take_back(office: Office, by: By, move_id: int) -> int:
    """Undo the last move of a deal as if it had never been; returns the deal.

    Raises NotFound, or Refused where the deal has been moved again since.
    """
    with editing(office, by) as edit:
        found = deals.move(edit.connection, move_id)
        if found is None:
            raise NotFound("There is no such move of a deal.")
        before = known(edit, found.deal_id)
        last, *earlier = deals.moves(edit.connection, found.deal_id, 2)
        if last.id != move_id or not earlier:
            raise Refused("The deal has been moved again since: move it by hand.")
        deals.remove_move(edit.connection, move_id)
        values = {"stage_id": earlier[0].to_stage_id, "moved_at": earlier[0].at, "updated_at": by.at}
        deals.change_deal(edit.connection, found.deal_id, {**values, "lost_reason": last.reason_before})
        entries.move(edit.connection, "deal", before.id, earlier[0].at)
        edit.note("changed", "deal", before.id, before.client_id, f"{last.to_name} → {earlier[0].to_name}")
        return before.id


def archive(office: Office, by: By, deal_id: int) -> None:
    """Take a deal off the board and out of lists and reports; raises NotFound."""
    with editing(office, by) as edit:
        before = known(edit, deal_id)
        deals.change_deal(edit.connection, deal_id, {"archived_at": by.at, "updated_at": by.at})
        edit.note("archived", "deal", deal_id, before.client_id, before.title)


def restore(office: Office, by: By, deal_id: int) -> None:
    """Take a deal back from the archive; raises NotFound."""
    with editing(office, by) as edit:
        before = known(edit, deal_id)
        deals.change_deal(edit.connection, deal_id, {"archived_at": None, "updated_at": by.at})
        edit.note("restored", "deal", deal_id, before.client_id, before.title)


def attach(office: Office, by: By, deal_id: int, kind: str, record_ids: Collection[int]) -> None:
    """Say that contacts, messages, documents or offers belong to a deal; raises NotFound."""
    if kind not in deal_items.KINDS:
        raise NotFound("There is no such page.")
    with editing(office, by) as edit:
        known(edit, deal_id)
        deal_items.add(edit.connection, deal_id, [(kind, one) for one in record_ids], by.actor_id, by.at)


def detach(office: Office, by: By, deal_id: int, kind: str, record_id: int) -> None:
    """Say that something does not belong to a deal; raises NotFound."""
    with editing(office, by) as edit:
        known(edit, deal_id)
        if not deal_items.remove(edit.connection, deal_id, kind, record_id):
            raise NotFound("The deal has nothing like that.")


def known(edit: Edit, deal_id: int) -> DealRow:
    """The deal; raises NotFound where there is none that the user may see."""
    found = deals.deal(edit.connection, edit.by.who, deal_id)
    if found is None:
        raise NotFound("There is no such deal.")
    return found


def _note_move(edit: Edit, deal_id: int, stage_id: int, before: DealRow | None = None) -> int:
    values: dict[str, object] = {"deal_id": deal_id, "to_stage_id": stage_id}
    if before:
        values |= {"from_stage_id": before.stage_id, "reason_before": before.lost_reason}
    return deals.add_move(edit.connection, {**values, "actor_id": edit.by.actor_id, "at": edit.by.at})


def _stage(connection: Connection, stage_id: int) -> StageRow:
    for stage in deal_board.stages(connection):
        if stage.id == stage_id:
            return stage
    raise NotFound("There is no such stage of deals.")


def _first(connection: Connection) -> StageRow:
    for stage in deal_board.stages(connection):
        if stage.kind == "open":
            return stage
    raise Refused("There are no stages of deals yet: an admin sets them up first.")


def _cleaned(values: Mapping[str, object]) -> dict[str, object]:
    return {name: str(value).strip() if name in _TEXTS else value for name, value in values.items()}


def _check(connection: Connection, values: Mapping[str, object]) -> None:
    if "title" in values and not values["title"]:
        raise Refused("A deal needs a title.")
    value, probability = values.get("value"), values.get("probability")
    if value is not None and not (isinstance(value, Decimal) and value.is_finite() and 0 <= value < MOST):
        raise Refused("The value of a deal must be a number, 0 or more.")
    if not _CURRENCY.fullmatch(str(values.get("currency", "EUR"))):
        raise Refused("A currency has three letters, such as EUR.")
    if probability is not None and (not isinstance(probability, int) or not 0 <= probability <= 100):
        raise Refused("A probability is between 0 and 100 per cent.")
    owner = values.get("owner_id")
    if owner is not None and (not isinstance(owner, int) or people.user(connection, owner) is None):
        raise Refused("There is no such user to own the deal.")
