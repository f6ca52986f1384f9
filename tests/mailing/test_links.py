"""Links that lead nowhere or elsewhere than they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.mailing.links import doubtful


@pytest.mark.parametrize(
    "target",
    ["https://firm.example/prices?a=1#b", "http://sub.firm.example:8080/", "https://фирма.рф/цены",
     "mailto:a@b.example", "tel:+4930123", "#terms", "https://192.0.2.7/x", "https://localhost/u"],
)  # fmt: skip
def test_what_leads_somewhere(target: str) -> None:
    assert doubtful("", f'<p>See <a href="{target}">our <b>prices</b></a></p>') == []
    assert doubtful(f"See {target}, please.", "") == []


@pytest.mark.parametrize(
    "target",
    ["prices.html", "/prices", "www.firm.example", "http://", "https://firm", "https:/firm.example", "", "#",
     "javascript:alert(1)", "https://{{ host }}/x", "mailto:anna", "https://firm.example:99999/",
     "https://fi rm.example/"],
)  # fmt: skip
def test_what_leads_nowhere(target: str) -> None:
    assert doubtful("", f'<a href="{target}">prices</a>') == [target]


def test_a_text_that_names_no_host() -> None:
    assert doubtful("See http:// or https://firm.example.", "") == ["http://"]


def test_words_that_name_another_place() -> None:
    html = '<a href="https://track.test/1">https://firm.example/prices</a> <a href="https://www.firm.example/">firm.example'
    assert doubtful("", html) == ["https://track.test/1"]


@given(text=st.text(), html=st.text())
def test_any_text_is_read(text: str, html: str) -> None:
    doubtful(text, f'<a href="{html}">{text}')
