"""Offers and templates in the database: numbers, lines, terms by grid and by sheet, files, who may change what."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients, making, offer_terms, offers, people, templates
from mailcrm.flow.clients import NewClient
from mailcrm.flow.making import Circumstances
from mailcrm.flow.offers import NewFile, OfferValues
from mailcrm.flow.people import NewUser
from mailcrm.flow.templates import TemplateValues
from mailcrm.mailing.grid import cells
from mailcrm.mailing.pricing import Item
from mailcrm.mailing.terms import TermSpec, plain
from mailcrm.net.blobs import Blobs
from mailcrm.store import kept, merging, terms
from mailcrm.store import offers as store
from mailcrm.store import templates as stored_templates
from mailcrm.store.database import Database
from mailcrm.store.terms import GridFilter
from mailcrm.store.visibility import EVERYTHING
from tests.mailroom import Mailroom

LINES = (Item(0, "Valve", "pc", Decimal(2), Decimal("84.5"), Decimal(50)), Item(0, "Work", "", Decimal(1), Decimal(10)))


@pytest.fixture
def room(db: Database, tmp_path: Path, now: object) -> Mailroom:
    """Anna's company."""
    return Mailroom(db, now, tmp_path / "blobs")  # type: ignore[arg-type]


def offer_of(room: Mailroom, **fields: object) -> int:
    """A new offer with two lines."""
    values = OfferValues(**{"title": "Spring", **fields})  # type: ignore[arg-type]
    found = offers.add_offer(room.office, room.by, values)
    offers.set_items(room.office, room.by, found, LINES)
    return found


def test_numbers_follow_each_other_and_are_never_used_twice(room: Mailroom) -> None:
    one, two = offer_of(room), offer_of(room, number="2026-0041")
    three = offer_of(room, number=" ")
    with room.db.reading() as connection:
        numbers = [store.offer(connection, one), store.offer(connection, two), store.offer(connection, three)]
    assert [row.number for row in numbers if row] == ["2026-0001", "2026-0041", "2026-0042"]
    with pytest.raises(Refused, match="already"):
        offer_of(room, number="2026-0041")
    with pytest.raises(Refused, match="title"):
        offer_of(room, title=" ")


def test_the_first_offer_of_all_has_a_message_and_a_document(room: Mailroom) -> None:
    first, second = offer_of(room), offer_of(room)
    with room.db.reading() as connection:
        chosen = {one.id: (one.name, one.language) for one in stored_templates.templates(connection)}
        one, other = store.offer(connection, first), store.offer(connection, second)
    assert one is not None
    assert other is not None
    assert chosen[one.template_id or 0] == ("Offer", "en")
    assert chosen[one.document_template_id or 0] == ("Modern", "")
    assert (other.template_id, other.document_template_id) == (None, None), "its form had some to choose from"


def test_an_offer_keeps_what_is_set_and_its_copy_has_all_of_it(room: Mailroom) -> None:
    client = clients.add_client(room.office, room.by, NewClient("Nordwind"))
    offer = offer_of(room, valid_until=date(2026, 12, 31), margin_floor=Decimal("12.5"), note="by Easter")
    offer_terms.set_values(room.office, room.by, offer, "default", {0: {"payment": "30 days", "discount": "5 %"}})
    offer_terms.set_values(room.office, room.by, offer, "client", {client: {"discount": "7,5"}})
    offers.add_file(
        room.office, room.by, Blobs(room.folder), offer, NewFile("../Prices.pdf", "application/pdf", b"%PDF")
    )
    copy = offers.copy_offer(room.office, room.by, offer)
    with room.db.reading() as connection:
        row = store.offer(connection, copy)
        assert row is not None
        assert (row.title, row.state, row.margin_floor) == ("Spring", "draft", Decimal("12.5"))
        assert [one.name for one in store.items(connection, copy)] == ["Valve", "Work"]
        assert store.items(connection, copy)[0].price == Decimal("84.5")
        layers = terms.layers(connection, copy, [client])
        assert layers == {
            "default": {0: {"payment": "30", "discount": "5"}},
            "client": {client: {"discount": "7.5"}},
            "group": {},
        }
        assert [one.filename for one in store.files(connection, copy)] == ["..Prices.pdf"]
        assert [of for of, _ in store.library(connection)] == [copy]


def test_an_empty_value_takes_back_and_a_wrong_one_changes_nothing(room: Mailroom) -> None:
    client = clients.add_client(room.office, room.by, NewClient("Nordwind"))
    offer = offer_of(room)
    offer_terms.set_values(room.office, room.by, offer, "client", {client: {"discount": "7", "payment": "45"}})
    with pytest.raises(Refused, match='"many" is no value for Discount'):
        offer_terms.set_values(room.office, room.by, offer, "client", {client: {"payment": "60", "discount": "many"}})
    assert offer_terms.set_values(room.office, room.by, offer, "client", {client: {"payment": ""}}) == 1
    with room.db.reading() as connection:
        assert terms.of_scope(connection, offer, "client", [client]) == {client: {"discount": "7"}}
    offer_terms.set_values(room.office, room.by, offer, "client", {client: {"discount": ""}})
    with room.db.reading() as connection:
        assert terms.count_clients(connection, EVERYTHING, offer) == 0


def test_a_sheet_finds_clients_by_name_number_and_address(room: Mailroom) -> None:
    add = clients.add_client
    one = add(room.office, room.by, NewClient("Nordwind Pumpen GmbH"))
    two = add(room.office, room.by, NewClient("ООО «Север»", tax_id="7801234567"))
    three = add(room.office, room.by, NewClient("Harbour", addresses=("info@harbour.example",)))
    add(room.office, room.by, NewClient("Twin"))
    add(room.office, room.by, NewClient("Twin"))
    offer = offer_of(room)
    text = (
        "client;discount;payment\nNORDWIND  pumpen GmbH;10;\n7801234567;5;60 дней\ninfo@harbour.example;x;14\n"
        "Twin;1;1\n?;1;1"
    )
    with room.db.reading() as connection:
        seen = offer_terms.matched(connection, EVERYTHING, offer, cells(text))
    assert [number for _, number in seen.found] == [one, two, three]
    assert [row.number for row in seen.unknown] == [5, 6]
    assert offer_terms.import_values(room.office, room.by, offer, cells(text)) == 3
    with room.db.reading() as connection:
        found = terms.of_scope(connection, offer, "client", [one, two, three])
        rows = terms.grid(connection, EVERYTHING, offer, GridFilter("", only_set=True))
    assert found == {one: {"discount": "10"}, two: {"discount": "5", "payment": "60"}, three: {"payment": "14"}}
    assert [row.name for row in rows] == ["Harbour", "Nordwind Pumpen GmbH", "ООО «Север»"]


def test_the_grid_goes_through_all_clients_once(room: Mailroom) -> None:
    for number in range(7):
        clients.add_client(room.office, room.by, NewClient(f"Client {number % 5}"))
    offer, seen, after = offer_of(room), list[int](), None
    with room.db.reading() as connection:
        while rows := terms.grid(connection, EVERYTHING, offer, GridFilter("client", False, after), 3):
            seen += [row.client_id for row in rows]
            after = (rows[-1].name.casefold(), rows[-1].client_id)
    assert len(seen) == len(set(seen)) == 7


def test_only_the_owner_managers_and_admins_change_an_offer(room: Mailroom) -> None:
    offer = offer_of(room)
    boris = people.add_user(room.db, NewUser("boris@example.com", "Boris"), room.now)
    maria = people.add_user(room.db, NewUser("maria@example.com", "Maria", role="manager"), room.now)
    with pytest.raises(Refused, match="Only its owner"):
        offers.set_items(room.office, replace(room.by, actor_id=boris), offer, LINES)
    with pytest.raises(Refused, match="Only its owner"):
        offer_terms.set_values(room.office, replace(room.by, actor_id=boris), offer, "default", {0: {}})
    offers.set_items(room.office, replace(room.by, actor_id=maria), offer, LINES)
    with pytest.raises(Refused, match="letterhead"):
        templates.save_letterhead(
            room.office, replace(room.by, actor_id=boris), {"name": "X", "accent": "#000000", "language": "en"}
        )
    with pytest.raises(NotFound):
        offers.set_items(room.office, room.by, 99, LINES)


def test_kinds_of_terms_have_names_that_templates_can_use(room: Mailroom) -> None:
    offer = offer_of(room)
    for wrong in ("Discount", "1st", "a b", "x" * 41, ""):
        with pytest.raises(Refused):
            offers.set_specs(room.office, room.by, offer, [TermSpec(wrong, "Label", "text")])
    with pytest.raises(Refused):
        offers.set_specs(room.office, room.by, offer, [TermSpec("a", "A", "text"), TermSpec("a", "B", "text")])
    offers.set_specs(room.office, room.by, offer, [TermSpec("bonus", "Bonus", "money")])
    with room.db.reading() as connection:
        assert store.specs(connection, offer) == (TermSpec("bonus", "Bonus", "money"),)


def test_a_client_gets_his_terms_in_his_language(room: Mailroom) -> None:
    north = clients.add_client(room.office, room.by, NewClient("ООО «Север»", addresses=("info@sever.example",)))
    south = clients.add_client(room.office, room.by, NewClient("South Ltd", owner_id=room.user_id))
    offer = offer_of(room)
    with room.db.reading() as connection:
        words = [one for one in stored_templates.templates(connection, ("message",)) if one.language == "en"]
        row = store.offer(connection, offer)
    assert row is not None
    offers.edit_offer(room.office, room.by, offer, OfferValues("Spring", row.number, template_id=words[0].id))
    offer_terms.set_values(room.office, room.by, offer, "default", {0: {"payment": "30"}})
    offer_terms.set_values(room.office, room.by, offer, "client", {north: {"payment": "60"}})
    with room.db.reading() as connection:
        kit = making.kit(connection, offer, [north, south])
        facts = merging.facts(connection, EVERYTHING, [north, south])
    made = {}
    for number, one in facts.items():
        now = Circumstances(date(2026, 3, 2), own=kit.clients.get(number, {}))
        offer_for = making.merged(kit, one, one.targets[0] if one.targets else None, now)
        made[number] = making.words(making.compiled(kit), offer_for)
        assert plain(making.values(kit, now))["payment"] == ("60" if number == north else "30")
    assert "60 дней" in made[north].text
    assert "коммерческое предложение 2026-0001-" in made[north].subject
    assert "30 days" in made[south].text
    assert "60" not in made[south].text


def test_a_template_that_cannot_be_used_is_not_saved(room: Mailroom) -> None:
    good = TemplateValues("Letter", subject="{{ offer.title }}", text="Hello {{ contact.name }}")
    number = templates.add_template(room.office, room.by, good)
    with pytest.raises(Refused, match="line 2 of the text"):
        templates.edit_template(room.office, room.by, number, replace(good, text="Hello\n{% if %}"))
    with pytest.raises(Refused, match="HTML"):
        templates.add_template(room.office, room.by, replace(good, html="{{ ''.__class__.mro() }}"))
    with pytest.raises(Refused, match="docx"):
        templates.add_word_template(room.office, room.by, Blobs(room.folder), replace(good, kind="docx"), b"text")
    templates.archive(room.office, room.by, number)
    with room.db.reading() as connection:
        assert [one.name for one in stored_templates.templates(connection)] == []


def test_files_of_offers_are_not_swept_away(room: Mailroom) -> None:
    blobs, offer = Blobs(room.folder), offer_of(room)
    offers.add_file(room.office, room.by, blobs, offer, NewFile("Prices.pdf", "application/pdf", b"%PDF-1.4 prices"))
    values = TemplateValues("Word", kind="docx")
    templates.add_word_template(room.office, room.by, blobs, values, b"PK\x03\x04 a Word file")
    with room.db.reading() as connection:
        assert kept.referred(connection, list(blobs.iterate())) == set(blobs.iterate())
