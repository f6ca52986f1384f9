"""Numbers, amounts, dates and the fixed words of offers in the language of the client: English and Russian."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit

LANGUAGES = ("en", "ru")
DEFAULT = "en"

_EN = {
    "offer": "Offer",
    "for": "Prepared for",
    "attention": "Attention",
    "from": "Your contact",
    "date": "Date",
    "valid_until": "Valid until",
    "position": "#",
    "item": "Item",
    "quantity": "Quantity",
    "unit_price": "Unit price",
    "discount": "Discount",
    "amount": "Amount",
    "subtotal": "Subtotal",
    "delivery": "Delivery",
    "net": "Net total",
    "vat": "VAT",
    "total": "Total",
    "terms": "Terms",
    "page": "Page",
    "of": "of",
    "phone": "Phone",
    "tax_id": "Tax number",
    "currency": "All amounts in",
    "accepted": "Accepted",
    "signature": "Name, date, signature",
}
_RU = {
    "offer": "Коммерческое предложение",
    "for": "Кому",
    "attention": "Вниманию",
    "from": "Ваш менеджер",
    "date": "Дата",
    "valid_until": "Действует до",
    "position": "№",
    "item": "Наименование",
    "quantity": "Количество",
    "unit_price": "Цена",
    "discount": "Скидка",
    "amount": "Сумма",
    "subtotal": "Сумма без скидки",
    "delivery": "Доставка",
    "net": "Итого без НДС",
    "vat": "НДС",
    "total": "Итого",
    "terms": "Условия",
    "page": "Страница",
    "of": "из",
    "phone": "Тел.",
    "tax_id": "ИНН",
    "currency": "Все суммы в валюте",
    "accepted": "Согласовано",
    "signature": "Ф. И. О., дата, подпись",
}
WORDS: Mapping[str, Mapping[str, str]] = {"en": _EN, "ru": _RU}
_CYRILLIC_DOMAINS = (".ru", ".su", ".by", ".kz", ".xn--p1ai", ".рф")


def client_language(said: str, names: str, domain: str, default: str) -> str:
    """The language to write to a client in: what his field says, else Russian for Cyrillic names and Russian domains,
    else the default."""
    if said[:2].casefold() in LANGUAGES:
        return said[:2].casefold()
    if any("\u0400" <= letter <= "\u04ff" for letter in names) or domain.endswith(_CYRILLIC_DOMAINS):
        return "ru"
    return default if default in LANGUAGES else DEFAULT


@lru_cache(maxsize=4096)
def amount(value: Decimal, currency: str, language: str) -> str:
    """An amount of money with its currency."""
    return str(format_currency(value, currency, locale=language))


@lru_cache(maxsize=4096)
def price(value: Decimal, language: str) -> str:
    """An amount of money without its currency, with two to four places."""
    return str(format_decimal(value, "#,##0.00##", locale=language))


@lru_cache(maxsize=4096)
def quantity(value: Decimal, language: str) -> str:
    """A number without needless zeros."""
    return str(format_decimal(value, "#,##0.####", locale=language))


@lru_cache(maxsize=4096)
def percent(value: Decimal, language: str) -> str:
    """Per cent, with the blank that Russian wants."""
    number = format_decimal(value, "#,##0.##", locale=language)
    return f"{number}%" if language == "en" else f"{number}\u00a0%"


@lru_cache(maxsize=4096)
def day(value: date, language: str) -> str:
    """A date in words."""
    return str(format_date(value, "long", locale=language))


def term(kind: str, value: str, currency: str, language: str) -> str:
    """A stored value of a term as a client reads it; empty for none."""
    if not value or kind == "text":
        return value
    if kind == "date":
        return day(date.fromisoformat(value), language)
    number = Decimal(value)
    if kind == "days":
        return str(format_unit(int(number), "duration-day", locale=language))
    if kind == "money":
        return amount(number, currency, language)
    return percent(number, language) if kind == "percent" else quantity(number, language)
