"""Merge: everything that an offer says to one client, as fields for the words of a message and as data for a document.

The cost of items and the margin are in neither: a template cannot show what it never gets.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from mailcrm.mailing import phrases
from mailcrm.mailing.pricing import Line, Priced, is_pricing
from mailcrm.mailing.terms import TermSpec


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The company as its documents show it."""

    name: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    tax_id: str = ""
    accent: str = "#1f55ad"
    """The colour of lines and headings, as #rrggbb."""
    small_print: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact or a sender."""

    name: str = ""
    email: str = ""
    position: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """The client as templates may name it."""

    name: str
    tax_id: str = ""
    postal_address: str = ""
    website: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)
    """Custom fields by key."""


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """The offer as templates may name it."""

    number: str
    title: str
    currency: str
    on: date
    """The date that it bears."""
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """One offer for one client."""

    letterhead: Letterhead
    client: ClientFacts
    contact: Person
    sender: Person
    offer: OfferFacts
    specs: tuple[TermSpec, ...]
    values: Mapping[str, str]
    """Of the terms, as stored."""
    priced: Priced
    language: str = phrases.DEFAULT
    links: Mapping[str, str] = field(default_factory=dict)
    """Public addresses: view, accept, decline, unsubscribe."""


class Fields:
    """Named values for a template and nothing else: no attribute or method can be reached through it."""

    __slots__ = ("_label", "_values")

    def __init__(self, label: str, values: Mapping[str, Any]) -> None:
        self._label = label
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __str__(self) -> str:
        return self._label


def fields(merge: Merge) -> dict[str, Any]:
    """The context of the words of a message: every value as the client reads it."""
    offer, language = merge.offer, merge.language
    texts = _texts(merge)
    return {
        "client": Fields("client", _of_client(merge.client)),
        "contact": Fields("contact", _of_person(merge.contact)),
        "sender": Fields("sender", _of_person(merge.sender)),
        "company": Fields("company", _of_letterhead(merge.letterhead)),
        "offer": Fields(
            "offer",
            {
                "number": offer.number,
                "title": offer.title,
                "currency": offer.currency,
                "date": phrases.day(offer.on, language),
                "valid_until": phrases.day(offer.valid_until, language) if offer.valid_until else "",
            },
        ),
        "items": [Fields("item", _of_line(line, merge)) for line in merge.priced.lines],
        "terms": Fields("terms", {key: text for key, text in texts.items() if text}),
        "all_terms": [Fields("term", {"label": spec.label, "value": texts[spec.key]}) for spec in merge.specs],
        "totals": Fields("totals", _totals(merge)),
        "field": Fields("field", merge.client.custom),
        "links": Fields("links", merge.links),
        "language": language,
    }


def document(merge: Merge, stamp: str) -> dict[str, Any]:
    """The data of a document: plain text throughout, ready for JSON."""
    language, offer, letterhead = merge.language, merge.offer, merge.letterhead
    texts = _texts(merge)
    shown = [spec for spec in merge.specs if texts[spec.key] and not is_pricing(spec.key)]
    terms = [{"label": spec.label, "value": texts[spec.key]} for spec in shown]
    return {
        "language": language,
        "words": dict(phrases.WORDS[language]),
        "company": _of_letterhead(letterhead) | {"accent": letterhead.accent, "lines": _lines(letterhead.address)},
        "small_print": letterhead.small_print,
        "client": _of_client(merge.client) | {"lines": _lines(merge.client.postal_address)},
        "contact": _of_person(merge.contact),
        "sender": _of_person(merge.sender),
        "number": offer.number,
        "title": offer.title,
        "currency": offer.currency,
        "date": phrases.day(offer.on, language),
        "valid_until": phrases.day(offer.valid_until, language) if offer.valid_until else "",
        "items": [_of_line(line, merge) for line in merge.priced.lines],
        "discounted": any(line.discount for line in merge.priced.lines),
        "totals": _sums(merge),
        "terms": terms,
        "stamp": stamp,
    }


def _texts(merge: Merge) -> dict[str, str]:
    currency, language = merge.offer.currency, merge.language
    return {
        spec.key: phrases.term(spec.kind, merge.values.get(spec.key, ""), currency, language) for spec in merge.specs
    }


def _of_client(client: ClientFacts) -> dict[str, str]:
    return {
        "name": client.name,
        "tax_id": client.tax_id,
        "postal_address": client.postal_address,
        "website": client.website,
    }


def _of_person(person: Person) -> dict[str, str]:
    return {
        "name": person.name,
        "first_name": person.name.split()[0] if person.name.strip() else "",
        "email": person.email,
        "position": person.position,
        "phone": person.phone,
    }


def _of_letterhead(letterhead: Letterhead) -> dict[str, Any]:
    return {
        "name": letterhead.name,
        "address": letterhead.address,
        "phone": letterhead.phone,
        "email": letterhead.email,
        "website": letterhead.website,
        "tax_id": letterhead.tax_id,
    }


def _of_line(line: Line, merge: Merge) -> dict[str, str]:
    language = merge.language
    return {
        "position": str(line.position),
        "name": line.name,
        "unit": line.unit,
        "quantity": phrases.quantity(line.quantity, language),
        "price": phrases.price(line.price, language),
        "discount": phrases.percent(line.discount, language) if line.discount else "",
        "total": phrases.price(line.total, language),
    }


def _totals(merge: Merge) -> dict[str, str]:
    offer, currency, language = merge.priced, merge.offer.currency, merge.language
    amounts = {"net": offer.net, "vat": offer.vat, "gross": offer.gross, "list": offer.list_total}
    amounts |= {"discount": offer.discount, "delivery": offer.delivery}
    return {name: phrases.amount(value, currency, language) for name, value in amounts.items()}


def _sums(merge: Merge) -> list[dict[str, Any]]:
    """The lines below the table; only those that say something."""
    offer, language = merge.priced, merge.language
    words, shown = phrases.WORDS[language], _totals(merge)
    rows: list[tuple[str, str, Decimal | bool]] = [
        (words["subtotal"], shown["list"], offer.discount),
        (words["discount"], f"−{shown['discount']}", offer.discount),
        (words["delivery"], shown["delivery"], offer.delivery),
        (words["net"], shown["net"], offer.vat_percent),
        (f"{words['vat']} {phrases.percent(offer.vat_percent, language)}", shown["vat"], offer.vat_percent),
    ]
    found: list[dict[str, Any]] = [
        {"label": label, "value": value, "strong": False} for label, value, counts in rows if counts
    ]
    return [*found, {"label": words["total"], "value": shown["gross"], "strong": True}]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()][:8]
