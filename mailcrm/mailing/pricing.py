"""What an offer comes to for one client: lines, discounts, tax, total; the margin, which only staff may see."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from mailcrm.mailing.terms import KEY

_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
_PRICING = re.compile(r"(price|quantity|discount)(?:_(\d{1,3}))?|vat|delivery_cost")


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an offer before any terms."""

    position: int
    name: str
    unit: str
    quantity: Decimal
    price: Decimal
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line for one client."""

    position: int
    name: str
    unit: str
    quantity: Decimal
    price: Decimal
    discount: Decimal
    """Per cent."""
    total: Decimal
    list_total: Decimal
    """Without the discount."""


@dataclass(frozen=True, slots=True)
class Priced:
    """An offer for one client. What a client may see is everything but `cost`, `margin` and `margin_percent`."""

    lines: tuple[Line, ...]
    list_total: Decimal
    delivery: Decimal
    net: Decimal
    """What is paid without tax."""
    vat_percent: Decimal
    vat: Decimal
    gross: Decimal
    cost: Decimal | None
    """None where the cost of a line is not known."""

    @property
    def discount(self) -> Decimal:
        """What the discounts take off."""
        return self.list_total + self.delivery - self.net

    @property
    def margin(self) -> Decimal | None:
        """The net total less the cost."""
        return None if self.cost is None else self.net - self.cost

    @property
    def margin_percent(self) -> Decimal | None:
        """The margin in per cent of the net total; None where the cost is not known or nothing is paid."""
        if self.margin is None or not self.net:
            return None
        return (self.margin / self.net * _HUNDRED).quantize(_CENT, ROUND_HALF_UP)


def is_pricing(key: str) -> bool:
    """Whether terms of this name change what an offer comes to: price, quantity and discount (of all lines, or with
    the number of one line as in price_2), vat, delivery_cost."""
    return bool(KEY.fullmatch(key) and _PRICING.fullmatch(key))


def priced(items: Sequence[Item], values: Mapping[str, str]) -> Priced:
    """What the items come to under the terms of one client (key → value as stored)."""
    amounts = {key: Decimal(value) for key, value in values.items() if value and is_pricing(key)}
    lines = tuple(_line(item, amounts, len(items)) for item in items)
    delivery = _cents(amounts.get("delivery_cost", Decimal(0)))
    net = sum((line.total for line in lines), delivery)
    percent = amounts.get("vat", Decimal(0))
    vat = _cents(net * percent / _HUNDRED)
    costs = [None if item.cost is None else item.cost * line.quantity for item, line in zip(items, lines, strict=True)]
    known = [one for one in costs if one is not None]
    cost = sum(known, Decimal(0)) if items and len(known) == len(costs) else None
    return Priced(
        lines, sum((line.list_total for line in lines), Decimal(0)), delivery, net, percent, vat, net + vat, cost
    )


def below_floor(offer: Priced, floor: Decimal | None) -> bool:
    """Whether the margin is known and less than the floor (per cent)."""
    if floor is None or offer.cost is None:
        return False
    percent = offer.margin_percent
    return percent is None or percent < floor


def _line(item: Item, amounts: Mapping[str, Decimal], count: int) -> Line:
    def of_line(name: str, general: bool) -> Decimal | None:
        own = amounts.get(f"{name}_{item.position}")
        return own if own is not None else amounts.get(name) if general else None

    # A price or a quantity without a number means the only line there is; a discount means every line.
    price = of_line("price", count == 1)
    quantity = of_line("quantity", count == 1)
    discount = of_line("discount", True) or Decimal(0)
    price = item.price if price is None else price
    quantity = item.quantity if quantity is None else quantity
    full = _cents(price * quantity)
    total = _cents(price * quantity * (_HUNDRED - discount) / _HUNDRED)
    return Line(item.position, item.name, item.unit, quantity, price, discount, total, full)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
