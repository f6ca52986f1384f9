"""What has to be right before a mailing leaves: what stops a recipient, what only warns, and the hash of it all."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from mailcrm.mailing.render import RenderFailed

WARNINGS = ("wrote-lately", "open-offer", "link")
"""What a person should know: the client or a colleague wrote since yesterday; a better open offer is held; a link of
the message leads nowhere, or elsewhere than its words say."""
LATELY = timedelta(hours=36)
_TRANSFER = 4 / 3 * 78 / 76
"""Base64 with line ends makes a message larger than its parts."""


class Frozen(NamedTuple):
    """What of a recipient is approved."""

    address: str
    account_id: int | None
    terms: str
    raw_sha256: str
    document_sha256: str


def fingerprint(frozen: Iterable[Frozen]) -> str:
    """The hash over the frozen recipients: what exactly a person approves."""
    digest = sha256()
    for one in sorted(frozen):
        digest.update(repr(tuple(one)).encode())
    return digest.hexdigest()


def too_large(size: int, limit: int) -> bool:
    """Whether a message of so many bytes exceeds what the server takes (0: it does not say)."""
    return 0 < limit < size


def estimated(size: int) -> int:
    """What a file of so many bytes takes in a message."""
    return int(size * _TRANSFER)


def wrote_lately(last: datetime | None, now: datetime) -> bool:
    """Whether somebody wrote so recently that an offer may cross his letter."""
    return last is not None and now - LATELY <= last <= now


def reason_of(failure: RenderFailed) -> str:
    """A failure of rendering as it is stored: the key, then what it is about."""
    return f"{failure.reason}: {failure.detail}" if failure.detail else failure.reason
