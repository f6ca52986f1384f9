"""The words for the rules of groups: what a condition asks, how it compares, and what it can be compared with."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from mailcrm.crm.group_rules import NOBODY, Condition, Every, Node, Not, Some, kind_of
from mailcrm.store import deal_board, fields, people, tags
from mailcrm.store.fields import FieldRow
from web.access import reading, who

WHATS = {
    "name": _l("Name"),
    "kind": _l("Kind"),
    "owner": _l("Owner"),
    "tag": _l("Tag"),
    "domain": _l("Domain"),
    "address": _l("E-mail address"),
    "place": _l("City or address"),
    "website": _l("Website"),
    "tax_id": _l("Tax number"),
    "note": _l("Note"),
    "last_in": _l("Last message from the client"),
    "last_out": _l("Last message to the client"),
    "last": _l("Last message either way"),
    "created": _l("Client since"),
    "messages": _l("Number of messages"),
    "document": _l("Document that was sent"),
    "offer": _l("Offer"),
    "deal": _l("Deal"),
}
HOWS = {
    "text": {
        "contains": _l("contains"),
        "not-contains": _l("does not contain"),
        "is": _l("equals"),
        "not-is": _l("does not equal"),
        "begins": _l("begins with"),
    },
    "words": {"contains": _l("has in its title"), "not-contains": _l("has never had in its title")},
    "choice": {"is": _l("is"), "not-is": _l("is not")},
    "age": {"newer": _l("in the last"), "older": _l("longer ago than"), "never": _l("never")},
    "number": {"least": _l("at least"), "most": _l("at most")},
    "date": {"before": _l("before"), "after": _l("after")},
}
OFFERS = {
    "sent": _l("sent"),
    "silent": _l("sent, without a decision"),
    "accepted": _l("accepted"),
    "declined": _l("declined"),
}
DEALS = {"open": _l("in any open stage"), "won": _l("won"), "lost": _l("lost")}


class Words:
    """The choices of one request, each asked of the database once and only where it is needed."""

    def __init__(self) -> None:
        self.fields: list[FieldRow] = fields.fields(reading(), archived=True)
        self.kinds = {one.key: one.kind for one in self.fields}
        self._choices: dict[str, dict[str, str]] = {}

    def whats(self) -> dict[str, Any]:
        """Everything that may be asked, with its label; fields of the company last."""
        return {**WHATS, **{f"field:{one.key}": one.label for one in self.fields if not one.archived}}

    def label(self, what: str) -> str:
        """The label of what a condition asks."""
        added = {f"field:{one.key}": one.label for one in self.fields}
        return str(WHATS.get(what) or added.get(what) or what)

    def kind(self, what: str) -> str:
        """text, words, choice, age, number, date; "" for what there is not."""
        return kind_of(what, self.kinds)

    def hows(self, what: str) -> dict[str, Any]:
        """How it may be compared."""
        return HOWS.get(self.kind(what), {})

    def choices(self, what: str, value: str = "") -> dict[str, str]:
        """What it may be compared with, the present value among them."""
        if what not in self._choices:
            self._choices[what] = self._asked(what)
        found = self._choices[what]
        return found if not value or value in found else {**found, value: value}

    def _asked(self, what: str) -> dict[str, str]:
        if what == "kind":
            return {"company": gettext("Company"), "person": gettext("Person")}
        if what == "owner":
            named = {str(one.id): one.name for one in people.users(reading())}
            return {NOBODY: gettext("nobody"), **named}
        if what == "tag":
            return {name.casefold(): name for _, name, _ in tags.all_tags(reading(), who())}
        if what == "offer":
            return {value: str(label) for value, label in OFFERS.items()}
        if what == "deal":
            stages = {str(one.id): one.name for one in deal_board.stages(reading(), archived=True)}
            return {**{value: str(label) for value, label in DEALS.items()}, **stages}
        field = next((one for one in self.fields if what == f"field:{one.key}"), None)
        if field is not None and field.kind == "yesno":
            return {"yes": gettext("yes"), "no": gettext("no")}
        return {choice: choice for choice in field.choices} if field else {}

    def told(self, node: Node) -> str:
        """The rule in words."""
        if isinstance(node, Condition):
            return self._condition(node, "")
        if isinstance(node, Not):
            inner = node.part
            if isinstance(inner, Condition) and f"not-{inner.how}" in self.hows(inner.what):
                return self._condition(inner, "not-")
            return str(gettext("not (%(rule)s)", rule=self.told(inner)))
        join = gettext(" and ") if isinstance(node, Every) else gettext(" or ")
        return str(join.join(self._inner(node.parts)))

    def _inner(self, parts: Sequence[Node]) -> list[str]:
        told = [(part, self.told(part)) for part in parts]
        alone = len(parts) == 1
        return [f"({text})" if not alone and _branches(part) else text for part, text in told]

    def _condition(self, one: Condition, prefix: str) -> str:
        how = str(self.hows(one.what).get(prefix + one.how, one.how))
        kind = self.kind(one.what)
        value = "" if one.how == "never" else self._value(one, kind)
        return " ".join(part for part in (self.label(one.what), how, value) if part)

    def _value(self, one: Condition, kind: str) -> str:
        if kind == "age":
            return str(gettext("%(count)s days", count=one.value))
        if kind == "choice":
            return self.choices(one.what, one.value)[one.value]
        return str(gettext("“%(words)s”", words=one.value)) if kind in ("text", "words") else one.value


def _branches(node: Node) -> bool:
    return isinstance(node, Every | Some) and len(node.parts) > 1
