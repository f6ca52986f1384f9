"""Is this message already stored? One message, many copies; a forged copy is another message.

The tiers are those of docs/decisions.md "One message, many placements"; tiers 1 and 2 work before the body is
fetched and live in the ledger's questions, the others here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

_SAME_TIME = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one message from another."""

    raw_sha256: str
    message_id: str
    digest: str
    author: str
    date: datetime | None


@dataclass(frozen=True, slots=True)
class Sameness:
    """The stored message that this one is a copy of, or None; `conflict` where another has its Message-ID."""

    message: int | None
    conflict: bool = False


def same(new: Identity, stored: Iterable[tuple[int, Identity]]) -> Sameness:
    """Compare with stored messages that share the bytes, the Message-ID or the digest.

    Equal bytes, or equal Message-ID and digest, or (without Message-ID) equal digest: the same message. An equal
    Message-ID from the same author at the same time is a copy that somebody changed on the way (a list footer, a
    gateway's banner): the same message too. An equal Message-ID otherwise is a forgery or a fault: another message.
    """
    conflict = False
    for number, old in stored:
        if new.raw_sha256 == old.raw_sha256:
            return Sameness(number)
        if new.message_id != old.message_id:
            continue
        if new.digest == old.digest:
            return Sameness(number)
        if not new.message_id:
            continue
        if new.author == old.author and _same_time(new.date, old.date):
            return Sameness(number)
        conflict = True
    return Sameness(None, conflict)


def _same_time(a: datetime | None, b: datetime | None) -> bool:
    return a is not None and b is not None and abs(a - b) <= _SAME_TIME
