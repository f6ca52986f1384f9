"""Values of the company's own fields: what is taken, how it is written and ordered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.crm.fields import FieldKind, Unfit, key_of, sort_key, value, written

INDUSTRY = FieldKind("choice", ("Shipping", "Водоснабжение"))


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        (FieldKind("text"), "  two words ", "two words"),
        (FieldKind("number"), "1 234,50", "1234.5"),
        (FieldKind("number"), "1,234.5", "1234.5"),
        (FieldKind("number"), "1.234,5", "1234.5"),
        (FieldKind("number"), "−3", "-3"),
        (FieldKind("number"), "1000", "1000"),
        (FieldKind("number"), "0,00", "0"),
        (FieldKind("date"), "31.01.2026", "2026-01-31"),
        (FieldKind("date"), "2026-1-5", "2026-01-05"),
        (FieldKind("date"), "2026-01-05 00:00:00", "2026-01-05"),
        (FieldKind("date"), "20260105", "2026-01-05"),
        (FieldKind("yesno"), "ДА", "yes"),
        (FieldKind("yesno"), "0", "no"),
        (INDUSTRY, "водоснабжение", "Водоснабжение"),
        (INDUSTRY, "", ""),
    ],
)
def test_a_value_is_written_in_one_form(kind: FieldKind, text: str, wanted: str) -> None:
    assert written(kind, text) == wanted
    # What was stored is taken again as it is.
    assert written(kind, wanted) == wanted


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        (FieldKind("number"), "twelve", "number"),
        (FieldKind("number"), "nan", "number"),
        (FieldKind("number"), "1e20", "number"),
        (FieldKind("date"), "31.02.2026", "date"),
        (FieldKind("date"), "soon", "date"),
        (FieldKind("yesno"), "perhaps", "yesno"),
        (INDUSTRY, "Fishing", "choice"),
        (FieldKind("text"), "x" * 5000, "long"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(kind: FieldKind, text: str, reason: str) -> None:
    with pytest.raises(Unfit) as error:
        written(kind, text)
    assert error.value.reason == reason


@given(st.lists(st.decimals(-(10**9), 10**9, places=4, allow_nan=False), min_size=2))
def test_numbers_are_ordered_as_numbers(numbers: list[object]) -> None:
    stored = [written(FieldKind("number"), str(one)) for one in numbers]
    by_key = sorted(stored, key=lambda one: sort_key("number", one))
    assert [value("number", one) for one in by_key] == sorted(value("number", one) for one in stored)  # type: ignore[type-var]


def test_a_key_is_made_of_the_label() -> None:
    assert key_of("Дата договора") == "data_dogovora"
    assert key_of("Discount, %") == "discount"
    assert key_of("2nd shift") == "field_2nd_shift"
    assert key_of("!!!") == "field"
    assert key_of("Discount", frozenset({"discount", "discount_2"})) == "discount_3"
