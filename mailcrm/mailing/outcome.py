"""Outcome: what a server's answer means, for whom, and when there is another try.

It tells one bad address from a bad server: what the connection, the sign-in or a passing refusal of the server itself
is to blame for is charged to the account and costs the recipient nothing; what is said about the sender stops the
mailing; only what is said about this recipient is his. After the final dot silence means "uncertain", never a repeat.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailcrm.mail.reasons import HARD, reason
from mailcrm.mailing.answer import Answer

RETRIES = tuple(timedelta(minutes=m) for m in (5, 15, 30, 60, 120, 240, 480))
"""Between the tries of one recipient; the last one repeats."""
GIVE_UP = timedelta(hours=72)
"""After the first failed try. RFC 5321 §4.5.4.1 asks for four to five days of a server; an offer is stale before."""
BREAKS = tuple(timedelta(seconds=s) for s in (30, 60, 120, 300, 900))
"""For which an account rests after the first, second, … failure of its server in a row."""
_JITTER = 0.2
_SIGN_IN = frozenset({530, 534, 535, 538})
_THROTTLED = frozenset({421, 432, 454})
_DEAD = HARD - {"maynotexist"}
_FULL = ("mailboxfull", "suspend")
_NOT_HIM = {"mesgtoobig": "too-large", "virusdetected": "blocked"}


@dataclass(frozen=True, slots=True)
class Tried:
    """How often it was tried before, counting only what was the recipient's, and when that first failed."""

    attempts: int = 0
    first_failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows from one attempt."""

    state: str
    """Of the recipient: accepted, deferred, failed, uncertain, or queued for "as if it had not been tried"."""
    charge: str
    """recipient, account, mailing, or nobody."""
    reason: str = ""
    """A key: unknown-address, full, blocked, refused, too-large, smtputf8, lost, gave-up, greylisted, …"""
    not_before: datetime | None = None
    suppress: bool = False
    """The address must not be written to again."""
    mood: str = ""
    """For `pace.alarm`: ok, blocked, hard or unanswered."""
    account: str = ""
    """What happens to the account: rest, or needs-credentials."""


def judge(answer: Answer, tried: Tried, now: datetime, chance: float) -> Outcome:
    """What an answer means; `chance` (0 to 1) spreads the times of the next tries by a fifth either way."""
    if answer.phase == "local":
        return Outcome("failed", "recipient", "lost")
    if answer.phase == "dot":
        return _after_the_dot(answer, tried, now, chance)
    if answer.phase == "auth" and answer.code >= 500:
        return Outcome("queued", "account", "sign-in", account="needs-credentials")
    if answer.phase in ("connect", "auth") or answer.code == 0 or answer.code in _THROTTLED:
        return Outcome("queued", "account", "server", account="rest")
    if answer.code in _SIGN_IN:
        return Outcome("queued", "account", "sign-in", account="needs-credentials")
    if answer.phase == "mail":
        return _at_mail(answer)
    return _refused(answer, tried, now, chance)


def rest(step: int, now: datetime, chance: float) -> datetime:
    """Until when an account rests after its server has failed `step` times in a row (from 1)."""
    return now + spread(BREAKS[min(step, len(BREAKS)) - 1], chance)


def spread(span: timedelta, chance: float) -> timedelta:
    """The span, longer or shorter by a fifth at most, so that not all come back at once."""
    return span * (1 - _JITTER + 2 * _JITTER * chance)


def _after_the_dot(answer: Answer, tried: Tried, now: datetime, chance: float) -> Outcome:
    if answer.code == 0:
        return Outcome("uncertain", "recipient", "no-answer", mood="unanswered", account="rest")
    if answer.is_good:
        return Outcome("accepted", "nobody", mood="ok")
    if answer.code in _THROTTLED:
        return Outcome("queued", "account", "server", account="rest")
    return _refused(answer, tried, now, chance)


def _at_mail(answer: Answer) -> Outcome:
    if answer.code < 500:
        return Outcome("queued", "account", "server", account="rest")
    if answer.enhanced == "5.3.4" or answer.code == 552:
        return Outcome("failed", "recipient", "too-large")
    return Outcome("queued", "mailing", "sender")


def _refused(answer: Answer, tried: Tried, now: datetime, chance: float) -> Outcome:
    """At RCPT, DATA or the dot: the server has spoken about this recipient or about this message."""
    if answer.code < 500:
        return _put_off(answer, tried, now, chance)
    if answer.enhanced == "5.6.7":
        return Outcome("failed", "recipient", "smtputf8")
    why = reason(answer.enhanced, f"{answer.code} {answer.text}")
    if answer.phase == "rcpt" and why in _DEAD:
        return Outcome("failed", "recipient", "unknown-address", suppress=True, mood="hard")
    if why in _FULL:
        return Outcome("failed", "recipient", "full", mood="ok")
    if why in _NOT_HIM:
        return Outcome("failed", "recipient", _NOT_HIM[why], mood="blocked" if why == "virusdetected" else "")
    # Whatever else a server says for good it says of us: a policy, a filter, a list of blocked senders.
    return Outcome("failed", "recipient", "blocked" if why != "undefined" else "refused", mood="blocked")


def _put_off(answer: Answer, tried: Tried, now: datetime, chance: float) -> Outcome:
    if now - (tried.first_failed_at or now) >= GIVE_UP:
        return Outcome("failed", "recipient", "gave-up")
    wait = RETRIES[min(tried.attempts, len(RETRIES) - 1)]
    why = "greylisted" if "grey" in answer.text.casefold() or "gray" in answer.text.casefold() else "put-off"
    return Outcome("deferred", "recipient", why, now + spread(wait, chance))
