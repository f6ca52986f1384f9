"""Terms: what people type, which value counts, what an offer comes to, sheets that are pasted."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.mailing import grid, phrases, terms
from mailcrm.mailing.pricing import Item, below_floor, priced
from mailcrm.mailing.terms import BadValue, TermSpec

SPECS = (
    TermSpec("discount", "Discount", "percent", False),
    TermSpec("payment", "Payment", "days"),
    TermSpec("delivery", "Delivery", "text", False),
)
ITEMS = (
    Item(1, "Valve", "pc", Decimal(40), Decimal("84.00"), Decimal(55)),
    Item(2, "Flange", "set", Decimal(10), Decimal("18.90"), Decimal(9)),
)


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("number", "1 234,50", "1234.5"),
        ("number", "1,234.50", "1234.5"),
        ("number", "1.234,56", "1234.56"),
        ("number", "12'345", "12345"),
        ("number", "1\u00a0234\u00a0567", "1234567"),
        ("money", "84 EUR", "84"),
        ("money", "€ 84.5", "84.5"),
        ("money", "1 500 ₽", "1500"),
        ("percent", "7,5 %", "7.5"),
        ("percent", "−5", "-5"),
        ("days", "30 дней", "30"),
        ("days", "14 days", "14"),
        ("date", "31.12.2026", "2026-12-31"),
        ("date", "2026-12-31", "2026-12-31"),
        ("text", "  DAP Hamburg ", "DAP Hamburg"),
        ("percent", "  ", ""),
    ],
)
def test_values_are_stored_in_one_form(kind: str, typed: str, stored: str) -> None:
    assert terms.parsed(kind, typed) == stored
    assert terms.parsed(kind, stored) == stored


@pytest.mark.parametrize(
    ("kind", "typed", "reason"),
    [
        ("number", "many", "number"),
        ("number", "NaN", "number"),
        ("number", "1e400", "number"),
        ("percent", "120", "range"),
        ("days", "1.5", "range"),
        ("days", "-3", "range"),
        ("money", "-1", "range"),
        ("date", "31.02.2026", "date"),
        ("text", "DAP\r\nBcc: everyone@example.com", "line"),
        ("text", "x\u2028y", "line"),
        ("text", "x" * 301, "long"),
    ],
)
def test_wrong_values_are_refused_with_a_reason(kind: str, typed: str, reason: str) -> None:
    with pytest.raises(BadValue) as error:
        terms.parsed(kind, typed)
    assert error.value.reason == reason


@given(st.sampled_from(terms.TYPES), st.text(max_size=40))
def test_whatever_is_stored_is_read_again_as_it_is(kind: str, text: str) -> None:
    try:
        stored = terms.parsed(kind, text)
    except BadValue:
        return
    assert terms.parsed(kind, stored) == stored
    assert "\n" not in stored
    assert phrases.term(kind, stored, "EUR", "ru") or not stored


def test_the_more_special_scope_wins_and_an_empty_value_sets_nothing() -> None:
    layers = {
        "default": {"discount": "5", "payment": "30", "delivery": "EXW"},
        "group": {"discount": "7", "payment": "45"},
        "variant": {"discount": "9"},
        "client": {"discount": "", "payment": "60"},
    }
    found = terms.effective(layers)
    assert terms.plain(found) == {"discount": "9", "payment": "60", "delivery": "EXW"}
    assert {key: one.scope for key, one in found.items()} == {
        "discount": "variant",
        "payment": "client",
        "delivery": "default",
    }
    assert [one.key for one in terms.missing(SPECS, {"discount": "5"})] == ["payment"]


def test_of_several_groups_the_one_that_was_chosen_wins_then_the_first_by_name() -> None:
    groups = {1: {"discount": "7", "payment": ""}, 2: {"discount": "9", "payment": "45"}, 3: {"payment": "60"}}
    assert terms.of_groups(groups, (1, 2, 3)) == {"discount": "7", "payment": "45"}
    assert terms.of_groups(groups, (1, 2, 3), 3) == {"payment": "60", "discount": "7"}
    assert terms.of_groups(groups, (), 2) == groups[2], "who left the group meanwhile was still reached through it"
    assert terms.of_groups(groups, (4,), 5) == {}


def test_prices_follow_the_terms_of_the_client() -> None:
    plain = priced(ITEMS, {})
    assert (plain.net, plain.vat, plain.discount) == (Decimal("3549.00"), 0, 0)
    assert plain.margin == Decimal("1259.00")
    found = priced(ITEMS, {"discount": "10", "discount_2": "0", "price_2": "20", "vat": "19", "delivery_cost": "50"})
    assert [line.total for line in found.lines] == [Decimal("3024.00"), Decimal("200.00")]
    assert (found.net, found.vat) == (Decimal("3274.00"), Decimal("622.06"))
    assert found.discount == Decimal("336.00")
    assert priced(ITEMS, {"quantity": "1"}).net == plain.net, "a quantity without number is for the only line"
    assert priced(ITEMS[:1], {"quantity": "1", "price": "80"}).net == 80


def test_the_margin_floor_stops_what_brings_less() -> None:
    assert not below_floor(priced(ITEMS, {}), Decimal(35))
    assert below_floor(priced(ITEMS, {"discount": "10"}), Decimal(35))
    assert below_floor(priced(ITEMS, {"discount": "100"}), Decimal(1))
    unknown = (Item(1, "Work", "", Decimal(1), Decimal(10)),)
    assert not below_floor(priced(unknown, {}), Decimal(99)), "without a cost nobody knows"


def test_a_pasted_sheet_is_understood_cell_by_cell() -> None:
    text = (
        "Client\tCity\tDISCOUNT\tpayment\n"
        "Nordwind\tHamburg\t10 %\t45\n"
        "\t\t\t\n"
        "Север\t\tmany\t30 дней\n"
        'Harbour\t\t\t"14"\n'
    )
    found = grid.understood(grid.cells(text), SPECS)
    assert found.columns == ("Discount", "Payment")
    assert found.unknown == ("City",)
    assert [row.number for row in found.rows] == [2, 4, 5]
    assert [row.values for row in found.rows] == [
        {"discount": "10", "payment": "45"},
        {"payment": "30"},
        {"payment": "14"},
    ]
    assert [(cell.label, cell.text, cell.reason) for cell in found.rows[1].wrong] == [("Discount", "many", "number")]
    assert found.rows[0].who == ("Nordwind", "Hamburg")


@pytest.mark.parametrize("text", ["", "\n\n", "a,b\n", 'x;"unclosed\n1;2', "\ufeffclient;discount\nA;5"])
def test_any_text_can_be_pasted(text: str) -> None:
    grid.understood(grid.cells(text), SPECS)


@pytest.mark.parametrize(
    ("said", "names", "domain", "language"),
    [
        ("ru", "Nordwind", "nordwind.example", "ru"),
        ("", "ООО «Север»", "sever.example", "ru"),
        ("", "Sever", "sever.ru", "ru"),
        ("en", "ООО «Север»", "sever.ru", "en"),
        ("", "Nordwind", "nordwind.example", "en"),
    ],
)
def test_the_language_of_a_client(said: str, names: str, domain: str, language: str) -> None:
    assert phrases.client_language(said, names, domain, "en") == language
