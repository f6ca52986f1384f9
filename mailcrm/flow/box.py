"""Box, Copy: the mailbox at hand and one copy in it, as the steps of receiving hand them on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from mailcrm.crm.domains import lineage
from mailcrm.crm.explicit import Wishes, explicit
from mailcrm.crm.filing import believed_time
from mailcrm.crm.match import Company, Decision, Directory, Verdict, decide, is_ours
from mailcrm.mail.address import Address
from mailcrm.mail.message import ParsedHeaders, ParsedMessage
from mailcrm.mail.thread import key, own_ids, referred_ids
from mailcrm.mailing.token import TokenKeys

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Box:
    """The mailbox at hand, with what is known of the company when its round begins."""

    mailbox_id: int
    user_id: int | None
    visibility: int
    company: Company
    wishes: Wishes
    fingerprint: Callable[[str], int]
    keys: TokenKeys | None = None
    """Of the names that we gave to what we sent; None as long as nothing was offered to anybody."""
    zone: tzinfo = UTC
    """In which letters say "tomorrow"."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One server copy: what the ledger knows of a placement."""

    placement: int
    folder: str
    flags: frozenset[str]
    internal_date: datetime | None


@dataclass(frozen=True, slots=True)
class Unstored:
    """What remains of a message that is not kept: its placement, its traces, its line in the tray."""

    placement: Row
    traces: tuple[dict[str, int], ...]
    tray: Row | None


def decision(
    box: Box, copy: Copy, headers: ParsedHeaders, directory: Directory, body: ParsedMessage | None = None
) -> Decision:
    """What crm.match says of this copy: a folder or a keyword may ask for it outright. `body` is the whole message."""
    about = body.bounce.original_message_id if body and body.bounce else ""
    asked = explicit(headers, copy.folder, copy.flags, box.wishes, about)
    return decide(headers, box.company, directory, asked, body.inside if body else ())


def settled(box: Box, copy: Copy, headers: ParsedHeaders, decided: Decision, message: int | None = None) -> Row:
    """The columns of a placement that has been decided on for good."""
    own = key(headers.message_id)
    return {
        "id": copy.placement,
        "state": "done",
        "verdict": str(decided.verdict),
        "rule": decided.rule,
        "message_id": message,
        "message_ref": box.fingerprint("m:" + own) if own else None,
        "attempts": 0,
        "error": "",
        "next_try_at": None,
    }


def unstored(box: Box, copy: Copy, headers: ParsedHeaders, decided: Decision, now: datetime) -> Unstored:
    """What to remember of a message that is not kept: enough to find it again, nothing to read."""
    traces: tuple[dict[str, int], ...] = ()
    if decided.rule in ("unmatched", "triage"):
        names = _names(box, headers)
        traces = tuple({"fingerprint": box.fingerprint(n), "placement_id": copy.placement} for n in names)
    tray = _tray_row(box, copy, headers, decided, now) if decided.verdict is Verdict.METADATA else None
    return Unstored(settled(box, copy, headers, decided), traces, tray)


def _names(box: Box, headers: ParsedHeaders) -> list[str]:
    people = [a for a in headers.participants if not is_ours(a.email, box.company)]
    addresses = {"a:" + a.email for a in people}
    domains = {"d:" + name for a in people for name in lineage(a.domain) if name not in box.company.free_mail}
    ids = {"m:" + i for i in (*own_ids(headers), *referred_ids(headers)[:32])}
    return sorted(addresses | domains | ids)


def _tray_row(box: Box, copy: Copy, headers: ParsedHeaders, decided: Decision, now: datetime) -> Row:
    other = decided.counterpart or Address("", "")
    return {
        "placement_id": copy.placement,
        "mailbox_id": box.mailbox_id,
        "at": believed_time(headers, copy.internal_date, now),
        "direction": decided.direction,
        "counterpart": other.email,
        "counterpart_name": other.name,
        "subject": headers.subject,
        "message_id": key(headers.message_id),
        "reason": decided.steps[-1].outcome,
        "state": "open",
    }
