"""What people typed into the forms of offers, as values; a wrong cell is named in the refusal."""

from datetime import date
from decimal import Decimal

from flask import request
from werkzeug.datastructures import MultiDict

from mailcrm.errors import Refused
from mailcrm.flow.offers import OfferValues
from mailcrm.mailing.grid import cells
from mailcrm.mailing.pricing import Item
from mailcrm.mailing.terms import BadValue, TermSpec, number

_MOST = 400


def offer_values(form: MultiDict[str, str]) -> OfferValues:
    """The fields of an offer. Raises Refused."""
    floor = form.get("margin_floor", "").strip()
    return OfferValues(
        title=form.get("title", ""),
        number=form.get("number", ""),
        currency=form.get("currency", "EUR"),
        valid_until=day(form.get("valid_until", "")),
        margin_floor=amount(floor) if floor else None,
        owner_id=identity(form.get("owner_id", "")),
        template_id=identity(form.get("template_id", "")),
        document_template_id=identity(form.get("document_template_id", "")),
        note=form.get("note", ""),
    )


def items(form: MultiDict[str, str]) -> list[Item]:
    """The lines of an offer: those of the fields, then those pasted; lines without a name are left out."""
    rows = [
        [form.get(f"{column}-{line}", "") for column in ("name", "quantity", "unit", "price", "cost")]
        for line in range(1, _MOST)
        if f"name-{line}" in form
    ]
    pasted = form.get("pasted", "")
    rows += cells(pasted) if pasted.strip() else []
    return [_item(row) for row in rows if row and row[0].strip()]


def specs(form: MultiDict[str, str]) -> list[TermSpec]:
    """The kinds of terms of an offer; those without a label are left out."""
    found: list[TermSpec] = []
    for line in range(1, _MOST):
        label = form.get(f"label-{line}", "").strip()
        if label:
            key = form.get(f"key-{line}", "").strip() or f"term_{line}"
            found.append(TermSpec(key, label, form.get(f"kind-{line}", "text"), f"required-{line}" in form))
    return found


def grid(form: MultiDict[str, str], prefix: str) -> dict[int, dict[str, str]]:
    """Scope id → key → text, of fields that are named like v12-discount."""
    found: dict[int, dict[str, str]] = {}
    for name, text in form.items():
        head, _, key = name.partition("-")
        number_ = head.removeprefix(prefix)
        if head.startswith(prefix) and number_.isascii() and number_.isdigit() and key:
            found.setdefault(int(number_), {})[key] = text
    return found


def amount(text: str) -> Decimal:
    """A number that somebody typed. Raises Refused."""
    try:
        return number(text)
    except BadValue:
        raise Refused(f'"{text[:60]}" is not a number.') from None


def day(text: str) -> date | None:
    """A day as a date field sends it; None for nothing. Raises Refused."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused(f'"{text[:60]}" is not a date.') from None


def identity(text: str) -> int | None:
    """A number of a row; None for nothing and for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def page_number(name: str) -> int:
    """A number among the parameters of the address; 0 where there is none."""
    return identity(request.args.get(name, "")) or 0


def _item(row: list[str]) -> Item:
    name, quantity, unit, price, cost = [*row, "", "", "", "", ""][:5]
    return Item(
        0,
        " ".join(name.split()),
        unit.strip()[:40],
        amount(quantity) if quantity.strip() else Decimal(1),
        amount(price) if price.strip() else Decimal(0),
        amount(cost) if cost.strip() else None,
    )
