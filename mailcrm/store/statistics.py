"""Numbers of mailings: counted in the database, one row a part, never one query a recipient."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, case, cast, func, literal, or_, select
from sqlmodel import col

from mailcrm.mailing.replies import CERTAIN
from mailcrm.mailing.state import OPEN
from mailcrm.mailing.statistics import QUIET, WINDOW, Counts
from mailcrm.model import ClientGroup, Event, GroupClient, Mailing, Offer, Recipient, Variant
from mailcrm.store.visibility import EVERYTHING, Viewer, sees_client

PARTS = ("all", "variant", "group", "terms")
"""What a mailing can be looked at by."""
_EVENTS = ("reply", "bounce", "complaint", "unsubscribe", "delivered", "auto-reply", "receipt", "click", "open")
_ARRIVED = ("reply", "delivered", "auto-reply", "receipt", "click")
"""Events that prove that a message arrived."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mailing with its numbers."""

    key: str
    """The id of the variant or group, or the terms as JSON."""
    name: str
    counts: Counts
    baseline: bool = False
    randomised: bool = False
    """Drawn by lot: only then parts can be compared."""


@dataclass(frozen=True, slots=True)
class MailingRow:
    """One mailing with what it offered."""

    id: int
    name: str
    state: str
    offer_id: int
    offer_number: str
    offer_title: str
    currency: str
    started_at: datetime | None
    tracking: str
    follow_up_days: int
    scope: str
    pause_reason: str


_MAILING: Any = (
    col(Mailing.id), col(Mailing.name), col(Mailing.state), col(Mailing.offer_id), col(Offer.number), col(Offer.title),
    col(Offer.currency), col(Mailing.started_at), col(Mailing.tracking), col(Mailing.follow_up_days),
    col(Mailing.scope), col(Mailing.pause_reason),
)  # fmt: skip


def mailing(connection: Connection, mailing_id: int) -> MailingRow | None:
    """One mailing."""
    query = select(*_MAILING).join(Offer, col(Offer.id) == col(Mailing.offer_id)).where(col(Mailing.id) == mailing_id)
    row = connection.execute(query).first()
    return None if row is None else MailingRow(*row)


def mailings(connection: Connection, before: int | None = None, limit: int = 30) -> list[MailingRow]:
    """Mailings that began, newest first; `before` is the last one of the page before."""
    query = select(*_MAILING).join(Offer, col(Offer.id) == col(Mailing.offer_id))
    query = query.where(col(Mailing.started_at).is_not(None)).order_by(col(Mailing.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(Mailing.id) < before)
    return [MailingRow(*row) for row in connection.execute(query)]


def counts(
    connection: Connection, who: Viewer, mailing_ids: Iterable[int], now: datetime, by: str = "all"
) -> dict[str, Counts]:
    """The numbers of these mailings together by variant, group or terms; by "all": by the id of each mailing.

    Only recipients count whose client `who` may see.
    """
    ids = list(mailing_ids)
    mine = and_(col(Recipient.mailing_id).in_(ids), sees_client(who, col(Recipient.client_id)))
    return _counted(connection, _key(by), mine, now)


def of_like_clients(connection: Connection, who: Viewer, client_id: int, now: datetime) -> dict[str, Counts]:
    """Terms (JSON) → the numbers of clients who share a group with this one; empty where it is in none."""
    groups = select(col(GroupClient.group_id)).where(col(GroupClient.client_id) == client_id)
    alike = select(col(GroupClient.client_id)).where(col(GroupClient.group_id).in_(groups))
    mine = and_(col(Recipient.client_id).in_(alike), sees_client(who, col(Recipient.client_id)))
    return _counted(connection, _key("terms"), mine, now)


def _counted(
    connection: Connection, key: ColumnElement[Any], mine: ColumnElement[bool], now: datetime
) -> dict[str, Counts]:
    happened = _happened(mine)
    query = (
        select(key, *_sums(happened.c, now))
        .select_from(Recipient)
        .join(happened, happened.c.recipient_id == col(Recipient.id), isouter=True)
        .where(mine)
        .group_by(key)
    )
    late = _late(connection, key, mine, now)
    names = tuple(Counts.__dataclass_fields__)
    found = {}
    for row in connection.execute(query):
        one = Counts(**dict(zip(names, (int(value or 0) for value in row[1:]), strict=True)))
        found[str(row[0])] = replace(one, accepted_in_time=one.accepted_in_time - late[str(row[0])])
    return found


def _key(by: str) -> ColumnElement[Any]:
    columns: dict[str, Any] = {
        "all": cast(col(Recipient.mailing_id), String),
        "variant": func.coalesce(cast(col(Recipient.variant_id), String), ""),
        "group": func.coalesce(cast(col(Recipient.group_id), String), ""),
        "terms": col(Recipient.terms),
    }
    found: ColumnElement[Any] = columns[by]
    return found


def _happened(mine: ColumnElement[bool]) -> Any:
    """One row a recipient: which certain events there are."""
    flags = [
        func.max(case((and_(col(Event.kind) == kind, _human(kind)), 1), else_=0)).label(kind.replace("-", "_"))
        for kind in _EVENTS
    ]
    arrived = func.max(case((col(Event.kind).in_(_ARRIVED), 1), else_=0)).label("arrived")
    return (
        select(col(Event.recipient_id), *flags, arrived)
        .join(Recipient, col(Recipient.id) == col(Event.recipient_id))
        .where(mine, col(Event.confidence) >= CERTAIN, col(Event.kind).in_(_EVENTS))
        .group_by(col(Event.recipient_id))
        .subquery()
    )


def _human(kind: str) -> ColumnElement[bool]:
    return col(Event.machine_score) <= 0 if kind in ("click", "open") else literal(1) == 1


def _sums(did: Any, now: datetime) -> list[ColumnElement[Any]]:
    """The columns of `Counts`, in its order."""
    handed = col(Recipient.state) == "accepted"
    bounced = or_(func.coalesce(did.bounce, 0) == 1, col(Recipient.state) == "failed")
    through = and_(handed, func.coalesce(did.bounce, 0) == 0)
    decided = col(Recipient.decision) != ""
    proven = or_(func.coalesce(did.arrived, 0) == 1, decided)
    delivered = and_(through, or_(proven, col(Recipient.accepted_at) <= now - QUIET))
    matured = and_(delivered, col(Recipient.accepted_at) <= now - WINDOW)
    accepted = col(Recipient.decision) == "accepted"
    conditions: list[ColumnElement[bool]] = [
        literal(1) == 1,
        col(Recipient.state).in_(OPEN),
        handed,
        delivered,
        accepted,
        col(Recipient.decision) == "declined",
        func.coalesce(did.reply, 0) == 1,
        func.coalesce(did.click, 0) == 1,
        func.coalesce(did.open, 0) == 1,
        bounced,
        func.coalesce(did.complaint, 0) == 1,
        func.coalesce(did.unsubscribe, 0) == 1,
        col(Recipient.state) == "uncertain",
        col(Recipient.state).in_(["skipped", "render_error", "cancelled"]),
        matured,
        and_(matured, accepted),
        and_(delivered, col(Recipient.tracked).contains("click")),
        and_(delivered, col(Recipient.tracked).contains("open")),
    ]
    sums = [func.sum(case((one, 1), else_=0)) for one in conditions]
    known = col(Recipient.margin).is_not(None)
    return [*sums, func.sum(col(Recipient.margin)), func.sum(case((known, 1), else_=0))]


def _late(connection: Connection, key: ColumnElement[Any], mine: ColumnElement[bool], now: datetime) -> dict[str, int]:
    """How many accepted after the window: they are few, so they are looked at one by one."""
    query = select(key, col(Recipient.accepted_at), col(Recipient.decided_at)).where(
        mine, col(Recipient.decision) == "accepted", col(Recipient.accepted_at) <= now - WINDOW
    )
    found: dict[str, int] = defaultdict(int)
    for value, sent, decided in connection.execute(query):
        found[str(value)] += decided is not None and decided - sent > WINDOW
    return found


def parts(connection: Connection, who: Viewer, mailing_id: int, now: datetime, by: str) -> list[Part]:
    """A mailing by variant, group or terms, with names; the greater part first, a baseline before all."""
    numbers = counts(connection, who, [mailing_id], now, by)
    named = _names(connection, mailing_id, by)
    found = []
    for key, one in numbers.items():
        name, baseline = named.get(key, (terms_line(key) if by == "terms" else "", False))
        found.append(Part(key, name, one, baseline, by == "variant" and key != ""))
    return sorted(found, key=lambda part: (not part.baseline, -part.counts.recipients, part.name))


def _names(connection: Connection, mailing_id: int, by: str) -> dict[str, tuple[str, bool]]:
    if by == "variant":
        query = select(col(Variant.id), col(Variant.name), col(Variant.baseline))
        rows = connection.execute(query.where(col(Variant.mailing_id) == mailing_id))
        return {str(row[0]): (row[1], bool(row[2])) for row in rows}
    if by == "group":
        groups = connection.execute(select(col(ClientGroup.id), col(ClientGroup.name)))
        return {str(row[0]): (row[1], False) for row in groups}
    return {}


def terms_line(terms: str) -> str:
    """Terms (JSON) in one line."""
    try:
        values = json.loads(terms or "{}")
    except ValueError:
        return terms
    return ", ".join(f"{name} {value}" for name, value in sorted(values.items())) if isinstance(values, dict) else terms


def reasons(connection: Connection, who: Viewer, mailing_id: int) -> list[tuple[str, int]]:
    """Why clients declined, by the reason they chose, the most frequent first: objections beside the numbers."""
    query = (
        select(col(Event.recipient_id), col(Event.detail))
        .join(Recipient, col(Recipient.id) == col(Event.recipient_id))
        .where(
            col(Recipient.mailing_id) == mailing_id, col(Event.kind) == "decline",
            col(Recipient.decision) == "declined", sees_client(who, col(Recipient.client_id)),
        )
        .order_by(col(Event.id))
    )  # fmt: skip
    last = {int(row[0]): str(json.loads(row[1] or "{}").get("reason", "")) for row in connection.execute(query)}
    count: dict[str, int] = defaultdict(int)
    for reason in last.values():
        count[reason] += 1
    return sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))


def past(connection: Connection, before: int, now: datetime) -> dict[str, tuple[int, int]]:
    """Group → (accepted in time, matured) over all earlier mailings: what the prior is made of; "" for no group."""
    older = select(col(Mailing.id)).where(col(Mailing.id) < before, col(Mailing.started_at).is_not(None))
    ids = [int(i) for i in connection.execute(older.order_by(col(Mailing.id).desc()).limit(200)).scalars() if i]
    numbers = counts(connection, EVERYTHING, ids, now, "group") if ids else {}
    return {key: (one.accepted_in_time, one.matured) for key, one in numbers.items()}
