"""Mailings that are being sent: which may send what now, and how they pause, go on and end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, func, literal, or_, select, text, update
from sqlmodel import col

from mailcrm.mailing.answer import Answer
from mailcrm.mailing.state import SENDS
from mailcrm.model import Attempt, Event, Mailing, Message, Recipient, SendAccount
from mailcrm.store.queue import Source

_WAITING = text("recipient.state IN ('queued', 'deferred')")
_LOOKED_BACK = 5000
_STOPPABLE = ("new", "rendered", "queued", "deferred", "claimed", "render_error")


@dataclass(frozen=True, slots=True)
class Running:
    """What decides whether mail of a mailing may leave now."""

    id: int
    state: str
    window: str
    zone: str
    ramp: str
    wave: int
    wave_at: datetime | None
    policy: str


_RUNNING: Any = [getattr(Mailing, name) for name in Running.__dataclass_fields__]


def running(connection: Connection) -> list[Running]:
    """The mailings that send."""
    query = select(*_RUNNING).where(col(Mailing.state).in_(SENDS)).order_by(col(Mailing.id))
    return [Running(*row) for row in connection.execute(query)]


def due(connection: Connection, mailing_ids: Sequence[int], now: datetime) -> list[Source]:
    """Where something is due: pairs of account and mailing, only of accounts that may send now."""
    waits = exists().where(
        col(Recipient.account_id) == col(SendAccount.id),
        col(Recipient.mailing_id) == col(Mailing.id),
        col(Recipient.wave) <= col(Mailing.wave),
        col(Recipient.not_before) <= now,
        _WAITING,
    )
    awake = or_(col(SendAccount.breaker_until).is_(None), col(SendAccount.breaker_until) <= now)
    query = (
        select(col(SendAccount.id), col(Mailing.id), col(Mailing.wave))
        .join_from(SendAccount, Mailing, literal(True))
        .where(col(Mailing.id).in_(mailing_ids), col(SendAccount.state) == "active", awake, waits)
        .order_by(col(SendAccount.id), col(Mailing.id))
    )
    rows: Any = connection.execute(query)
    return [Source(account, mailing, wave) for account, mailing, wave in rows]


def state_of(connection: Connection, mailing_id: int) -> str:
    """The state of a mailing; empty where there is none."""
    row = select(col(Mailing.state)).where(col(Mailing.id) == mailing_id)
    return str(connection.execute(row).scalar_one_or_none() or "")


def change(connection: Connection, mailing_id: int, before: Sequence[str], **values: object) -> bool:
    """Set columns of a mailing that is in one of the states; False where it is not."""
    row = update(Mailing).where(col(Mailing.id) == mailing_id, col(Mailing.state).in_(before))
    return connection.execute(row.values(**values)).rowcount == 1


def last_answers(connection: Connection, mailing_id: int, limit: int) -> list[Answer]:
    """The last answers that the alarm of a mailing counts, oldest first; of its last few thousand attempts."""
    newest = select(func.max(col(Attempt.id)) - _LOOKED_BACK).scalar_subquery()
    query: Any = (
        select(col(Attempt.phase), col(Attempt.code), col(Attempt.text), col(Attempt.enhanced))
        .join(Recipient, col(Recipient.id) == col(Attempt.recipient_id))
        .join(Mailing, col(Mailing.id) == col(Recipient.mailing_id))
        .where(col(Mailing.id) == mailing_id, col(Attempt.id) > col(Mailing.alarm_after), col(Attempt.id) > newest)
        .order_by(col(Attempt.id).desc())
        .limit(limit)
    )
    return [Answer(*row) for row in connection.execute(query)][::-1]


def heed(connection: Connection, mailing_id: int) -> None:
    """Let the answers so far count for no further alarm."""
    last = select(func.max(col(Attempt.id))).scalar_subquery()
    connection.execute(update(Mailing).where(col(Mailing.id) == mailing_id).values(alarm_after=last))


def stopped(connection: Connection, mailing_ids: Collection[int]) -> set[int]:
    """Those of the mailings that send no more."""
    query: Any = select(col(Mailing.id)).where(col(Mailing.id).in_(mailing_ids), col(Mailing.state).not_in(SENDS))
    return {int(number) for (number,) in connection.execute(query)}


def pause_all(connection: Connection, reason: str) -> int:
    """Pause whatever sends; returns how many mailings."""
    row = update(Mailing).where(col(Mailing.state).in_(SENDS))
    return connection.execute(row.values(state="paused", pause_reason=reason)).rowcount


def cancel_recipients(connection: Connection, mailing_id: int) -> int:
    """Nobody who was not written to will be; returns how many."""
    row = update(Recipient).where(col(Recipient.mailing_id) == mailing_id, col(Recipient.state).in_(_STOPPABLE))
    return connection.execute(row.values(state="cancelled", worker="", lease_until=None)).rowcount


def present(connection: Connection, mailing_id: int, states: Sequence[str], wave: int | None = None) -> set[str]:
    """In which of the states anybody is, up to a wave; in one statement, so that nobody who moves is missed."""
    here = [col(Recipient.mailing_id) == mailing_id]
    if wave is not None:
        here.append(col(Recipient.wave) <= wave)
    query = select(*(exists().where(*here, col(Recipient.state) == state) for state in states))
    return {state for state, found in zip(states, connection.execute(query).one(), strict=True) if found}


def counts(connection: Connection, mailing_id: int) -> dict[str, int]:
    """State → how many recipients."""
    query = select(col(Recipient.state), func.count()).where(col(Recipient.mailing_id) == mailing_id)
    return {str(state): int(number) for state, number in connection.execute(query.group_by(col(Recipient.state)))}


# Recipients of whom nobody knows whether they got it

_PROOFS = ("reply", "auto-reply", "bounce", "soft-bounce", "delayed", "delivered", "complaint", "receipt", "accept",
           "decline", "view", "click", "unsubscribe")  # fmt: skip


def settle_by_evidence(connection: Connection, now: datetime) -> int:
    """Uncertain recipients of whom something came back, or whose message lies in a mailbox that is read, were
    written to; returns how many were settled."""
    told = exists().where(col(Event.recipient_id) == col(Recipient.id), col(Event.kind).in_(_PROOFS))
    stored = exists().where(col(Message.message_id) == func.trim(col(Recipient.message_id), "<>"))
    row = update(Recipient).where(col(Recipient.state) == "uncertain", or_(told, stored))
    accepted = {"state": "accepted", "reason": "found", "accepted_at": func.coalesce(col(Recipient.dated_at), now)}
    return connection.execute(row.values(**accepted, lease_until=None)).rowcount


def repeat_notices(connection: Connection, now: datetime) -> int:
    """Uncertain recipients of mailings whose policy is "notice" get the same bytes again: same id, same date."""
    notice = exists().where(
        col(Mailing.id) == col(Recipient.mailing_id), col(Mailing.policy) == "notice", col(Mailing.state).in_(SENDS)
    )
    row = update(Recipient).where(col(Recipient.state) == "uncertain", notice)
    return connection.execute(row.values(state="deferred", reason="repeated", not_before=now, worker="")).rowcount


def found_in_sent(connection: Connection, recipient_ids: Sequence[int], now: datetime) -> None:
    """Uncertain recipients whose message the server itself has put into Sent were written to."""
    row = update(Recipient).where(and_(col(Recipient.id).in_(recipient_ids), col(Recipient.state) == "uncertain"))
    accepted = {"state": "accepted", "reason": "found", "accepted_at": func.coalesce(col(Recipient.dated_at), now)}
    connection.execute(row.values(**accepted, sent_copy="server", lease_until=None))
