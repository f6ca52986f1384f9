"""ParsedHeaders, ParsedMessage, Attachment, BounceReport: frozen values made from the bytes of one message.

Message ids are without angle brackets and without white space. Times are aware and in UTC. Text has LF line
ends, no NUL and no lone surrogates, so that every value can be stored in any database.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mailcrm.mail.address import Address


class Kind(StrEnum):
    """What sort of message this is, told by its structure and never by reading human text."""

    HUMAN = "human"
    AUTO_REPLY = "auto-reply"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    RECEIPT = "receipt"
    BULK = "bulk"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class ParsedHeaders:
    """What the header block of one message says; made alone (to decide before any body is fetched) or as a part
    of a ParsedMessage, by the same code and with the same values."""

    message_id: str = ""
    aliases: tuple[str, ...] = ()
    """Other ids of the same message: X-Microsoft-Original-Message-ID, X-Google-Original-Message-ID."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: datetime | None = None
    subject: str = ""
    from_: tuple[Address, ...] = ()
    sender: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    delivered_to: tuple[Address, ...] = ()
    """Delivered-To, X-Original-To, Envelope-To: explicit plus-addresses are looked for here too."""
    content_type: str = ""
    list_id: str = ""
    auto_submitted: str = ""
    precedence: str = ""
    is_bulk: bool = False
    """List-Id, List-Unsubscribe or Precedence: bulk, list, junk; not a verdict on the kind by itself."""
    thread_index: str = ""
    """As Outlook writes it: base64 of 22 bytes that replies keep, and five more for each of them."""
    defects: tuple[str, ...] = ()

    @property
    def participants(self) -> tuple[Address, ...]:
        """Everyone named in From, To, Cc, Reply-To and Bcc, in this order, each e-mail address once."""
        everyone = (*self.from_, *self.to, *self.cc, *self.reply_to, *self.bcc)
        return tuple({a.email: a for a in reversed(everyone) if a.email}.values())[::-1]


@dataclass(frozen=True, slots=True)
class Attachment:
    """One MIME part with its own bytes: `sha256` and `size` are those of the decoded bytes."""

    path: str
    """Where it is in the message: "2", "1.3"; a member of an opened container (winmail.dat): "2/1"."""
    filename: str
    """As decoded (RFC 2231, RFC 2047, raw 8 bit), without any folder; empty where the part has no name."""
    content_type: str
    size: int
    sha256: str
    content_id: str = ""
    inline: bool = False
    """Shown inside the text: a picture that the HTML refers to, or disposition inline of an image."""
    hidden: bool = False
    """Not worth showing to people: an S/MIME or PGP signature, the two control parts of a report, winmail.dat
    once opened."""
    data: bytes = field(default=b"", repr=False, compare=False)
    """The decoded bytes; emptied by `flow` once they are kept in a blob."""


@dataclass(frozen=True, slots=True)
class BounceRecipient:
    """One recipient of a delivery report (RFC 3464 §2.3)."""

    email: str
    action: str
    """failed, delayed, delivered, relayed or expanded."""
    status: str
    """RFC 3463 code such as 5.1.1, or an empty string."""
    diagnostic: str
    hard: bool


@dataclass(frozen=True, slots=True)
class BounceReport:
    """What a bounce or a complaint reports: who could not be reached, and which message it was about."""

    recipients: tuple[BounceRecipient, ...]
    original_message_id: str = ""

    @property
    def hard(self) -> bool:
        """True where at least one recipient failed for good."""
        return any(r.hard for r in self.recipients)


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """One message read from its bytes. Parsing never fails: what was wrong stands in `defects`."""

    headers: ParsedHeaders
    kind: Kind
    text: str
    """The whole body as plain text: the text/plain parts, or the HTML made into text where there are none."""
    reply_text: str
    """The new words only: `text` without quoted text and signature. Equal to `text` where nothing was quoted."""
    has_html: bool
    attachments: tuple[Attachment, ...] = ()
    forwarded: tuple[Address, ...] = ()
    """People named in the forwarded originals inside: attached message/rfc822 and inline forward blocks."""
    bounce: BounceReport | None = None
    security: str = ""
    """"signed", "encrypted" or an empty string (S/MIME, RFC 8551; PGP, RFC 3156)."""
    digest: str = ""
    """Content digest of two copies of one message (dedupe tier 3): addresses, subject, date, sorted leaves."""
    size: int = 0
    defects: tuple[str, ...] = ()

    @property
    def inside(self) -> tuple[Address, ...]:
        """People whom only the body names: of forwarded originals, and those whom a report is about."""
        reported = self.bounce.recipients if self.bounce else ()
        return (*self.forwarded, *(Address("", r.email) for r in reported if r.email))
