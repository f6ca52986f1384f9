"""What comes back from mailings, as rows: whom a message may concern, events, aliases, what follows from bounces."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, func, literal, select, union_all, update
from sqlmodel import col

from mailcrm.mailing.replies import CERTAIN
from mailcrm.mailing.state import SENDS
from mailcrm.model import Attempt, Event, Mailing, MessageAlias, Offer, Recipient
from mailcrm.store.rows import insert_missing, parts

SENT = ("accepted", "uncertain", "sending")
"""States in which a message may have reached somebody."""


@dataclass(frozen=True, slots=True)
class Concerned:
    """One recipient whom a message may concern, by what led to him: a layer of `mailing.replies` and its value."""

    layer: str
    value: str
    id: int
    mailing_id: int
    client_id: int | None
    address: str
    state: str
    decision: str
    scope: str
    """Of the suppressions of its mailing."""
    offer_number: str
    offer_title: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked up for a batch of messages, all at once."""

    recipients: Collection[int] = ()
    aliases: Collection[str] = ()
    senders: Collection[str] = ()
    files: Collection[str] = ()
    """sha256 of attachments."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """One event to be added; the same `source_key` twice is one row."""

    recipient_id: int
    kind: str
    at: datetime
    source: str
    source_key: str
    method: str = ""
    confidence: float = 1.0
    message_id: int | None = None
    machine_score: int = 0
    detail: tuple[tuple[str, Any], ...] = ()


def any_recipients(connection: Connection) -> bool:
    """Whether anything was ever offered to anybody: as long as not, nothing can come back."""
    return bool(connection.execute(select(exists().where(col(Recipient.id) > 0))).scalar_one())


def concerned(connection: Connection, asked: Asked, since: datetime) -> list[Concerned]:
    """The recipients behind what a batch names, in one query; by sender only those written to since then."""
    queries = [
        *_by("number", col(Recipient.id), asked.recipients),
        *_by("sender", col(Recipient.address), asked.senders, since),
        *_by("document", col(Recipient.document_sha256), asked.files),
        *(
            _select("alias", col(MessageAlias.alias))
            .join(MessageAlias, col(MessageAlias.recipient_id) == col(Recipient.id))
            .where(col(MessageAlias.alias).in_(some))
            for some in parts(asked.aliases, 400)
        ),
    ]
    if not queries:
        return []
    return [Concerned(*row) for row in connection.execute(union_all(*queries))]


def _select(layer: str, value: Any) -> Select[Any]:
    return (
        select(
            literal(layer), value, col(Recipient.id), col(Recipient.mailing_id), col(Recipient.client_id),
            col(Recipient.address), col(Recipient.state), col(Recipient.decision), col(Mailing.scope),
            col(Offer.number), col(Offer.title),
        )
        .select_from(Recipient)
        .join(Mailing, col(Mailing.id) == col(Recipient.mailing_id))
        .join(Offer, col(Offer.id) == col(Mailing.offer_id))
    )  # fmt: skip


def _by(layer: str, column: Any, values: Collection[Any], since: datetime | None = None) -> Iterable[Select[Any]]:
    for some in parts(values, 400):
        query = _select(layer, literal("") if layer == "number" else column).where(column.in_(some))
        if since is not None:
            sent_at = func.coalesce(col(Recipient.accepted_at), col(Recipient.dated_at))
            query = query.where(col(Recipient.state).in_(SENT), sent_at >= since)
        yield query


def add_events(connection: Connection, events: Iterable[NewEvent]) -> None:
    """Add events; those told before are left as they are."""
    rows = [
        {"recipient_id": e.recipient_id, "kind": e.kind, "at": e.at, "source": e.source, "method": e.method,
         "confidence": e.confidence, "message_id": e.message_id, "machine_score": e.machine_score,
         "detail": json.dumps(dict(e.detail), ensure_ascii=False) if e.detail else "", "source_key": e.source_key}
        for e in events
    ]  # fmt: skip
    insert_missing(connection, Event, rows)


def add_aliases(connection: Connection, aliases: Iterable[tuple[str, int]]) -> None:
    """Remember under which other Message-IDs what we sent is known."""
    insert_missing(connection, MessageAlias, [{"alias": a, "recipient_id": r} for a, r in aliases if a])


def settle_uncertain(connection: Connection, seen: Iterable[tuple[int, str, datetime]]) -> None:
    """Sendings of which nobody knew whether they had left have: (recipient, evidence, when)."""
    for recipient_id, evidence, at in seen:
        when = func.coalesce(col(Recipient.accepted_at), col(Recipient.dated_at), at)
        connection.execute(
            update(Recipient)
            .where(col(Recipient.id) == recipient_id, col(Recipient.state) == "uncertain")
            .values(state="accepted", reason=f"seen: {evidence}", accepted_at=when)
        )


def soft_bounces(connection: Connection, addresses: Sequence[str]) -> dict[str, list[datetime]]:
    """Address → the times at which mail to it was returned for reasons that pass, or refused at once because the
    mailbox was full, oldest first."""
    found: dict[str, list[datetime]] = {}
    for some in parts(addresses):
        here = col(Recipient.address).in_(some)
        returned: Any = (
            select(col(Recipient.address), col(Event.at).label("at"))
            .join(Event, col(Event.recipient_id) == col(Recipient.id))
            .where(here, col(Event.kind) == "soft-bounce")
        )
        refused: Any = (
            select(col(Recipient.address), func.max(col(Attempt.started_at)).label("at"))
            .join(Attempt, col(Attempt.recipient_id) == col(Recipient.id))
            .where(here, col(Recipient.state) == "failed", col(Recipient.reason) == "full")
            .group_by(col(Recipient.id), col(Recipient.address))
        )
        for address, at in connection.execute(union_all(returned, refused).order_by("at")):
            found.setdefault(address, []).append(at)
    return found


def decide(connection: Connection, recipient_id: int, decision: str, at: datetime) -> None:
    """Note what the client decided last; the history stays in the events."""
    values = {"decision": decision, "decided_at": at}
    connection.execute(update(Recipient).where(col(Recipient.id) == recipient_id).values(**values))


def pause_for_complaints(connection: Connection, mailing_ids: Iterable[int]) -> None:
    """Pause those of these mailings that still send and that more than one in a thousand complained about."""
    for mailing_id in sorted(mailing_ids):
        mine = col(Recipient.mailing_id) == mailing_id
        handed = select(func.count()).select_from(Recipient).where(mine, col(Recipient.state) == "accepted")
        complained = (
            select(func.count(func.distinct(col(Event.recipient_id))))
            .join(Recipient, col(Recipient.id) == col(Event.recipient_id))
            .where(mine, col(Event.kind) == "complaint", col(Event.confidence) >= CERTAIN)
        )
        of, count = (int(connection.execute(query).scalar_one()) for query in (handed, complained))
        if count * 1000 > of:
            stop = update(Mailing).where(col(Mailing.id) == mailing_id, col(Mailing.state).in_(SENDS))
            words = f"complaints: {count} of {of}"
            connection.execute(stop.values(state="paused", pause_reason=words))
