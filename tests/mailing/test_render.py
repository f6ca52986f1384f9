"""The words of messages: fields, the sandbox, its limits, and what never gets into a template."""

from datetime import date
from decimal import Decimal

import pytest

from mailcrm.flow import starters
from mailcrm.mailing import merge, render
from mailcrm.mailing.merge import ClientFacts, Letterhead, Merge, OfferFacts, Person
from mailcrm.mailing.pricing import Item, priced
from mailcrm.mailing.render import BadTemplate, RenderFailed
from mailcrm.mailing.stamp import own_number, stamp
from mailcrm.mailing.terms import TermSpec

COST = Decimal("55.5555")


def sample(language: str = "en", **changes: object) -> Merge:
    """One offer for one client."""
    items = (Item(1, "Valve <DN50>", "pc", Decimal(40), Decimal(84), COST),)
    values = {"discount": "10", "payment": "45"}
    specs = (
        TermSpec("discount", "Discount", "percent", False),
        TermSpec("payment", "Payment", "days"),
        TermSpec("delivery", "Delivery", "text", False),
    )
    given: dict[str, object] = {
        "letterhead": Letterhead("Lindqvist Valves"),
        "client": ClientFacts("Müller & Söhne", custom={"region": "North"}),
        "contact": Person("Lars Berg", "lars@nordwind.example"),
        "sender": Person("Anna Lindqvist", "anna@example.com"),
        "offer": OfferFacts("2026-0001-K7", "Valves", "EUR", date(2026, 11, 26), date(2026, 12, 31)),
        "specs": specs,
        "values": values,
        "priced": priced(items, values),
        "language": language,
    }
    return Merge(**{**given, **changes})  # type: ignore[arg-type]


def filled(text: str, html: str = "", subject: str = "s", **changes: object) -> render.Words:
    """A template filled in for the sample client."""
    return render.rendered(render.compiled(subject, text, html), merge.fields(sample(**changes)))  # type: ignore[arg-type]


def test_fields_are_written_as_the_client_reads_them() -> None:
    text = "{{ offer.number }} {{ terms.payment }} {{ totals.net }} {{ offer.valid_until }} {{ field.region }}"
    assert filled(text).text == "2026-0001-K7 45 days €3,024.00 December 31, 2026 North\n"
    assert (
        filled(text, language="ru").text == "2026-0001-K7 45 дней 3\u00a0024,00\u00a0€ 31 декабря 2026\u202fг. North\n"
    )


def test_html_is_escaped_and_text_is_not() -> None:
    words = filled("{{ client.name }}", "<p>{{ client.name }} {% for i in items %}{{ i.name }}{% endfor %}</p>")
    assert words.text == "Müller & Söhne\n"
    assert words.html == "<p>Müller &amp; Söhne Valve &lt;DN50&gt;</p>"


@pytest.mark.parametrize(
    ("text", "reason", "detail"),
    [
        ("{{ terms.delivery }}", "missing", "terms.delivery"),
        ("{{ field.colour }}", "missing", "field.colour"),
        ("{{ nobody }}", "missing", "nobody"),
        ("{{ terms.items }}", "missing", "terms.items"),
        ("{{ client.__class__ }}", "failed", "__class__"),
        ("{{ client._values }}", "failed", "client._values"),
        ("{{ ''.__class__.__mro__ }}", "failed", "__class__"),
        ("{{ 1 // 0 }}", "failed", "integer division or modulo by zero"),
        ("{{ '' }}", "empty", "text"),
    ],
)
def test_what_a_client_lacks_stops_his_message_with_its_name(text: str, reason: str, detail: str) -> None:
    with pytest.raises(RenderFailed) as error:
        filled(text)
    assert (error.value.reason, detail in error.value.detail) == (reason, True)


@pytest.mark.parametrize(
    "text",
    [
        "{{ range(10) }}",
        "{{ client.name.upper() }}",
        "{{ 'a' * 1000000000 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ 2 ** 100000000 }}",
        "{% set x = 1 %}",
        "{% macro m() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% for a in 'xxx' %}{% for b in 'xxx' %}{% for c in 'xxx' %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in items recursive %}{% endfor %}",
        "{{ 'x'|center(1000000000) }}",
        "{{ 'x'|format(1) }}",
        "{{ '<b>'|safe }}",
        "{% if %}",
        "{{ unclosed",
        "x" * 100_001,
    ],
)
def test_what_could_run_long_or_reach_out_is_no_template(text: str) -> None:
    with pytest.raises(BadTemplate):
        render.compiled("s", text)


def test_loops_and_output_have_an_end() -> None:
    letters = "x" * 2000
    with pytest.raises(RenderFailed) as error:
        filled(
            "{% for a in '" + letters + "' %}{% for b in '" + letters + "' %}{{ client.name }}{% endfor %}{% endfor %}"
        )
    assert error.value.reason == "long"


@pytest.mark.parametrize("name", ["A\r\nBcc: all@example.com", "A\nB", "A\x00B", "A\u2028B"])
def test_no_line_break_gets_into_the_subject(name: str) -> None:
    with pytest.raises(RenderFailed) as error:
        filled("text", subject="Offer for {{ client.name }}", client=ClientFacts(name))
    assert error.value.reason == "line"


def test_neither_cost_nor_margin_is_in_what_templates_get() -> None:
    offer = sample()
    assert offer.priced.margin is not None
    said = repr(merge.document(offer, "stamp")) + repr(_opened(merge.fields(offer)))
    for secret in ("55.5", "55,5", f"{offer.priced.margin:.0f}", "cost", "margin"):
        assert secret not in said


def _opened(value: object) -> object:
    if isinstance(value, merge.Fields):
        return {name: _opened(one) for name, one in value._values.items()}
    if isinstance(value, dict):
        return {name: _opened(one) for name, one in value.items()}
    return [_opened(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("language", "subject", "text", "html"), starters.MESSAGES)
def test_the_templates_that_come_along_need_nothing_but_an_offer(
    language: str, subject: str, text: str, html: str
) -> None:
    ready = render.compiled(subject, text, html)
    for offer in (
        sample(language),
        sample(language, contact=Person()),
        sample(language, priced=priced((), {}), values={}),
    ):
        words = render.rendered(ready, merge.fields(offer))
        assert "2026-0001-K7" in words.subject
        assert "{{" not in words.text + words.html
        assert "\n\n\n" not in words.text
    linked = sample(language, links={"view": "https://offers.example.com/o/abc"})
    assert "https://offers.example.com/o/abc" in render.rendered(ready, merge.fields(linked)).html


def test_the_stamp_follows_the_content() -> None:
    one, two = merge.document(sample(), ""), merge.document(sample(values={"payment": "30"}), "")
    assert stamp("1", 7, one) == stamp("1", 7, one)
    assert stamp("1", 7, one).split(":")[0] == stamp("1", 7, two).split(":")[0]
    assert stamp("1", 7, one) != stamp("1", 7, two)
    assert stamp("1", 7, one).split(":")[0] != stamp("1", 8, one).split(":")[0]


def test_own_numbers_differ_for_all_clients() -> None:
    assert len({own_number("2026-0001", client) for client in range(5000)}) == 5000
    assert own_number("2026-0001", 3) == "2026-0001-5"
