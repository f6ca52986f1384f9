"""Consequences: what an answer changes, for the recipient, his address, the account and the mailing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from mailcrm.flow import notifications
from mailcrm.flow.alerts import tell_admins
from mailcrm.flow.notifications import NewNotification
from mailcrm.mailing import alarm_wording
from mailcrm.mailing.answer import Answer
from mailcrm.mailing.outcome import Outcome, Tried, judge, rest
from mailcrm.mailing.pace import LAST, alarm
from mailcrm.mailing.reaction import given_up
from mailcrm.mailing.state import SENDS
from mailcrm.store import dispatch, mailings, people, queue, reactions, send_accounts, suppressions
from mailcrm.store.queue import Claimed, Result, Worker
from mailcrm.store.send_accounts import SendAccountRow
from mailcrm.store.suppressions import NewSuppression


@dataclass(frozen=True, slots=True)
class Note:
    """One attempt: to whom, by which account, and what the server said."""

    claimed: Claimed
    account: SendAccountRow
    answer: Answer


@dataclass(frozen=True, slots=True)
class _Judged:
    note: Note
    outcome: Outcome


class Aftermath:
    """Judges answers and writes what follows."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._ailing: set[int] = set()
        """Accounts whose last word was a failure."""

    def write(self, connection: Connection, notes: Sequence[Note], worker: Worker) -> None:
        """Everything that follows from these answers, in the transaction at hand."""
        if not notes:
            return
        judged = [_Judged(note, self._judge(note, worker.now)) for note in notes]
        queue.record(connection, [_result(one, worker.now) for one in judged], worker)
        queue.note_attempts(connection, [_attempt(one.note, worker.now) for one in judged])
        for one in judged:
            self._tell_account(connection, one, worker.now)
            self._tell_mailing(connection, one, worker.now)
        self._suppress(connection, judged, worker.now)

    def _judge(self, note: Note, now: datetime) -> Outcome:
        return judge(note.answer, Tried(note.claimed.attempts, note.claimed.first_failed_at), now, self._chance())

    def _suppress(self, connection: Connection, judged: Sequence[_Judged], now: datetime) -> None:
        dead = [
            _suppression(one)
            for one in judged
            # Where so many are missing that the mailing was stopped, the server is wrong, not the addresses.
            if one.outcome.suppress and dispatch.state_of(connection, one.note.claimed.mailing_id) in SENDS
        ]
        if full := [one for one in judged if one.outcome.reason == "full"]:
            times = reactions.soft_bounces(connection, [one.note.claimed.address for one in full])
            dead += [_suppression(one) for one in full if given_up(times.get(one.note.claimed.address, []))]
        if dead:
            suppressions.add(connection, dead, now)

    def _tell_account(self, connection: Connection, one: _Judged, now: datetime) -> None:
        account, answer = one.note.account, one.note.answer
        if one.outcome.account == "rest":
            step = send_accounts.step(connection, account.id) + 1
            send_accounts.rest(connection, account.id, rest(step, now, self._chance()), now, _words(answer))
            self._ailing.add(account.id)
        elif one.outcome.account == "needs-credentials":
            if send_accounts.need_credentials(connection, account.id, now, _words(answer)):
                _warn_owner(connection, account, now)
        elif one.outcome.state == "accepted" and (account.breaker_step or account.id in self._ailing):
            send_accounts.recover(connection, account.id)
            self._ailing.discard(account.id)

    def _tell_mailing(self, connection: Connection, one: _Judged, now: datetime) -> None:
        mailing_id, outcome = one.note.claimed.mailing_id, one.outcome
        reason = "sender" if outcome.charge == "mailing" else ""
        if outcome.mood not in ("", "ok"):
            # Asked of the database: all processes that send this mailing raise one alarm together.
            answers = dispatch.last_answers(connection, mailing_id, LAST)
            reason = alarm([mood for mood in (judge(a, Tried(), now, 0.5).mood for a in answers) if mood])
        if reason:
            dispatch.heed(connection, mailing_id)
            words = f"{reason}: {_words(one.note.answer)}"
            if dispatch.change(connection, mailing_id, SENDS, state="paused", pause_reason=words[:500]):
                _alarm(connection, one, reason, now)
            if reason == "addresses":
                suppressions.lift_of_mailing(connection, mailing_id)


def _alarm(connection: Connection, one: _Judged, reason: str, now: datetime) -> None:
    found = mailings.mailing(connection, one.note.claimed.mailing_id)
    name, address, said = found.name if found else "", one.note.account.address, _words(one.note.answer)[:500]
    key = f"mailing:{one.note.claimed.mailing_id}:paused:{now:%Y-%m-%dT%H:%M}"
    worded = partial(alarm_wording.paused, name=name, address=address, reason=reason, server=said)
    tell_admins(connection, key, worded, now)


def _suppression(one: _Judged) -> NewSuppression:
    claimed = one.note.claimed
    return NewSuppression(claimed.address, "bounced", detail=_words(one.note.answer), recipient_id=claimed.id)


def _result(one: _Judged, now: datetime) -> Result:
    claimed, outcome = one.note.claimed, one.outcome
    counted = outcome.charge == "recipient"
    failing = outcome.state in ("deferred", "failed") and counted
    return Result(
        id=claimed.id,
        state=outcome.state,
        reason=outcome.reason,
        attempts=claimed.attempts + (1 if counted or outcome.state == "accepted" else 0),
        first_failed_at=(claimed.first_failed_at or now) if failing else claimed.first_failed_at,
        not_before=outcome.not_before or now,
        sent_copy=_sent_copy(one.note.account),
    )


def _sent_copy(account: SendAccountRow) -> str:
    if account.sent_copy == "append":
        return "pending" if account.mailbox_id is not None else "off"
    return account.sent_copy


def _attempt(note: Note, now: datetime) -> dict[str, Any]:
    answer = note.answer
    return {
        "recipient_id": note.claimed.id,
        "number": note.claimed.attempts + 1,
        "started_at": now,
        "ended_at": now,
        "phase": answer.phase,
        "code": answer.code,
        "enhanced": answer.enhanced,
        "text": answer.text,
        "server": note.account.host,
    }


def _words(answer: Answer) -> str:
    return " ".join(filter(None, (str(answer.code or ""), answer.enhanced, answer.text)))


def _warn_owner(connection: Connection, account: SendAccountRow, now: datetime) -> None:
    owner = people.user(connection, account.user_id) if account.user_id else None
    if owner is not None and "@" in owner.login:
        key = f"account:{account.id}:sign-in:{now:%Y-%m-%d}"
        words = alarm_wording.password(owner.language, account.address)
        notifications.queue(connection, NewNotification(key, owner.login, *words), now)
