"""What a message that concerns a recipient says happened: reply, automatic reply, bounce, complaint, receipt.

Structure decides (`mail.classify`); the words of people are read for suggestions alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mailcrm.mail import reasons
from mailcrm.mail.message import BounceRecipient, Kind, ParsedMessage
from mailcrm.mailing.absence import absence
from mailcrm.mailing.intent import intent, wants_out

SOFT_LIMIT = 3
SOFT_SPAN = timedelta(days=14)
"""So many soft bounces, the first and the last at least so far apart, and an address is given up."""
_NO_FAILURE = {"delayed": "delayed", "delivered": "delivered", "relayed": "delivered", "expanded": "delivered"}


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a message tells."""

    kind: str
    """Of `event`: reply, auto-reply, bounce, soft-bounce, delayed, delivered, complaint or receipt."""
    detail: tuple[tuple[str, str], ...] = ()
    suppress: str = ""
    """The reason for which the address must not be written to any more; empty where it may."""


def told(parsed: ParsedMessage, address: str, at: datetime) -> list[Told]:
    """What a message says of the recipient with this address; empty for a report about others only."""
    if parsed.kind is Kind.COMPLAINT:
        return [Told("complaint", suppress="complained")]
    if parsed.kind in (Kind.BOUNCE, Kind.RECEIPT):
        reported = parsed.bounce.recipients if parsed.bounce else ()
        if not reported:
            return [Told("receipt")] if parsed.kind is Kind.RECEIPT else []
        return [_delivery(one) for one in _about(reported, address)]
    if parsed.kind in (Kind.AUTO_REPLY, Kind.BULK):
        return [_automatic(parsed, at.date())]
    return [_reply(parsed)]


def _about(reported: Sequence[BounceRecipient], address: str) -> Iterable[BounceRecipient]:
    """Those of a report that mean this address: itself, or the only one (mail is forwarded, and the report then names
    where it was forwarded to)."""
    same = [one for one in reported if one.email == address]
    return same[:1] or (reported[:1] if len(reported) == 1 else ())


def _delivery(one: BounceRecipient) -> Told:
    detail = (("status", one.status), ("reason", reasons.reason(one.status, one.diagnostic)), ("words", one.diagnostic))
    kept = tuple((name, value) for name, value in detail if value)
    if one.action in _NO_FAILURE:
        return Told(_NO_FAILURE[one.action], kept)
    return Told("bounce", kept, suppress="bounced") if one.hard else Told("soft-bounce", kept)


def _automatic(parsed: ParsedMessage, today: date) -> Told:
    found = absence(parsed.headers.subject, parsed.reply_text, today)
    detail = [("back", found.back.isoformat())] if found.back else []
    return Told("auto-reply", (*detail, *([("left", "yes")] if found.left else [])))


def _reply(parsed: ParsedMessage) -> Told:
    found, leaving = intent(parsed.reply_text), wants_out(parsed.reply_text)
    detail = [("looks_like", found.looks_like), ("words", found.words)] if found.looks_like else []
    sender = parsed.headers.from_[0].email if parsed.headers.from_ else ""
    return Told("reply", (("from", sender), *detail, *([("wants_out", leaving)] if leaving else [])))


def given_up(times: Sequence[datetime]) -> bool:
    """Whether soft bounces at these times, oldest first, are enough to stop writing to an address."""
    return len(times) >= SOFT_LIMIT and times[-1] - times[0] >= SOFT_SPAN
