"""Mailings as rows: one, a page of them, their variants, how far they have come."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update
from sqlmodel import col

from mailcrm.model import Mailing, Offer, Recipient, User, Variant
from mailcrm.store.rows import insert as insert_rows
from mailcrm.store.rows import table

TEST = "test"
"""The policy of a mailing that goes to its maker alone; it stands in no list."""


@dataclass(frozen=True, slots=True)
class MailingRow:
    """One mailing, with its offer and who made and approved it."""

    id: int
    offer_id: int
    offer_title: str
    name: str
    state: str
    pause_reason: str
    audience: str
    fallback_account_id: int | None
    policy: str
    scope: str
    send_at_local: str
    zone: str
    window: str
    ramp: str
    tracking: str
    seed: int
    prepared_at: datetime | None
    prepared_sha: str
    prepared_from: str
    created_by: int | None
    creator: str | None
    approved_by: int | None
    approver: str | None
    approved_at: datetime | None
    approved_sha: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class VariantRow:
    """One variant."""

    id: int
    name: str
    values: dict[str, str]
    baseline: bool
    share: float


_ID: Any = col(Mailing.id)
_APPROVER: Any = table(User).alias("approver")
_NAMES = {"offer_title": col(Offer.title), "creator": col(User.name), "approver": _APPROVER.c.name}
_COLUMNS: Any = tuple(
    _NAMES[name] if name in _NAMES else getattr(Mailing, name) for name in MailingRow.__dataclass_fields__
)
_VARIANT: Any = (Variant.id, Variant.name, Variant.data, Variant.baseline, Variant.share)


def mailing(connection: Connection, mailing_id: int) -> MailingRow | None:
    """The mailing with this id."""
    row = connection.execute(_select().where(mailing_id == _ID)).one_or_none()
    return MailingRow(*row) if row else None


def mailings(connection: Connection, before: int = 0, limit: int = 50, offer_id: int = 0) -> list[MailingRow]:
    """One page of mailings, the newest first, all or those of an offer; tests are left out."""
    query = _select().where(col(Mailing.policy) != TEST).order_by(_ID.desc()).limit(limit)
    if before:
        query = query.where(before > _ID)
    if offer_id:
        query = query.where(col(Mailing.offer_id) == offer_id)
    return [MailingRow(*row) for row in connection.execute(query)]


def counts(connection: Connection, mailing_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Mailing → state → how many recipients."""
    query = select(col(Recipient.mailing_id), col(Recipient.state), func.count()).group_by(
        col(Recipient.mailing_id), col(Recipient.state)
    )
    found: dict[int, dict[str, int]] = {}
    for number, state, count in connection.execute(query.where(col(Recipient.mailing_id).in_(mailing_ids))):
        found.setdefault(number, {})[state] = count
    return found


def add_mailing(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a mailing from columns; returns the id."""
    return int(connection.execute(insert(Mailing).values(values).returning(_ID)).scalar_one())


def change_mailing(connection: Connection, mailing_id: int, values: dict[str, Any]) -> None:
    """Set columns of a mailing."""
    connection.execute(update(Mailing).where(mailing_id == _ID).values(values))


def remove(connection: Connection, mailing_id: int) -> None:
    """Delete a mailing of which nothing has left, with its recipients and variants."""
    connection.execute(delete(Mailing).where(mailing_id == _ID))


def variants(connection: Connection, mailing_id: int) -> list[VariantRow]:
    """The variants of a mailing in the order they were added."""
    query = select(*_VARIANT).where(col(Variant.mailing_id) == mailing_id).order_by(col(Variant.id))
    return [
        VariantRow(n, name, json.loads(data), base, share) for n, name, data, base, share in connection.execute(query)
    ]


def replace_variants(
    connection: Connection, mailing_id: int, rows: Sequence[tuple[str, dict[str, str], float]]
) -> None:
    """Set the variants of a mailing: (name, values, share); the first one is the baseline."""
    connection.execute(delete(Variant).where(col(Variant.mailing_id) == mailing_id))
    insert_rows(
        connection,
        Variant,
        [
            {
                "mailing_id": mailing_id,
                "name": name,
                "data": json.dumps(values, ensure_ascii=False, sort_keys=True),
                "baseline": place == 0,
                "share": share,
            }
            for place, (name, values, share) in enumerate(rows)
        ],
    )


def scheduled(connection: Connection) -> list[MailingRow]:
    """The mailings that wait for their time."""
    return [MailingRow(*row) for row in connection.execute(_select().where(col(Mailing.state) == "scheduled"))]


def start_due(connection: Connection, now: datetime) -> int:
    """Let those scheduled mailings run whose first message may leave now; returns how many."""
    due = (
        select(col(Recipient.mailing_id))
        .where(col(Recipient.state) == "queued", col(Recipient.not_before) <= now)
        .where(col(Recipient.mailing_id) == _ID)
    )
    started = update(Mailing).where(col(Mailing.state) == "scheduled", due.exists())
    return connection.execute(started.values(state="running", started_at=now)).rowcount


def _select() -> Select[Any]:
    return (
        select(*_COLUMNS)
        .join(Offer, col(Offer.id) == col(Mailing.offer_id))
        .join(User, col(User.id) == col(Mailing.created_by), isouter=True)
        .join(_APPROVER, _APPROVER.c.id == col(Mailing.approved_by), isouter=True)
    )
