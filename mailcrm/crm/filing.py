"""A parsed message as the values of its rows: its time, its number, its preview, who took part."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from mailcrm.mail.message import Kind, ParsedHeaders, ParsedMessage
from mailcrm.mail.thread import fallback_key, key, referred_ids

PREVIEW = 240
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_TAIL_BITS = 30
ROBOTS = frozenset({Kind.BOUNCE, Kind.AUTO_REPLY, Kind.RECEIPT, Kind.COMPLAINT})
"""Kinds that are no contact between people: they do not move a client's last in and last out."""


def believed_time(headers: ParsedHeaders, arrived: datetime | None, now: datetime) -> datetime:
    """The Date where it can be believed (from 1990 on, not a day after arrival), else the time of arrival."""
    latest = (arrived or now) + timedelta(days=1)
    if headers.date is not None and _EARLIEST <= headers.date <= latest:
        return headers.date.replace(microsecond=0)
    return max(arrived or now, _EARLIEST).replace(microsecond=0)


def number(at: datetime, raw_sha256: str) -> int:
    """The number of a message: its second, then 30 bits of its hash; the caller steps on over a collision."""
    return (int(at.timestamp()) << _TAIL_BITS) | (int(raw_sha256[:16], 16) & ((1 << _TAIL_BITS) - 1))


def number_from(at: datetime) -> int:
    """The smallest number that a message of this time can have: for "before" and "after" in searches."""
    return int(at.timestamp()) << _TAIL_BITS


def message_row(parsed: ParsedMessage, at: datetime, now: datetime) -> dict[str, Any]:
    """The columns of `message` that the parsed message alone decides."""
    headers = parsed.headers
    references = referred_ids(headers)
    return {
        "message_id": key(headers.message_id),
        "digest": parsed.digest,
        "at": at,
        "header_date": headers.date,
        "subject": headers.subject,
        "kind": str(parsed.kind),
        "preview": " ".join(parsed.reply_text[: 4 * PREVIEW].split())[:PREVIEW],
        "has_html": parsed.has_html,
        "size": parsed.size,
        "attachment_count": sum(1 for a in parsed.attachments if not (a.inline or a.hidden)),
        "security": parsed.security,
        "in_reply_to": " ".join(key(i) for i in headers.in_reply_to),
        "reference_ids": " ".join(references),
        "fallback_key": None if references else fallback_key(headers),
        "defects": "\n".join(dict.fromkeys((*headers.defects, *parsed.defects))),
        "created_at": now,
    }


def people(headers: ParsedHeaders) -> list[tuple[str, str, str]]:
    """(role, email, name) of everyone who took part, the author's From first, each role and address once."""
    fields = (
        ("from", headers.from_),
        ("sender", headers.sender),
        ("reply-to", headers.reply_to),
        ("to", headers.to),
        ("cc", headers.cc),
        ("bcc", headers.bcc),
    )
    rows = {(role, a.email): a.name for role, addresses in fields for a in addresses if a.email}
    return [(role, email, name) for (role, email), name in rows.items()]


def unreadable_digest(raw_sha256: str) -> str:
    """The digest of a message that has none of its own."""
    return "raw:" + hashlib.sha256(raw_sha256.encode()).hexdigest()
