"""The board of a mailing: who got what, how far it came, and why we say so."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select, update
from sqlmodel import col

from mailcrm.mailing.replies import CERTAIN
from mailcrm.mailing.state import OPEN
from mailcrm.model import (
    Attempt,
    Client,
    Event,
    Mailing,
    Recipient,
    SharesDecision,
    Suppression,
    User,
    Variant,
)
from mailcrm.store.visibility import Viewer, sees_client

FILTERS = (
    "accepted", "declined", "replied", "silent", "suggested", "bounced", "failed", "unsubscribed", "complained",
    "uncertain", "waiting", "skipped",
)  # fmt: skip
"""What the board can be narrowed to."""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One recipient."""

    id: int
    client_id: int | None
    client: str
    address: str
    name: str
    state: str
    reason: str
    decision: str
    decided_at: datetime | None
    variant: str
    terms: str
    accepted_at: datetime | None
    attempts: int
    document_name: str
    token: str
    sent_copy: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One event of a recipient."""

    id: int
    recipient_id: int
    kind: str
    at: datetime
    source: str
    method: str
    confidence: float
    message_id: int | None
    detail: dict[str, str]

    @property
    def certain(self) -> bool:
        """Whether it counts without a person."""
        return self.confidence >= CERTAIN


@dataclass(frozen=True, slots=True)
class Said:
    """What the server said to the last attempt, in its own words."""

    phase: str
    code: int
    enhanced: str
    text: str
    server: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which recipients are asked for: one of FILTERS or all, after the last one seen; no limit for all of them."""

    only: str = ""
    after: int = 0
    limit: int | None = None


_ROW: Any = (
    col(Recipient.id), col(Recipient.client_id), func.coalesce(col(Client.name), ""), col(Recipient.address),
    col(Recipient.name), col(Recipient.state), col(Recipient.reason), col(Recipient.decision),
    col(Recipient.decided_at), func.coalesce(col(Variant.name), ""), col(Recipient.terms), col(Recipient.accepted_at),
    col(Recipient.attempts), col(Recipient.document_name), col(Recipient.token), col(Recipient.sent_copy),
)  # fmt: skip


def rows(connection: Connection, who: Viewer, mailing_id: int, wanted: Wanted = Wanted()) -> list[BoardRow]:
    """Recipients of a mailing whose clients `who` may see, in the order of sending."""
    query = _query().where(
        col(Recipient.mailing_id) == mailing_id,
        sees_client(who, col(Recipient.client_id)),
        col(Recipient.id) > wanted.after,
    )
    if wanted.only in FILTERS:
        query = query.where(_only(wanted.only))
    query = query.order_by(col(Recipient.id)).limit(wanted.limit)
    return [BoardRow(*row) for row in connection.execute(query)]


def row(connection: Connection, who: Viewer, recipient_id: int) -> tuple[int, BoardRow] | None:
    """One recipient with the id of his mailing; None where `who` may not see his client."""
    query = _query().add_columns(col(Recipient.mailing_id))
    found = connection.execute(
        query.where(col(Recipient.id) == recipient_id, sees_client(who, col(Recipient.client_id)))
    ).first()
    return None if found is None else (int(found[-1]), BoardRow(*found[:-1]))


def _query() -> Any:
    return (
        select(*_ROW)
        .select_from(Recipient)
        .join(Client, col(Client.id) == col(Recipient.client_id), isouter=True)
        .join(Variant, col(Variant.id) == col(Recipient.variant_id), isouter=True)
    )


def _only(name: str) -> ColumnElement[bool]:
    handed, state = col(Recipient.state) == "accepted", col(Recipient.state)
    sure = {"replied": "reply", "unsubscribed": "unsubscribe", "complained": "complaint"}
    conditions: dict[str, ColumnElement[bool]] = {
        "accepted": col(Recipient.decision) == "accepted",
        "declined": col(Recipient.decision) == "declined",
        "silent": and_(handed, col(Recipient.decision) == "", ~_has("reply"), ~_has("bounce")),
        "suggested": _suggested(),
        "bounced": _has("bounce"),
        "failed": state == "failed",
        "uncertain": state == "uncertain",
        "waiting": state.in_(OPEN),
        "skipped": state.in_(["skipped", "render_error", "cancelled"]),
        **{name_: _has(kind) for name_, kind in sure.items()},
    }
    return conditions[name]


def _has(kind: str) -> ColumnElement[bool]:
    mine = col(Event.recipient_id) == col(Recipient.id)
    return exists().where(mine, col(Event.kind) == kind, col(Event.confidence) >= CERTAIN)


def _suggested() -> ColumnElement[bool]:
    """Something a person should look at: a doubtful match, or words that look like a decision or a wish to leave."""
    words = [col(Event.detail).contains(f'"{key}"') for key in ("looks_like", "wants_out")]
    doubtful = and_(col(Event.confidence) < CERTAIN, col(Event.kind) == "reply")
    seen = exists().where(
        col(Event.recipient_id) == col(Recipient.id), or_(doubtful, and_(col(Event.kind) == "reply", or_(*words)))
    )
    settled = exists().where(
        col(Event.recipient_id) == col(Recipient.id), col(Event.source) == "staff", col(Event.kind) == "note"
    )
    return and_(seen, col(Recipient.decision) == "", ~settled)


def evidence(connection: Connection, recipient_ids: Sequence[int]) -> dict[int, list[Evidence]]:
    """Recipient → everything that happened, newest first."""
    columns: Any = (
        col(Event.id), col(Event.recipient_id), col(Event.kind), col(Event.at), col(Event.source), col(Event.method),
        col(Event.confidence), col(Event.message_id), col(Event.detail),
    )  # fmt: skip
    found: dict[int, list[Evidence]] = defaultdict(list)
    query = select(*columns).where(col(Event.recipient_id).in_(recipient_ids))
    for one in connection.execute(query.order_by(col(Event.at).desc(), col(Event.id).desc())):
        values: dict[str, Any] = dict(zip(Evidence.__dataclass_fields__, one, strict=True))
        found[int(one[1])].append(Evidence(**{**values, "detail": _detail(values["detail"])}))
    return found


def _detail(text: str) -> dict[str, str]:
    found = json.loads(text) if text else {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def said(connection: Connection, recipient_ids: Sequence[int]) -> dict[int, Said]:
    """Recipient → the server's answer to the last attempt."""
    last = (
        select(func.max(col(Attempt.id)))
        .where(col(Attempt.recipient_id).in_(recipient_ids))
        .group_by(col(Attempt.recipient_id))
    )
    columns: Any = (
        col(Attempt.recipient_id), col(Attempt.phase), col(Attempt.code), col(Attempt.enhanced), col(Attempt.text),
        col(Attempt.server), col(Attempt.started_at),
    )  # fmt: skip
    found = connection.execute(select(*columns).where(col(Attempt.id).in_(last)))
    return {int(one[0]): Said(*one[1:]) for one in found}


def failed(connection: Connection, who: Viewer, mailing_id: int) -> list[int]:
    """Recipients to whom sending failed and whose address may still be written to."""
    barred = exists().where(col(Suppression.address) == col(Recipient.address))
    query = select(col(Recipient.id)).where(
        col(Recipient.mailing_id) == mailing_id, col(Recipient.state) == "failed", ~barred,
        sees_client(who, col(Recipient.client_id)),
    )  # fmt: skip
    return [int(i) for i in connection.execute(query).scalars() if i is not None]


def send_again(connection: Connection, recipient_ids: Iterable[int], at: datetime) -> int:
    """Put failed recipients back into the queue, with the same bytes; their attempts stay as evidence."""
    values = {"state": "queued", "reason": "", "not_before": at, "worker": "", "lease_until": None,
              "first_failed_at": None}  # fmt: skip
    count = 0
    for one in recipient_ids:
        done = connection.execute(
            update(Recipient).where(col(Recipient.id) == one, col(Recipient.state) == "failed").values(**values)
        )
        count += done.rowcount
    return count


def reopen(connection: Connection, mailing_id: int) -> None:
    """Let a mailing that is done send again."""
    connection.execute(
        update(Mailing).where(col(Mailing.id) == mailing_id, col(Mailing.state) == "done").values(state="running")
    )


def set_shares(connection: Connection, shares: Mapping[int, float], mailing_id: int) -> None:
    """The weights of the variants of a mailing in the next drawing of lots."""
    for variant_id, share in shares.items():
        connection.execute(
            update(Variant)
            .where(col(Variant.id) == variant_id, col(Variant.mailing_id) == mailing_id)
            .values(share=share)
        )


def note_decision(connection: Connection, mailing_id: int, at: datetime, actor_id: int | None, detail: str) -> None:
    """Keep a decision about terms with the numbers that were seen."""
    values = {"mailing_id": mailing_id, "at": at, "actor_id": actor_id, "detail": detail}
    connection.execute(insert(SharesDecision).values(**values))


def shares_decided(connection: Connection, mailing_id: int) -> list[tuple[datetime, str, list[dict[str, Any]]]]:
    """Decisions about the shares of a mailing: when, by whom, with which numbers; the newest first."""
    name = select(col(User.name)).where(col(User.id) == col(SharesDecision.actor_id)).scalar_subquery()
    query = select(col(SharesDecision.at), func.coalesce(name, ""), col(SharesDecision.detail)).where(
        col(SharesDecision.mailing_id) == mailing_id
    )
    rows = connection.execute(query.order_by(col(SharesDecision.id).desc()).limit(10))
    return [(at, str(who), json.loads(detail)) for at, who, detail in rows]
