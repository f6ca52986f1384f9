"""Fields of one's own: what values each kind may have, and how they are written, compared and shown."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

KINDS = ("text", "number", "date", "choice", "yesno")
LONGEST = 4000
"""Characters of a value."""
_LARGEST = Decimal(10) ** 14
_PLACES = Decimal(10_000)
_YES = frozenset({"yes", "y", "true", "1", "+", "да", "д", "истина", "x", "✓", "ja", "oui"})
_NO = frozenset({"no", "n", "false", "0", "-", "нет", "н", "ложь", "nein", "non"})
_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}.*)?|(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})(?:\s.*)?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya".replace("_", "").split(" "),
        strict=True,
    )
)


class Unfit(ValueError):
    """A value that a field cannot have; `reason` is number, date, choice, yesno or long."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FieldKind:
    """What a field takes: its kind, and the texts of a choice."""

    kind: str
    choices: tuple[str, ...] = ()


def written(field: FieldKind, text: str) -> str:
    """What a person typed in the form that is stored; empty for no value. Raises Unfit."""
    text = " ".join(text.split()) if field.kind != "text" else text.strip()
    if not text:
        return ""
    if len(text) > LONGEST:
        raise Unfit("long")
    if field.kind == "number":
        return f"{_number(text):f}"
    if field.kind == "date":
        return _date(text).isoformat()
    if field.kind == "choice":
        return _choice(field.choices, text)
    return _yesno(text) if field.kind == "yesno" else text


def sort_key(kind: str, value: str) -> str:
    """A text that orders the stored values of one kind as their meaning does, on every database."""
    if kind == "number":
        # Shifted so that negative numbers, too, have as many digits.
        return f"{int((Decimal(value) + _LARGEST) * _PLACES):019d}"
    return " ".join(value.split()).casefold()[:200]


def value(kind: str, stored: str) -> str | Decimal | date | bool:
    """A stored value as what it means."""
    if kind == "number":
        return Decimal(stored)
    if kind == "date":
        return date.fromisoformat(stored)
    return stored == "yes" if kind == "yesno" else stored


def is_key(text: str) -> bool:
    """Whether a field may be called so by templates, rules and files."""
    return _KEY.fullmatch(text) is not None


def key_of(label: str, taken: frozenset[str] = frozenset()) -> str:
    """A key made of a label, Russian letters written in Latin ones; one that is not taken."""
    latin = "".join(_LATIN.get(letter, letter) for letter in label.casefold())
    key = re.sub(r"[^a-z0-9]+", "_", latin).strip("_")[:32].strip("_")
    key = key if key[:1].isalpha() else f"field_{key}".rstrip("_")
    number = 2
    found = key
    while found in taken:
        found, number = f"{key}_{number}", number + 1
    return found


def _number(text: str) -> Decimal:
    plain = re.sub(r"[\s'\u00a0\u202f]", "", text).replace("−", "-")
    if "," in plain and "." in plain:
        # The later of the two is the decimal mark.
        thousands = "." if plain.rfind(",") > plain.rfind(".") else ","
        plain = plain.replace(thousands, "")
    try:
        number = Decimal(plain.replace(",", "."))
    except InvalidOperation:
        raise Unfit("number") from None
    if not number.is_finite() or abs(number) >= _LARGEST:
        raise Unfit("number")
    number = number.quantize(Decimal("0.0001")).normalize()
    return number if number else Decimal(0)


def _date(text: str) -> date:
    found = _DATE.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        raise Unfit("date")
    groups = [int(group) for group in found.groups() if group is not None]
    year, month, day = groups if found[1] else groups[::-1]
    try:
        return date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        raise Unfit("date") from None


def _choice(choices: tuple[str, ...], text: str) -> str:
    wanted = text.casefold()
    for one in choices:
        if one.casefold() == wanted:
            return one
    raise Unfit("choice")


def _yesno(text: str) -> str:
    word = text.casefold()
    if word in _YES:
        return "yes"
    if word in _NO:
        return "no"
    raise Unfit("yesno")
