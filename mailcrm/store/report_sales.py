"""The numbers of a report on what was sent and sold: documents, offers, deals."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlmodel import col

from mailcrm.model import (
    Deal,
    DealItem,
    DealMove,
    DealStage,
    Entry,
    Event,
    Mailing,
    Message,
    Recipient,
    Sending,
    Version,
)
from mailcrm.store.report_measures import Cells, Measure, Rows, amounts, columns
from mailcrm.store.report_scope import Scope, beside, by, clients, within
from mailcrm.store.visibility import FULL, Viewer, level

_SECOND = 30
"""Ids of messages begin with their second, shifted by so many bits."""


def _sent(who: Viewer, scope: Scope) -> Select[Any]:
    """One content in one message to one client, as far as the viewer may see the message."""
    client = col(Entry.client_id)
    found = columns(
        Cells(
            col(Message.at),
            col(Sending.message_id),
            client,
            col(Version.document_id),
            sub=Sending.blob_id,
            actor=Message.author_id,
        )
    )
    # Ids sort as times do, and sendings lie in the order of messages.
    first, last = (int(at.timestamp()) << _SECOND for at in (scope.period.since, scope.period.until))
    return (
        select(*found, *amounts())
        .join(Message, col(Message.id) == col(Sending.message_id))
        .join(Version, col(Version.id) == col(Sending.blob_id))
        .join(Entry, col(Entry.message_id) == col(Sending.message_id))
        .where(col(Sending.message_id) >= first, col(Sending.message_id) < last, col(Sending.direction) == "out")
        .where(level(who) >= FULL, *by(scope, col(Message.author_id)), *clients(who, scope, beside(client)))
        .distinct()
    )


def _sent_for_deals(who: Viewer, scope: Scope) -> Select[Any]:
    rows = _sent(who, scope)
    deal = and_(col(DealItem.kind) == "document", col(DealItem.record_id) == col(Version.document_id))
    return rows.join(DealItem, deal).join(
        Deal, and_(col(Deal.id) == col(DealItem.deal_id), col(Deal.client_id) == col(Entry.client_id))
    )


def _offers(at: Any, *here: ColumnElement[bool]) -> Rows:
    def rows(who: Viewer, scope: Scope) -> Select[Any]:
        found = columns(
            Cells(at, col(Recipient.id), col(Recipient.client_id), col(Mailing.offer_id), actor=Mailing.created_by)
        )
        known = (col(Recipient.client_id).is_not(None), *within(scope, at), *by(scope, col(Mailing.created_by)))
        return (
            select(*found, *amounts())
            .join(Mailing, col(Mailing.id) == col(Recipient.mailing_id))
            .where(*known, *here, *clients(who, scope, col(Recipient.client_id)))
        )

    return rows


_REPLIED = (
    select(func.min(col(Event.at)))
    .where(col(Event.recipient_id) == col(Recipient.id), col(Event.kind) == "reply")
    .scalar_subquery()
)


def _deals(at: Any, *here: ColumnElement[bool]) -> Rows:
    def rows(who: Viewer, scope: Scope) -> Select[Any]:
        found = columns(Cells(at, col(Deal.id), col(Deal.client_id), col(Deal.id), actor=Deal.owner_id))
        live = (col(Deal.archived_at).is_(None), *by(scope, col(Deal.owner_id)))
        return (
            select(*found, *amounts(col(Deal.value), col(Deal.currency)))
            .join(DealStage, col(DealStage.id) == col(Deal.stage_id))
            .where(*live, *here, *within(scope, at), *clients(who, scope, col(Deal.client_id)))
        )

    return rows


def _moved(who: Viewer, scope: Scope) -> Select[Any]:
    found = columns(
        Cells(col(DealMove.at), col(DealMove.id), col(Deal.client_id), col(Deal.id), actor=DealMove.actor_id)
    )
    moved = (col(DealMove.from_stage_id).is_not(None), col(Deal.archived_at).is_(None))
    return (
        select(*found, *amounts(col(Deal.value), col(Deal.currency)))
        .join(Deal, col(Deal.id) == col(DealMove.deal_id))
        .where(*moved, *within(scope, col(DealMove.at)), *by(scope, col(DealMove.actor_id)))
        .where(*clients(who, scope, col(Deal.client_id)))
    )


DOCUMENTS = (
    Measure("documents-sent", "document", _sent),
    Measure("deal-documents", "document", _sent_for_deals),
)
OFFERS = (
    Measure("offers-sent", "offer", _offers(col(Recipient.accepted_at), col(Recipient.state) == "accepted")),
    Measure("offers-answered", "offer", _offers(_REPLIED)),
    Measure("offers-accepted", "offer", _offers(col(Recipient.decided_at), col(Recipient.decision) == "accepted")),
    Measure("offers-declined", "offer", _offers(col(Recipient.decided_at), col(Recipient.decision) == "declined")),
)
DEALS = (
    Measure("deals-new", "deal", _deals(col(Deal.created_at)), valued=True),
    Measure("deals-moved", "deal", _moved),
    Measure("deals-won", "deal", _deals(col(Deal.moved_at), col(DealStage.kind) == "won"), valued=True),
    Measure("deals-lost", "deal", _deals(col(Deal.moved_at), col(DealStage.kind) == "lost"), valued=True),
)
