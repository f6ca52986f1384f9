"""Which recipient a message is about: everything in it that can tell, the strongest first.

A name of a recipient that only we can make (it carries our HMAC) is certain, whoever wrote the message; an equal
subject from an equal sender is a suggestion and never more.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailcrm.mail.message import ParsedHeaders, ParsedMessage
from mailcrm.mail.thread import base_subject
from mailcrm.mailing.token import TokenKeys, public_number, recipient_of

OFFER, UNSUBSCRIBE, CLICK, OPEN = "offer", "unsubscribe", "click", "open"
"""The purposes of public tokens: a link to an offer does not unsubscribe anybody."""

LAYERS = (
    "message-id", "alias", "address", "thread-index", "offer-link", "document", "attachment", "reported", "sender",
)  # fmt: skip
"""How a message can be tied to a recipient, the strongest first."""
CONFIDENCE = dict(zip(LAYERS, (1.0, 1.0, 1.0, 0.98, 0.95, 0.95, 0.9, 0.9, 0.4), strict=True))
CERTAIN = 0.9
"""Below it a person is asked."""

_LINK = re.compile(r"/o/([a-z2-7]{25})(?![a-z2-7])")
_LEAVE = re.compile(r"(?<![a-z2-7])([a-z2-7]{25})(?![a-z2-7])")
_PLUS = re.compile(r"\+([a-z2-7]{20})@", re.IGNORECASE)
_MOST_TEXT = 400_000
_STAMPED = 22
"""Bytes of a Thread-Index that a reply keeps: one reserved, five of time, a GUID of sixteen."""


@dataclass(frozen=True, slots=True)
class Clues:
    """What one message names. Recipients are in the order in which they count; the same one may come twice."""

    named: tuple[tuple[str, int], ...] = ()
    """Layer and recipient: proven by our HMAC."""
    ids: tuple[str, ...] = ()
    """Ids that are not ours, newest first: one may be an alias."""
    leaving: int | None = None
    """The recipient whose unsubscribe address was written to."""
    subject: str = ""
    sender: str = ""
    files: tuple[tuple[str, str], ...] = ()
    """Name and sha256 of each attachment."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One recipient that some layer found."""

    recipient_id: int
    layer: str


@dataclass(frozen=True, slots=True)
class Match:
    """The recipient that a message is about, how that is known, and who else was named."""

    recipient_id: int
    layer: str
    confidence: float
    others: tuple[int, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether it counts without a person."""
        return self.confidence >= CERTAIN


def clues(parsed: ParsedMessage, keys: TokenKeys) -> Clues:
    """Everything in a message that may name a recipient."""
    heads = parsed.headers
    reported = (parsed.bounce.original_message_id,) if parsed.bounce else ()
    refers = tuple(i for i in (*reported, *heads.in_reply_to, *reversed(heads.references)) if i)
    named = [("message-id", number) for one in refers if (number := recipient_of(keys, one)) is not None]
    reached = [a.email for a in (*heads.to, *heads.cc, *heads.delivered_to)]
    named += [("address", number) for number in _plus(reached, keys)]
    woven = thread_index_recipient(keys, heads.thread_index)
    named += [("thread-index", woven)] if woven is not None else []
    text = parsed.text[:_MOST_TEXT]
    tokens = dict.fromkeys(_LINK.findall(text)) if "/o/" in text else {}
    named += [("offer-link", number) for token in tokens if (number := public_number(keys, OFFER, token)) is not None]
    return Clues(
        named=tuple(named),
        ids=tuple(one for one in refers if recipient_of(keys, one) is None),
        leaving=_leaving(heads.subject, keys),
        subject=base_subject(heads.subject),
        sender=heads.from_[0].email if heads.from_ else "",
        files=tuple((a.filename, a.sha256) for a in parsed.attachments if not a.hidden and not a.inline),
    )


def named_in(headers: ParsedHeaders, about: str, keys: TokenKeys) -> str:
    """What in the headers, or the id that a report is `about`, is a name that we gave to something we sent; empty where
    nothing is. Such a message is kept whatever the other rules say."""
    for one in (*headers.in_reply_to, *reversed(headers.references), about):
        if one and recipient_of(keys, one) is not None:
            return one
    for address in (*headers.to, *headers.cc, *headers.delivered_to):
        if _plus([address.email], keys):
            return address.email
    return "unsubscribe" if _leaving(headers.subject, keys) is not None else ""


def _plus(addresses: Iterable[str], keys: TokenKeys) -> list[int]:
    found = [match[1].lower() for one in addresses if (match := _PLUS.search(one))]
    numbers = (recipient_of(keys, f"o.{token}@x") for token in dict.fromkeys(found))
    return [number for number in numbers if number is not None]


def _leaving(subject: str, keys: TokenKeys) -> int | None:
    if "unsubscribe" not in subject.casefold():
        return None
    numbers = (public_number(keys, UNSUBSCRIBE, token) for token in _LEAVE.findall(subject.lower()))
    return next((number for number in numbers if number is not None), None)


def choose(candidates: Sequence[Candidate], existing: Iterable[int]) -> Match | None:
    """The recipient to link to among those that exist: the strongest layer, inside it the first, which is the newest.

    Whom another certain layer names as well stands in `others`, for people to see.
    """
    here = set(existing)
    found = [one for one in candidates if one.recipient_id in here]
    if not found:
        return None
    best = min(found, key=lambda one: LAYERS.index(one.layer))
    alike = {one.recipient_id for one in found if one.layer == best.layer}
    sure = CONFIDENCE[best.layer]
    if best.layer in ("sender", "document", "attachment") and len(alike) > 1:
        # Two offers with this subject, or two clients who got the same file: nobody can tell which is meant.
        sure = min(sure, CONFIDENCE["sender"]) / len(alike)
    others = dict.fromkeys(one.recipient_id for one in found if one.recipient_id != best.recipient_id)
    return Match(best.recipient_id, best.layer, sure, tuple(others))


def thread_index(keys: TokenKeys, recipient_id: int, filetime: int) -> str:
    """The Thread-Index header of what a recipient gets: Outlook keeps its 22 bytes in replies where it drops
    References. `filetime` are the 100 ns since 1601."""
    return base64.b64encode(b"\x01" + filetime.to_bytes(8, "big")[:5] + _guid(keys.keys[0][1], recipient_id)).decode()


def thread_index_recipient(keys: TokenKeys, header: str) -> int | None:
    """The recipient that a Thread-Index goes back to; None where it is not ours."""
    try:
        guid = base64.b64decode(header, validate=True)[_STAMPED - 16 : _STAMPED]
    except (binascii.Error, ValueError):
        return None
    if len(guid) < 16:
        return None
    number = int.from_bytes(guid[:5], "big")
    return number if any(hmac.compare_digest(_guid(key, number), guid) for _, key in keys.keys) else None


def _guid(key: bytes, number: int) -> bytes:
    packed = number.to_bytes(5, "big")
    return packed + hmac.digest(key, b"thread " + packed, "sha256")[:11]
