"""Amounts of money: read as people write them in either language, shown with the signs of the user's language."""

from decimal import Decimal

from babel import Locale
from babel.numbers import NumberFormatError, format_currency, parse_decimal
from flask_babel import get_locale

from mailcrm.errors import Refused

CURRENCIES = ("EUR", "USD", "RUB", "GBP", "CHF", "KZT", "BYN", "UAH", "PLN", "CZK", "CNY")
"""What forms propose; any code of ISO 4217 may be written."""


def money(value: Decimal | None, currency: str) -> str:
    """An amount with the sign of its currency, without cents where there are none; empty for none."""
    if value is None:
        return ""
    locale = Locale.parse(str(get_locale() or "en"))
    pattern = str(locale.currency_formats["standard"].pattern)
    whole = value == value.to_integral_value()
    shown = pattern.replace(".00", "") if whole else pattern
    return str(format_currency(value, currency, shown, locale, currency_digits=False))


def amount(text: str) -> Decimal | None:
    """The number that a person wrote, None for nothing; raises Refused where it is none."""
    text = "".join(text.split()).strip("'’")
    if not text:
        return None
    own = str(get_locale() or "en")
    for code in (own, "en" if own != "en" else "ru"):
        try:
            return Decimal(parse_decimal(text.replace("'", ""), locale=code, strict=True))
        except (NumberFormatError, ArithmeticError):
            continue
    raise Refused(f'"{text}" is not an amount; write it like 12500.50.')
