"""What belongs to deals: contacts, messages and so their threads, offers; as far as a viewer may see.

Documents are read in `store.documents`, which knows who may see them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, select
from sqlmodel import col

from mailcrm.model import Contact, Deal, DealItem, DealStage, Message, Offer
from mailcrm.store.rows import insert_missing
from mailcrm.store.visibility import STUB, SUBJECT, Viewer, level, sees_client

KINDS = ("contact", "message", "document", "offer")


@dataclass(frozen=True, slots=True)
class MessageItem:
    """A message of a deal with as much as the viewer may see."""

    id: int
    thread_id: int
    at: datetime
    direction: str
    subject: str
    in_thread: int
    """How many messages its thread has."""


@dataclass(frozen=True, slots=True)
class NamedItem:
    """A contact or an offer of a deal."""

    id: int
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class DealName:
    """A deal as other pages name it."""

    id: int
    title: str
    client_id: int
    stage: str
    kind: str


def messages(connection: Connection, who: Viewer, deal_id: int, limit: int = 50) -> list[MessageItem]:
    """The messages of a deal, newest first."""
    seen = level(who)
    others = Message.__table__.alias("others")  # type: ignore[attr-defined]
    size = select(func.count()).where(others.c.thread_id == col(Message.thread_id)).scalar_subquery()
    query = (
        select(
            col(Message.id),
            col(Message.thread_id),
            col(Message.at),
            col(Message.direction),
            case((seen >= SUBJECT, col(Message.subject)), else_=""),
            size,
        )
        .join(DealItem, _is("message", col(Message.id)))
        .where(col(DealItem.deal_id) == deal_id, seen >= STUB)
        .order_by(col(Message.id).desc())
        .limit(limit)
    )
    return [MessageItem(*row) for row in connection.execute(query)]


def contacts(connection: Connection, deal_id: int) -> list[NamedItem]:
    """The people of a deal, by name; `detail` is the position."""
    query: Any = (
        select(col(Contact.id), col(Contact.name), col(Contact.position))
        .join(DealItem, _is("contact", col(Contact.id)))
        .where(col(DealItem.deal_id) == deal_id)
        .order_by(col(Contact.name_key))
    )
    return [NamedItem(*row) for row in connection.execute(query)]


def offers(connection: Connection, deal_id: int) -> list[NamedItem]:
    """The offers of a deal, newest first; `detail` is the number."""
    query: Any = (
        select(col(Offer.id), col(Offer.title), col(Offer.number))
        .join(DealItem, _is("offer", col(Offer.id)))
        .where(col(DealItem.deal_id) == deal_id)
        .order_by(col(Offer.id).desc())
    )
    return [NamedItem(*row) for row in connection.execute(query)]


def deals_of(connection: Connection, who: Viewer, kind: str, record_ids: Sequence[int]) -> list[DealName]:
    """The deals that one of these records belongs to, the newest first."""
    query = (
        _named(who)
        .join(DealItem, col(DealItem.deal_id) == col(Deal.id))
        .where(col(DealItem.kind) == kind, col(DealItem.record_id).in_(record_ids))
        .distinct()
        .order_by(col(Deal.id).desc())
    )
    return [DealName(*row) for row in connection.execute(query)]


def open_deals(connection: Connection, who: Viewer, client_ids: Sequence[int], limit: int = 30) -> list[DealName]:
    """The open deals of these clients, the newest first."""
    query = _named(who).where(col(Deal.client_id).in_(client_ids), col(DealStage.kind) == "open")
    return [DealName(*row) for row in connection.execute(query.order_by(col(Deal.id).desc()).limit(limit))]


def add(connection: Connection, deal_id: int, items: Iterable[tuple[str, int]], by: int | None, at: datetime) -> None:
    """Say that records (kind, id) belong to a deal; nothing happens where they do."""
    same = {"deal_id": deal_id, "added_by": by, "added_at": at}
    insert_missing(connection, DealItem, [{**same, "kind": kind, "record_id": number} for kind, number in items])


def remove(connection: Connection, deal_id: int, kind: str, record_id: int) -> int:
    """Say that a record does not belong to a deal; how many there were (0 or 1)."""
    here = and_(col(DealItem.deal_id) == deal_id, col(DealItem.kind) == kind, col(DealItem.record_id) == record_id)
    return connection.execute(delete(DealItem).where(here)).rowcount


def _named(who: Viewer) -> Any:
    rest: Any = (col(Deal.client_id), col(DealStage.name), col(DealStage.kind))
    return (
        select(col(Deal.id), col(Deal.title), *rest)
        .join(DealStage, col(DealStage.id) == col(Deal.stage_id))
        .where(col(Deal.archived_at).is_(None), sees_client(who, col(Deal.client_id)))
    )


def _is(kind: str, record: Any) -> ColumnElement[bool]:
    return and_(col(DealItem.kind) == kind, col(DealItem.record_id) == record)
