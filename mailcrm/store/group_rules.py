"""The rule of a group as one condition of SQL on the row of `client` at hand. What people wrote only ever becomes a
bound value; what the rule asks is looked up here, never spelled into the statement."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select, true
from sqlmodel import col

from mailcrm.crm.fields import sort_key
from mailcrm.crm.group_rules import DEALS, NOBODY, Condition, Every, Node, Not
from mailcrm.errors import Refused
from mailcrm.model import (
    Client,
    ClientDomain,
    ClientField,
    ClientTag,
    ContactAddress,
    CustomField,
    Deal,
    DealStage,
    Document,
    Recipient,
    Tag,
    Version,
    VersionClient,
)
from mailcrm.store.clients import name_key
from mailcrm.store.folded import fold, folded

_SENT = ("accepted", "uncertain")
"""States of a recipient whose message left, as far as anybody knows."""


def where(node: Node, now: datetime, fields: Mapping[str, str]) -> ColumnElement[bool]:
    """Whether the client at hand fits the rule; `fields`: key → kind of the fields that the company added.

    Raises Refused for what it cannot ask.
    """
    if isinstance(node, Condition):
        return _field(node, fields) if node.what.startswith("field:") else _condition(node, now)
    if isinstance(node, Not):
        # coalesce: what is unknown (NULL) does not fit, and then its opposite does.
        return not_(func.coalesce(where(node.part, now, fields), false()))
    parts = [where(part, now, fields) for part in node.parts]
    if isinstance(node, Every):
        return and_(true(), *parts)
    return or_(false(), *parts)


def _condition(one: Condition, now: datetime) -> ColumnElement[bool]:
    ask = _ASK.get(one.what)
    if ask is None:
        raise Refused(f'The rule asks for "{one.what} {one.how}", which there is not.')
    return ask(one, now)


def _field(one: Condition, fields: Mapping[str, str]) -> ColumnElement[bool]:
    key = one.what.removeprefix("field:")
    kind = fields.get(key, "")
    has = (
        select(col(ClientField.client_id))
        .join(CustomField, col(CustomField.id) == col(ClientField.field_id))
        .where(col(CustomField.key) == key)
    )
    order = col(ClientField.sort_key)
    if kind in ("number", "date"):
        value = sort_key(kind, one.value)
        compared = {"least": order >= value, "most": order <= value, "before": order < value, "after": order > value}
        return col(Client.id).in_(has.where(compared[one.how]))
    if kind == "text":
        return col(Client.id).in_(has.where(_like(func.replace(order, "ё", "е"), one, _spaced(fold(one.value)))))
    return col(Client.id).in_(has.where(col(ClientField.value) == one.value))


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _like(column: Any, one: Condition, value: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.contains(value, autoescape=True)
    if one.how == "is":
        found = column == value
    elif one.how == "begins":
        found = column.startswith(value, autoescape=True)
    return found


def _text(name: str) -> Callable[[Condition, datetime], ColumnElement[bool]]:
    return lambda one, _now: _like(folded(getattr(Client, name)), one, _spaced(fold(one.value)))


def _named(one: Condition, _now: datetime) -> ColumnElement[bool]:
    name = func.replace(col(Client.name_key), "ё", "е")
    return _like(name, one, _spaced(one.value.casefold().replace("ё", "е")))


def _among(column: Any, of: Any) -> Callable[[Condition, datetime], ColumnElement[bool]]:
    """A condition on rows of another table: the clients that have one, as a list that is made once."""
    return lambda one, _now: col(Client.id).in_(select(of).where(_like(column, one, one.value.strip().casefold())))


def _kind(one: Condition, _now: datetime) -> ColumnElement[bool]:
    return col(Client.kind) == one.value


def _owner(one: Condition, _now: datetime) -> ColumnElement[bool]:
    owner = col(Client.owner_id)
    return owner.is_(None) if one.value == NOBODY else owner == int(one.value)


def _tag(one: Condition, _now: datetime) -> ColumnElement[bool]:
    has = select(col(ClientTag.client_id)).join(Tag, col(Tag.id) == col(ClientTag.tag_id))
    return col(Client.id).in_(has.where(col(Tag.name_key) == name_key(one.value)))


def _age(*names: str) -> Callable[[Condition, datetime], ColumnElement[bool]]:
    """The last of these times. Older asks for something that happened, so that "never" is a word of its own."""

    def ask(one: Condition, now: datetime) -> ColumnElement[bool]:
        columns = [col(getattr(Client, name)) for name in names]
        if one.how == "never":
            return and_(*(column.is_(None) for column in columns))
        since = now - timedelta(days=int(one.value))
        newer = or_(*(func.coalesce(column >= since, false()) for column in columns))
        return newer if one.how == "newer" else and_(not_(newer), or_(*(column.is_not(None) for column in columns)))

    return ask


def _messages(one: Condition, _now: datetime) -> ColumnElement[bool]:
    count = col(Client.message_count)
    return count >= int(one.value) if one.how == "least" else count <= int(one.value)


def _document(one: Condition, _now: datetime) -> ColumnElement[bool]:
    """A version of ours, of a document whose title has all the words, reached the client."""
    # By the versions of each client, which are kept: to join sendings and links took 1.0 s where this takes 0.1 s.
    words = [col(Document.title_key).contains(fold(word), autoescape=True) for word in one.value.split()]
    versions = (
        select(col(Version.id))
        .join(Document, col(Document.id) == col(Version.document_id))
        .where(col(Version.theirs).is_(False), *words)
    )
    got = select(col(VersionClient.client_id)).where(col(VersionClient.version_id).in_(versions))
    return col(Client.id).in_(got)


def _offer(one: Condition, _now: datetime) -> ColumnElement[bool]:
    got = select(col(Recipient.client_id)).where(col(Recipient.client_id).is_not(None))
    if one.value in ("accepted", "declined"):
        return col(Client.id).in_(got.where(col(Recipient.decision) == one.value))
    sent = got.where(col(Recipient.state).in_(_SENT))
    if one.value == "silent":
        decided = got.where(col(Recipient.decision) != "")
        return and_(col(Client.id).in_(sent), col(Client.id).not_in(decided))
    return col(Client.id).in_(sent)


def _deal(one: Condition, _now: datetime) -> ColumnElement[bool]:
    """The client has a deal in this stage, or in any of its kind."""
    stage = col(DealStage.kind) == one.value if one.value in DEALS else col(DealStage.id) == int(one.value)
    has = select(col(Deal.client_id)).join(DealStage, col(DealStage.id) == col(Deal.stage_id))
    return col(Client.id).in_(has.where(stage, col(Deal.archived_at).is_(None)))


_ASK: dict[str, Callable[[Condition, datetime], ColumnElement[bool]]] = {
    "name": _named,
    "kind": _kind,
    "owner": _owner,
    "tag": _tag,
    "domain": _among(col(ClientDomain.domain), col(ClientDomain.client_id)),
    "address": _among(col(ContactAddress.email), col(ContactAddress.client_id)),
    "place": _text("postal_address"),
    "website": _text("website"),
    "tax_id": _text("tax_id"),
    "note": _text("note"),
    "last_in": _age("last_in_at"),
    "last_out": _age("last_out_at"),
    "last": _age("last_in_at", "last_out_at"),
    "created": _age("created_at"),
    "messages": _messages,
    "document": _document,
    "offer": _offer,
    "deal": _deal,
}
