"""An offer as its reader sees it: the terms with their labels, in the language and with the currency of the page."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit
from flask_babel import get_locale

from mailcrm.flow.respond import terms_of
from mailcrm.store.public_offers import OfferSeen


@dataclass(frozen=True, slots=True)
class Shown:
    """The terms as (label, value), the total, and the last day; empty where there is none."""

    terms: tuple[tuple[str, str], ...]
    total: str
    valid_until: str
    hash: str


def shown(seen: OfferSeen, labels: list[tuple[str, str, str]]) -> Shown:
    """What the page says of an offer; terms that have no value are left out."""
    values = terms_of(seen)
    rows = [(label, term(kind, values[key], seen.currency)) for key, label, kind in labels if values.get(key)]
    total = money(Decimal(seen.total) / 10_000, seen.currency) if seen.total is not None else ""
    valid = day(seen.valid_until) if seen.valid_until else ""
    digest = seen.document_sha256
    return Shown(tuple(rows), total, valid, " ".join(digest[i : i + 8] for i in range(0, 64, 8)) if digest else "")


def term(kind: str, value: str, currency: str) -> str:
    """The value of a term in words; as it stands where it cannot be read as what it should be."""
    code = _code()
    try:
        if kind == "date":
            return day(date.fromisoformat(value))
        if kind == "days":
            return str(format_unit(int(Decimal(value)), "duration-day", locale=code))
        if kind == "money":
            return money(Decimal(value), currency)
        if kind == "percent":
            return f"{format_decimal(Decimal(value), locale=code)} %"
        return str(format_decimal(Decimal(value), locale=code)) if kind == "number" else value
    except (ValueError, InvalidOperation):
        return value


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency, as the language writes it."""
    return str(format_currency(amount, currency, locale=_code()))


def day(at: date) -> str:
    """A date in words."""
    return str(format_date(at, "long", locale=_code()))


def _code() -> str:
    return str(get_locale() or "en")
