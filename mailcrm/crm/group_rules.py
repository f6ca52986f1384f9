"""The rule of a group: a small tree of conditions on clients, its JSON, and what may stand in it.

A leaf is {"what": "name", "how": "contains", "value": "pump"}; branches are {"all": […]}, {"any": […]} and
{"not": …}. What a condition asks is one of WHATS, or "field:KEY" for a field that the company added.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from mailcrm.errors import Refused

HOWS: dict[str, tuple[str, ...]] = {
    "text": ("contains", "is", "begins"),
    "words": ("contains",),
    "choice": ("is",),
    "age": ("newer", "older", "never"),
    "number": ("least", "most"),
    "date": ("before", "after"),
}
"""Kind of a condition → how it may compare."""
WHATS: dict[str, str] = {
    "name": "text",
    "kind": "choice",
    "owner": "choice",
    "tag": "choice",
    "domain": "text",
    "address": "text",
    "place": "text",
    "website": "text",
    "tax_id": "text",
    "note": "text",
    "last_in": "age",
    "last_out": "age",
    "last": "age",
    "created": "age",
    "messages": "number",
    "document": "words",
    "offer": "choice",
    "deal": "choice",
}
"""What a condition may ask → the kind of its answer."""
OFFERS = ("sent", "silent", "accepted", "declined")
"""An offer was sent; sent and not decided on; accepted; declined."""
DEALS = ("open", "won", "lost")
"""Kinds of stages that a deal may be in; any other value is the number of a stage."""
NOBODY = "nobody"
"""The owner of a client without one."""
FIELD_KINDS = {"text": "text", "number": "number", "date": "date", "choice": "choice", "yesno": "choice"}
"""Kind of a field that the company added → kind of the condition."""
MOST_CONDITIONS, MOST_DEPTH, LONGEST = 40, 6, 200
_MOST_DAYS = 36_500
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Condition:
    """One question to a client."""

    what: str
    how: str
    value: str


@dataclass(frozen=True, slots=True)
class Every:
    """All of these hold; so does an empty one."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of these holds; an empty one does not."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """This does not hold."""

    part: "Node"


Node = Condition | Every | Some | Not


def kind_of(what: str, fields: Mapping[str, str]) -> str:
    """The kind of what a condition asks; "" where there is no such thing. `fields`: key → kind of added fields."""
    if what.startswith("field:"):
        return FIELD_KINDS.get(fields.get(what.removeprefix("field:"), ""), "")
    return WHATS.get(what, "")


def parsed(text: str, fields: Mapping[str, str]) -> Node:
    """The rule that a JSON text holds; raises Refused, saying what is wrong with it."""
    try:
        found = _node(json.loads(text), 1)
    except (json.JSONDecodeError, RecursionError):
        raise Refused("The rule is not valid JSON.") from None
    checked(found, fields)
    return found


def written(node: Node) -> str:
    """The rule as JSON, the same text for the same rule."""
    return json.dumps(_plain(node), ensure_ascii=False, separators=(",", ":"))


def conditions(node: Node) -> Iterator[Condition]:
    """All the leaves."""
    if isinstance(node, Condition):
        yield node
    elif isinstance(node, Not):
        yield from conditions(node.part)
    else:
        for part in node.parts:
            yield from conditions(part)


def checked(node: Node, fields: Mapping[str, str]) -> None:
    """Raises Refused where a condition asks what there is not, or compares with what makes no sense."""
    found = list(conditions(node))
    if not found:
        raise Refused("A rule needs a condition.")
    if len(found) > MOST_CONDITIONS:
        raise Refused(f"A rule has at most {MOST_CONDITIONS} conditions.")
    for one in found:
        _check(one, kind_of(one.what, fields))


def complete(one: Condition, fields: Mapping[str, str]) -> bool:
    """Whether a condition that is being written says enough to be asked."""
    try:
        _check(one, kind_of(one.what, fields))
    except Refused:
        return False
    return True


def _check(one: Condition, kind: str) -> None:
    if not kind or one.how not in HOWS[kind]:
        raise Refused(f'The rule asks for "{one.what} {one.how}", which there is not.')
    if one.how == "never":
        return
    if not one.value.strip() or len(one.value) > LONGEST:
        raise Refused(f'The condition on "{one.what}" needs a value of at most {LONGEST} characters.')
    added = one.what.startswith("field:")
    if kind == "number" and added and not _is_number(one.value):
        raise Refused(f'The condition on "{one.what}" needs a number.')
    if kind in ("age", "number") and not added and not _is_whole(one.value, _MOST_DAYS if kind == "age" else 10**12):
        raise Refused(f'The condition on "{one.what}" needs a whole number.')
    if kind == "date" and not _is_day(one.value):
        raise Refused(f'The condition on "{one.what}" needs a date like 2026-01-31.')
    if one.what == "offer" and one.value not in OFFERS:
        raise Refused(f'The rule asks for "{one.what} {one.value}", which there is not.')
    if one.what == "deal" and one.value not in DEALS and not _is_whole(one.value, 10**12):
        raise Refused(f'The rule asks for "{one.what} {one.value}", which there is not.')
    if one.what == "owner" and one.value != NOBODY and not _is_whole(one.value, 10**12):
        raise Refused(f'The rule asks for "{one.what} {one.value}", which there is not.')


def _is_whole(value: str, most: int) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 14 and int(value) <= most


def _is_number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _node(raw: Any, depth: int) -> Node:
    if depth > MOST_DEPTH:
        raise Refused(f"The conditions of a rule stand at most {MOST_DEPTH} deep.")
    if isinstance(raw, dict) and set(raw) == {"what", "how", "value"}:
        return Condition(*(str(raw[name]) for name in ("what", "how", "value")))
    if isinstance(raw, dict) and set(raw) == {"not"}:
        return Not(_node(raw["not"], depth + 1))
    for name, branch in (("all", Every), ("any", Some)):
        if isinstance(raw, dict) and set(raw) == {name} and isinstance(raw[name], list):
            return branch(tuple(_node(part, depth + 1) for part in raw[name]))
    raise Refused('A rule is made of {"all": […]}, {"any": […]}, {"not": …} and conditions.')


def _plain(node: Node) -> dict[str, Any]:
    if isinstance(node, Condition):
        return {"what": node.what, "how": node.how, "value": node.value}
    if isinstance(node, Not):
        return {"not": _plain(node.part)}
    return {"all" if isinstance(node, Every) else "any": [_plain(part) for part in node.parts]}
