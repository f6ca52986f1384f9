"""Offers as rows: one, a page of them, their items, kinds of terms and files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, or_, select, update
from sqlmodel import col

from mailcrm.mailing.merge import Letterhead
from mailcrm.mailing.pricing import Item
from mailcrm.mailing.terms import TermSpec
from mailcrm.model import CompanyLetterhead, Offer, OfferFile, OfferItem, TermKind, User
from mailcrm.store.clients import name_key
from mailcrm.store.rows import insert as insert_rows
from mailcrm.store.templates import HEAD


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One offer, with the name of its owner."""

    id: int
    number: str
    title: str
    state: str
    owner_id: int | None
    owner_name: str | None
    currency: str
    valid_until: date | None
    margin_floor: Decimal | None
    template_id: int | None
    document_template_id: int | None
    note: str
    created_by: int | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class OfferFilter:
    """Which offers are wanted."""

    words: str = ""
    state: str = ""
    owner_id: int | None = None


@dataclass(frozen=True, slots=True)
class FileRow:
    """A ready document that goes with an offer."""

    position: int
    sha256: str
    filename: str
    content_type: str
    size: int


_ID: Any = col(Offer.id)
_COLUMNS: Any = (
    _ID,
    col(Offer.number),
    col(Offer.title),
    col(Offer.state),
    col(Offer.owner_id),
    col(User.name),
    col(Offer.currency),
    col(Offer.valid_until),
    col(Offer.margin_floor),
    col(Offer.template_id),
    col(Offer.document_template_id),
    col(Offer.note),
    col(Offer.created_by),
    col(Offer.created_at),
    col(Offer.updated_at),
)
_ITEM: Any = (OfferItem.position, OfferItem.name, OfferItem.unit, OfferItem.quantity, OfferItem.price, OfferItem.cost)
_SPEC: Any = (TermKind.key, TermKind.label, TermKind.kind, TermKind.required)
_FILE: Any = (OfferFile.position, OfferFile.sha256, OfferFile.filename, OfferFile.content_type, OfferFile.size)


def offer(connection: Connection, offer_id: int) -> OfferRow | None:
    """The offer with this id."""
    row = connection.execute(_select().where(offer_id == _ID)).one_or_none()
    return OfferRow(*row) if row else None


def with_letterhead(connection: Connection, offer_id: int) -> tuple[OfferRow, Letterhead, str] | None:
    """The offer, how the company shows itself, and the language of clients about whom nothing else is known."""
    query = _select().add_columns(*HEAD).join(CompanyLetterhead, col(CompanyLetterhead.id) == 1, isouter=True)
    row = connection.execute(query.where(offer_id == _ID)).one_or_none()
    if row is None:
        return None
    head = row[len(_COLUMNS) :]
    known = head[0] is not None
    return OfferRow(*row[: len(_COLUMNS)]), Letterhead(*head[:-1]) if known else Letterhead(), head[-1] or "en"


def offers(connection: Connection, wanted: OfferFilter, before: int = 0, limit: int = 50) -> list[OfferRow]:
    """One page of offers, the newest first; `before` is the id of the last one of the page before."""
    query = _select().order_by(_ID.desc()).limit(limit)
    if wanted.state:
        query = query.where(col(Offer.state) == wanted.state)
    if wanted.owner_id is not None:
        query = query.where(col(Offer.owner_id) == wanted.owner_id)
    for word in name_key(wanted.words).split():
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        title = col(Offer.title_key).like(f"%{escaped}%", escape="\\")
        query = query.where(or_(title, func.lower(col(Offer.number)).like(f"%{escaped}%", escape="\\")))
    return [OfferRow(*row) for row in connection.execute(query.where(before > _ID) if before else query)]


def numbers_like(connection: Connection, beginning: str) -> list[str]:
    """The numbers that begin so."""
    return list(connection.execute(select(col(Offer.number)).where(col(Offer.number).startswith(beginning))).scalars())


def has_number(connection: Connection, number: str, but: int = 0) -> bool:
    """Whether an offer, other than the one with the id `but`, has this number."""
    query = select(_ID).where(col(Offer.number) == number, but != _ID)
    return connection.execute(query).first() is not None


def add_offer(connection: Connection, values: dict[str, Any]) -> int:
    """Insert an offer from columns; returns the id."""
    row = {**values, "title_key": name_key(values["title"])}
    return int(connection.execute(insert(Offer).values(row).returning(_ID)).scalar_one())


def change_offer(connection: Connection, offer_id: int, values: dict[str, Any]) -> None:
    """Set columns of an offer."""
    row = {**values, "title_key": name_key(values["title"])} if "title" in values else values
    connection.execute(update(Offer).where(offer_id == _ID).values(row))


def items(connection: Connection, offer_id: int) -> list[Item]:
    """The lines of an offer in order."""
    query = select(*_ITEM).where(col(OfferItem.offer_id) == offer_id).order_by(col(OfferItem.position))
    return [Item(*row) for row in connection.execute(query)]


def replace_items(connection: Connection, offer_id: int, new: Sequence[Item]) -> None:
    """Set the lines of an offer."""
    connection.execute(delete(OfferItem).where(col(OfferItem.offer_id) == offer_id))
    names = ("position", "name", "unit", "quantity", "price", "cost")
    rows = [{"offer_id": offer_id, **{name: getattr(item, name) for name in names}} for item in new]
    insert_rows(connection, OfferItem, rows)


def specs(connection: Connection, offer_id: int) -> tuple[TermSpec, ...]:
    """The kinds of terms of an offer in order."""
    query = select(*_SPEC).where(col(TermKind.offer_id) == offer_id).order_by(col(TermKind.position))
    return tuple(TermSpec(*row) for row in connection.execute(query))


def replace_specs(connection: Connection, offer_id: int, new: Sequence[TermSpec]) -> None:
    """Set the kinds of terms of an offer."""
    connection.execute(delete(TermKind).where(col(TermKind.offer_id) == offer_id))
    rows: list[dict[str, Any]] = [
        {
            "offer_id": offer_id,
            "key": spec.key,
            "label": spec.label,
            "kind": spec.kind,
            "position": position,
            "required": spec.required,
        }
        for position, spec in enumerate(new, 1)
    ]
    insert_rows(connection, TermKind, rows)


def files(connection: Connection, offer_id: int) -> list[FileRow]:
    """The ready documents of an offer in order."""
    query = select(*_FILE).where(col(OfferFile.offer_id) == offer_id).order_by(col(OfferFile.position))
    return [FileRow(*row) for row in connection.execute(query)]


def add_file(connection: Connection, offer_id: int, values: dict[str, Any]) -> None:
    """Put a ready document after the others."""
    last = select(func.max(col(OfferFile.position))).where(col(OfferFile.offer_id) == offer_id)
    position = int(connection.execute(last).scalar_one() or 0) + 1
    insert_rows(connection, OfferFile, [{"offer_id": offer_id, "position": position, **values}])


def remove_file(connection: Connection, offer_id: int, position: int) -> int:
    """Take a ready document away; returns how many there were (0 or 1)."""
    here = (col(OfferFile.offer_id) == offer_id, col(OfferFile.position) == position)
    return connection.execute(delete(OfferFile).where(*here)).rowcount


def library(connection: Connection, limit: int = 50) -> list[tuple[int, FileRow]]:
    """Ready documents of other offers, each content once, those of the newest offers first: (offer, file)."""
    query = select(col(OfferFile.offer_id), *_FILE).order_by(col(OfferFile.offer_id).desc()).limit(limit * 4)
    found: dict[str, tuple[int, FileRow]] = {}
    for offer_id, *row in connection.execute(query):
        one = FileRow(*row)
        found.setdefault(one.sha256, (offer_id, one))
    return list(found.values())[:limit]


def _select() -> Select[Any]:
    return select(*_COLUMNS).join(User, col(User.id) == col(Offer.owner_id), isouter=True)
