"""Deals: stages of the company's own, moves with their history, taking them back, totals, order and pages."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients, deal_stages, deals
from mailcrm.flow.clients import NewClient
from mailcrm.flow.deal_stages import NewStage
from mailcrm.flow.deals import NewDeal
from mailcrm.flow.edit import By, Office
from mailcrm.store import deal_board, deal_items
from mailcrm.store import deals as stored
from mailcrm.store.database import Database
from mailcrm.store.deals import ORDERS, DealFilter, DealRow
from mailcrm.store.visibility import EVERYTHING
from tests.mailroom import Mailroom

STAGES = (
    NewStage("Talk", "open", 10),
    NewStage("Offer", "open", 50),
    NewStage("Won", "won", 5),
    NewStage("Lost", "lost", 5),
)


@pytest.fixture
def office(db: Database, now: datetime, tmp_path: Path) -> Office:
    found = Mailroom(db, now, tmp_path / "blobs").office
    deal_stages.add_stages(found, By(None, now), STAGES)
    return found


@pytest.fixture
def client(office: Office, now: datetime) -> int:
    return clients.add_client(office, By(None, now), NewClient("Romashka"))


def stages(office: Office) -> dict[str, int]:
    with office.database.reading() as connection:
        return {one.name: one.id for one in deal_board.stages(connection)}


def row(office: Office, deal_id: int) -> DealRow:
    with office.database.reading() as connection:
        found = stored.deal(connection, EVERYTHING, deal_id)
    assert found
    return found


def history(office: Office, deal_id: int) -> list[tuple[str | None, str]]:
    with office.database.reading() as connection:
        return [(one.from_name, one.to_name) for one in stored.moves(connection, deal_id)]


def test_a_deal_begins_in_the_first_open_stage_and_keeps_its_way(office: Office, client: int, now: datetime) -> None:
    by, at = By(None, now), stages(office)
    deal_id = deals.add_deal(office, by, NewDeal(client, " Forty  pumps ", value=Decimal("84000.50")))
    assert (row(office, deal_id).stage_name, row(office, deal_id).value) == ("Talk", Decimal("84000.5"))
    later = By(None, now + timedelta(hours=1))
    first = deals.move(office, later, deal_id, at["Offer"])
    assert deals.move(office, later, deal_id, at["Offer"]) is None, "it stands there already"
    second = deals.move(office, later, deal_id, at["Lost"], "too dear")
    assert row(office, deal_id).lost_reason == "too dear"
    assert history(office, deal_id) == [("Offer", "Lost"), ("Talk", "Offer"), (None, "Talk")]
    third = deals.move(office, later, deal_id, at["Won"], "no reason to keep")
    assert row(office, deal_id).lost_reason == ""
    assert first is not None
    assert second is not None
    assert third is not None
    with pytest.raises(Refused, match="moved again since"):
        deals.take_back(office, later, second)
    deals.take_back(office, later, third)
    assert (row(office, deal_id).stage_name, row(office, deal_id).lost_reason) == ("Lost", "too dear")
    deals.take_back(office, later, second)
    deals.take_back(office, later, first)
    assert history(office, deal_id) == [(None, "Talk")]
    assert row(office, deal_id).moved_at == now
    with pytest.raises(NotFound):
        deals.take_back(office, later, first)


def test_the_beginning_of_a_deal_cannot_be_taken_back(office: Office, client: int, now: datetime) -> None:
    deal_id = deals.add_deal(office, By(None, now), NewDeal(client, "Pumps"))
    with office.database.reading() as connection:
        (begun,) = stored.moves(connection, deal_id)
    with pytest.raises(Refused):
        deals.take_back(office, By(None, now), begun.id)


def test_what_is_wrong_is_refused(office: Office, client: int, now: datetime) -> None:
    by = By(None, now)
    for wrong in (
        {"title": "  "},
        {"value": Decimal(-1)},
        {"value": Decimal("1e15")},
        {"value": Decimal("NaN")},
        {"currency": "euro"},
        {"probability": 101},
        {"owner_id": 999},
    ):
        with pytest.raises(Refused):
            deals.add_deal(office, by, NewDeal(**{"client_id": client, "title": "Pumps", **wrong}))  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        deals.add_deal(office, by, NewDeal(client + 99, "Pumps"))
    with pytest.raises(NotFound):
        deals.add_deal(office, by, NewDeal(client, "Pumps", stage_id=999))
    deal_id = deals.add_deal(office, by, NewDeal(client, "Pumps"))
    with pytest.raises(Refused, match="Cannot change stage_id"):
        deals.edit_deal(office, by, deal_id, {"stage_id": 1})
    deals.edit_deal(office, by, deal_id, {"value": None, "title": "Big pumps", "expected_on": date(2027, 1, 31)})
    assert (row(office, deal_id).title, row(office, deal_id).expected_on) == ("Big pumps", date(2027, 1, 31))


def test_stages_are_put_in_order_and_out_of_use(office: Office, client: int, now: datetime) -> None:
    by, at = By(None, now), stages(office)
    deal_stages.shift(office, by, at["Offer"], -1)
    deal_stages.shift(office, by, at["Offer"], -1)
    assert list(stages(office)) == ["Offer", "Talk", "Won", "Lost"]
    deal_id = deals.add_deal(office, by, NewDeal(client, "Pumps"))
    assert row(office, deal_id).stage_name == "Offer"
    with pytest.raises(Refused, match="move them first"):
        deal_stages.archive(office, by, at["Offer"])
    deals.archive(office, by, deal_id)
    deal_stages.archive(office, by, at["Offer"])
    assert list(stages(office)) == ["Talk", "Won", "Lost"]
    deal_stages.restore(office, by, at["Offer"])
    deal_stages.edit_stage(office, by, at["Offer"], NewStage("Angebot", "open", 40))
    assert list(stages(office)) == ["Angebot", "Talk", "Won", "Lost"]
    for wrong in (NewStage(" "), NewStage("x", "maybe"), NewStage("x", "open", 101)):
        with pytest.raises(Refused):
            deal_stages.add_stages(office, by, [wrong])


def test_totals_are_exact_and_weighted_by_the_chance(office: Office, client: int, now: datetime) -> None:
    by, at = By(None, now), stages(office)
    for value, currency, probability in (("0.10", "EUR", None), ("0.20", "EUR", 90), ("7.5", "USD", None)):
        new = NewDeal(client, "Pumps", value=Decimal(value), currency=currency, probability=probability)
        deals.add_deal(office, by, new)
    deals.add_deal(office, by, NewDeal(client, "Nobody knows yet"))
    won = deals.add_deal(office, by, NewDeal(client, "Long ago", value=Decimal(100), stage_id=at["Won"]))
    with office.database.reading() as connection:
        found = deal_board.totals(connection, EVERYTHING, DealFilter(), now + timedelta(days=1))
        lately = deal_board.cards(connection, EVERYTHING, DealFilter(), now - timedelta(days=1))
    assert [(t.currency, t.count, t.value, t.weighted) for t in found] == [
        ("USD", 1, Decimal("7.5"), Decimal("0.75")),
        ("EUR", 3, Decimal("0.3"), Decimal("0.19")),
    ]
    assert [one.id for one in lately[at["Won"]]] == [won]
    assert len(lately[at["Talk"]]) == 4


@pytest.mark.parametrize("order", ORDERS)
def test_pages_of_a_list_join_without_gap_or_double(order: str, office: Office, client: int, now: datetime) -> None:
    other = clients.add_client(office, By(None, now), NewClient("Acme"))
    for n in range(23):
        new = NewDeal(
            client if n % 3 else other,
            f"Deal {n % 5}",
            value=Decimal(n % 4) if n % 6 else None,
            expected_on=date(2027, 1, 1 + n % 7) if n % 4 else None,
        )
        deals.add_deal(office, By(None, now + timedelta(minutes=n % 5)), new)
    found: list[DealRow] = []
    wanted = DealFilter(order=order)
    with office.database.reading() as connection:
        while True:
            after = stored.cursor(found[-1], order) if found else None
            page = stored.deals(connection, EVERYTHING, wanted, after, 4)
            found += page
            if len(page) < 4:
                break
        assert stored.count(connection, EVERYTHING, wanted) == 23
    assert len({one.id for one in found}) == len(found) == 23
    keys = [stored.cursor(one, order)[0] for one in found]
    known = [key for key in keys if key is not None]
    assert keys[len(known) :] == [None] * (23 - len(known)), "those without it come last"
    downwards = order in ("moved", "value")
    assert all((a >= b) if downwards else (a <= b) for a, b in pairwise(known))  # type: ignore[operator]


def test_lists_are_filtered(office: Office, client: int, now: datetime) -> None:
    by, at = By(None, now), stages(office)
    pumps = deals.add_deal(office, by, NewDeal(client, "Насосы 100%_", stage_id=at["Offer"]))
    won = deals.add_deal(office, by, NewDeal(client, "Valves", stage_id=at["Won"]))

    def ids(**wanted: object) -> list[int]:
        with office.database.reading() as connection:
            return [one.id for one in stored.deals(connection, EVERYTHING, DealFilter(**wanted))]  # type: ignore[arg-type]

    assert ids(words="насосы") == ids(words="0%_") == ids(stage_id=at["Offer"]) == ids(state="open") == [pumps]
    assert ids(words="romashka VALV") == ids(state="won") == [won]
    assert ids(words="%%%") == ids(state="lost") == ids(client_id=client + 1) == ids(archived=True) == []
    deals.archive(office, by, won)
    assert (ids(), ids(archived=True)) == ([pumps], [won])
    deals.restore(office, by, won)
    assert ids() == [won, pumps]


def test_things_belong_to_a_deal_once(office: Office, client: int, now: datetime) -> None:
    by = By(None, now)
    deal_id = deals.add_deal(office, by, NewDeal(client, "Pumps"))
    deals.attach(office, by, deal_id, "offer", [7, 7])
    with office.database.reading() as connection:
        named = deal_items.deals_of(connection, EVERYTHING, "offer", [7])
    assert [one.title for one in named] == ["Pumps"]
    deals.detach(office, by, deal_id, "offer", 7)
    with pytest.raises(NotFound):
        deals.detach(office, by, deal_id, "offer", 7)
    with pytest.raises(NotFound):
        deals.attach(office, by, deal_id, "mailbox", [1])
