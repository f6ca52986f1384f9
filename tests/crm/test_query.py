"""The language of the search box."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.crm.query import Hint, Query, Term, parse
from mailcrm.crm.snippet import highlight, snippet, wanted
from mailcrm.crm.stems import stems


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query()),
        ("offer", Query((Term("offer", prefix=True),))),
        ("offer ", Query((Term("offer"),))),
        ("big offer", Query((Term("big"), Term("offer", prefix=True)))),
        ('"big offer"', Query((Term("big offer"),))),
        ('"big offer', Query((Term("big offer"),))),
        ("from:anna", Query((Term("anna", "from"),))),
        ('from:"Anna Petrova" to:bob ', Query((Term("Anna Petrova", "from"), Term("bob", "to")))),
        ("от:анна кому:иван", Query((Term("анна", "from"), Term("иван", "to")))),
        ("FROM:anna", Query((Term("anna", "from"),))),
        ("file:price.xlsx", Query((Term("price.xlsx", "file"),))),
        ("client:acme клиент:ромашка", Query(clients=("acme", "ромашка"))),
        ("has:attachment", Query(has_attachment=True)),
        ("есть:вложение", Query(has_attachment=True)),
        ("before:2026-03-02 after:1.2.2025", Query(before=date(2026, 3, 2), after=date(2025, 2, 1))),
        ("до:2026 после:2025-06", Query(before=date(2026, 1, 1), after=date(2025, 6, 1))),
        ("in:sent", Query(direction="out")),
        ("где:входящие", Query(direction="in")),
        ("before:soon x ", Query((Term("x"),), hints=(Hint("date", "soon"),))),
        ("before:2026-13-01", Query(hints=(Hint("date", "2026-13-01"),))),
        ("has:wings", Query(hints=(Hint("has", "wings"),))),
        ("in:limbo", Query(hints=(Hint("in", "limbo"),))),
        ("from: anna ", Query((Term("anna"),), hints=(Hint("empty", "from"),))),
        ("http://acme.example ", Query((Term("http://acme.example"),))),
        ("re: offer ", Query((Term("re:"), Term("offer")))),
    ],
)
def test_what_is_meant(text: str, query: Query) -> None:
    assert parse(text) == query


@given(st.text(max_size=200))
def test_parsing_never_fails(text: str) -> None:
    parse(text)


def test_too_many_words_are_said_to_be_too_many() -> None:
    query = parse(" ".join(f"w{n}" for n in range(30)) + " ")
    assert len(query.terms) == 20
    assert query.hints == (Hint("many", "w20"),)


def test_words_have_one_form() -> None:
    assert stems("Договоры договором ДОГОВОР") == ["договор"] * 3
    assert stems("Offers offered OFFER") == ["offer"] * 3
    assert stems("Ёлка елка") == stems("елка") * 2
    assert stems("naïve Müller мой") == ["naiv", "muller", "мо"]
    assert stems("ﬁle №42 и\u0306") == [*stems("file No42"), "й"]
    assert stems("a_b-c'd 2026-01") == ["a", "b", "c", "d", "2026", "01"]


def test_hits_are_marked() -> None:
    what = wanted(parse("offer дого").terms, 3)
    assert highlight("Our Offers: договоры", what) == (
        ("Our ", False),
        ("Offers", True),
        (": ", False),
        ("договоры", True),
    )
    assert highlight("", what) == ()
    text = "Dear all,\n\n" + "words " * 100 + "our best  offer\nfor you " + "more " * 100
    found = snippet(text, what, 60)
    assert ("offer", True) in found
    joined = "".join(piece for piece, _ in found)
    assert joined.startswith("…")
    assert joined.endswith("…")
    assert "our best offer for you" in joined
    assert snippet("nothing here", what, 60) == ()


@given(st.text(max_size=300), st.text(max_size=20))
def test_segments_put_together_are_the_text(text: str, words: str) -> None:
    found = highlight(text, wanted(parse(words).terms, 3))
    assert "".join(piece for piece, _ in found) == text
