"""Terms as data: what a value of each kind looks like, which of several values counts, and what is missing."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal

TermType = Literal["number", "percent", "money", "days", "date", "text"]
TYPES: tuple[TermType, ...] = ("percent", "money", "days", "number", "date", "text")
SCOPES = ("client", "variant", "group", "default")
"""The more special scope wins, from left to right."""
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
LONGEST = 300
"""Characters of a value."""
_LARGEST = Decimal(10) ** 12
_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([ ,.'])\d{3})+(?:[.,]\d+)?")
_UNIT = re.compile(r"(?i)\s*(%|days?|дн[а-я]*\.?|день|€|\$|£|₽|руб\.?|р\.|[a-z]{3})$")
_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u202f\u2009", " ") | {"−": "-", "’": "'"})


class BadValue(ValueError):
    """A value that is none of its kind; `reason` is number, range, date, line or long."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TermSpec:
    """One of the terms of an offer."""

    key: str
    label: str
    kind: str
    """One of TYPES."""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Chosen:
    """The value that counts, and the scope it comes from."""

    value: str
    scope: str


def parsed(kind: str, text: str) -> str:
    """A value as people type it in the one form that is stored: numbers with a point, dates as ISO 8601.

    Empty text stays empty (nothing is set). Raises BadValue.
    """
    text = text.translate(_BLANKS).strip()
    if not text:
        return ""
    if len(text) > LONGEST:
        raise BadValue("long")
    if any(ord(character) < 32 or character in "\u2028\u2029\x7f" for character in text):
        # A line break in a value could become a header line of a message.
        raise BadValue("line")
    if kind == "text":
        return text
    return _date(text) if kind == "date" else _number(kind, text)


def number(text: str) -> Decimal:
    """A number as people write it: 1 234,50 or 1,234.50 or 84 EUR. Raises BadValue."""
    text = _UNIT.sub("", text.translate(_BLANKS).strip()).strip()
    text = re.sub(r"^[€$£₽]\s*", "", text)
    try:
        found = Decimal(_plain(text))
    except InvalidOperation:
        raise BadValue("number") from None
    if not found.is_finite() or abs(found) >= _LARGEST:
        raise BadValue("number")
    return found.quantize(Decimal("0.0001")).normalize() + 0


def effective(layers: Mapping[str, Mapping[str, str]]) -> dict[str, Chosen]:
    """Key → the value that counts, of layers by scope (see SCOPES); an empty value sets nothing."""
    found: dict[str, Chosen] = {}
    for scope in SCOPES:
        for key, value in layers.get(scope, {}).items():
            if value and key not in found:
                found[key] = Chosen(value, scope)
    return found


def of_groups(
    groups: Mapping[int, Mapping[str, str]], member_of: Sequence[int], through: int | None = None
) -> dict[str, str]:
    """The terms that a client has by its groups: each from the group through which a mailing reaches it, else from the
    first of its groups, in the order of their names (`member_of`), that sets it. An empty value sets nothing."""
    found: dict[str, str] = {}
    for number in (*(() if through is None else (through,)), *member_of):
        for key, value in groups.get(number, {}).items():
            if value:
                found.setdefault(key, value)
    return found


def plain(chosen: Mapping[str, Chosen]) -> dict[str, str]:
    """Key → value."""
    return {key: one.value for key, one in chosen.items()}


def missing(specs: Iterable[TermSpec], values: Mapping[str, str]) -> tuple[TermSpec, ...]:
    """The required terms without a value."""
    return tuple(spec for spec in specs if spec.required and not values.get(spec.key))


def changes(
    specs: Sequence[TermSpec], old: Mapping[str, str], new: Mapping[str, str]
) -> list[tuple[TermSpec, str, str]]:
    """The terms that differ, each with its old and its new value (empty where there was or is none)."""
    pairs = [(spec, old.get(spec.key, ""), new.get(spec.key, "")) for spec in specs]
    return [pair for pair in pairs if pair[1] != pair[2]]


def _number(kind: str, text: str) -> str:
    found = number(text)
    if kind == "days" and (found != found.to_integral_value() or not 0 <= found <= 3650):
        raise BadValue("range")
    if kind == "percent" and not -100 <= found <= 100:
        raise BadValue("range")
    if kind == "money" and found < 0:
        raise BadValue("range")
    return format(found, "f")


def _plain(text: str) -> str:
    """Without the separators of thousands, with a point for the fraction."""
    grouped = _GROUPED.fullmatch(text)
    separator = grouped[1] if grouped else ""
    if separator and not (separator in ",." and text.count(separator) == 1 and not re.search(r"[.,]\d{1,2}$", text)):
        text = text.replace(separator, "")
    elif separator == ",":
        # 1,234 alone: in Russian and German a fraction is as likely as thousands; three digits speak for thousands.
        text = text.replace(separator, "")
    return text.replace(" ", "").replace(",", ".")


def _date(text: str) -> str:
    for form in _DATES:
        try:
            found: date = datetime.strptime(text, form).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
        if 2000 <= found.year <= 2100:
            return found.isoformat()
    raise BadValue("date")
