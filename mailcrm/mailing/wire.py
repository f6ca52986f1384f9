"""Wire: a message as the bytes that go over the line, made once and never folded or encoded again.

Python's own serialiser turns a List-Unsubscribe, References or In-Reply-To of more than 78 columns into encoded words,
which no mail program understands there. Here lines are folded at blanks only (RFC 5322 §2.2.3) and may have 998
columns. The bytes have no Date: `dated` puts it before them at the first attempt. All bodies are 7-bit clean, so no
relay has a reason to change them and a DKIM signature made on the way stays good.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from mailcrm.errors import Permanent
from mailcrm.mail.address import Address, ascii_domain
from mailcrm.mailing.wire_text import body_part, parameter, phrase, words

LONGEST_LINE = 998
_FOLD = 78
_NAME = re.compile(r"[!-9;-~]+")
_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_SPECIALS = re.compile(r'[\s<>()\[\],;:"\\]')
_OWN = {"date", "from", "to", "reply-to", "subject", "message-id", "in-reply-to", "references", "mime-version"}
_LOCAL_OCTETS = 64


class Unwritable(Permanent):
    """A value that may not stand where it was put: a line break in a name, an address that is none."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file ready to be spliced in: `encoded` is its base64 in lines, made once by `encoded` for all recipients."""

    name: str
    content_type: str
    encoded: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that one message says. `message_id`, `in_reply_to` and `references` have their angle brackets."""

    sender: Address
    to: Address
    subject: str
    text: str
    message_id: str
    html: str = ""
    attachments: tuple[Attached, ...] = ()
    reply_to: Address | None = None
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    """Ids that are none, as foreign mail may have them, are left out."""
    headers: tuple[tuple[str, str], ...] = ()
    """Further ones, such as List-Unsubscribe."""


def encoded(content: bytes) -> bytes:
    """The base64 of a file in lines of 76 columns (RFC 2045 §6.8), for `Attached`."""
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def serialise(draft: Draft) -> bytes:
    """The whole message with CRLF, without Date. Raises Unwritable where a value would break out of its header."""
    alternatives = [body_part("plain", draft.text)]
    if draft.html:
        alternatives.append(body_part("html", draft.html))
    boundary = hashlib.sha256(draft.message_id.encode()).hexdigest()[:32]
    body = alternatives[0] if len(alternatives) == 1 else _multipart("alternative", f"=_a{boundary}", alternatives)
    if draft.attachments:
        body = _multipart("mixed", f"=_m{boundary}", [body, *map(_attachment, draft.attachments)])
    return b"\r\n".join(_header(draft)) + b"\r\n" + body


def dated(raw: bytes, at: datetime) -> bytes:
    """The bytes for DATA: `raw` with the Date that it was first sent at, in the zone of `at`."""
    return f"Date: {format_datetime(at)}\r\n".encode("ascii") + raw


def wire_address(email: str) -> str:
    """An address for the envelope or a header, its domain in ASCII (RFC 5891); raises Unwritable where it is none."""
    local, at, domain = email.rpartition("@")
    if not at or not local or not domain or _CONTROLS.search(email) or _SPECIALS.search(email):
        raise Unwritable(f"{email!r} is not an address that mail can be sent to.")
    domain = domain if domain.isascii() else ascii_domain(domain)
    if len(local.encode()) > _LOCAL_OCTETS or not domain.isascii() or len(domain) > 255:
        raise Unwritable(f"{email!r} is not an address that mail can be sent to.")
    return f"{local}@{domain}"


def is_one_line(text: str) -> bool:
    """Whether a text may stand in a header: no line break and no other control character."""
    return not _CONTROLS.search(text)


def _header(draft: Draft) -> Iterator[bytes]:
    yield _line("From", _person(draft.sender))
    yield _line("To", _person(draft.to))
    if draft.reply_to:
        yield _line("Reply-To", _person(draft.reply_to))
    yield _line("Subject", words(_checked("Subject", draft.subject)))
    yield _line("Message-ID", _id(draft.message_id))
    if draft.in_reply_to:
        yield _line("In-Reply-To", _id(draft.in_reply_to))
    if known := [one for one in draft.references if _ID.fullmatch(one)]:
        yield _line("References", " ".join(known))
    for name, value in draft.headers:
        if not _NAME.fullmatch(name) or name.casefold() in _OWN or name.casefold().startswith("content-"):
            raise Unwritable(f"{name!r} is not a header that may be added.")
        yield _line(name, _checked(name, value) if value.isascii() else words(_checked(name, value)))
    yield b"MIME-Version: 1.0"


def _line(name: str, value: str) -> bytes:
    """One header, folded at its blanks where it is longer than 78 columns; raises Unwritable beyond 998."""
    lines, current = [], f"{name}:"
    for word in value.split(" "):
        if len(current) + 1 + len(word) > _FOLD and current.strip() and not current.endswith(":"):
            lines.append(current)
            current = f" {word}"
        else:
            current = f"{current} {word}"
    lines.append(current)
    found = [line.encode() for line in lines if line.strip() or line is lines[0]]
    if any(len(line) > LONGEST_LINE for line in found):
        raise Unwritable(f"The header {name} has a word of more than {LONGEST_LINE} columns.")
    return b"\r\n".join(found)


def _person(one: Address) -> str:
    email = wire_address(one.email)
    name = phrase(_checked("name", one.name.strip()))
    return f"{name} <{email}>" if name else email


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise Unwritable(f"{text!r} is not a Message-ID.")
    return text


def _checked(name: str, value: str) -> str:
    if not is_one_line(value):
        raise Unwritable(f"There is a line break or another control character in {name}: {value[:60]!r}.")
    return value


def _multipart(kind: str, boundary: str, parts: Iterable[bytes]) -> bytes:
    """Parts with a boundary that base64 and quoted-printable cannot contain: both have no "=_"."""
    head = f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n\r\n'
    lines = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
    return head.encode() + lines + f"--{boundary}--\r\n".encode()


def _attachment(one: Attached) -> bytes:
    if not _TYPE.fullmatch(one.content_type):
        raise Unwritable(f"{one.content_type!r} is not a type of content.")
    name = _checked("file name", one.name)
    disposition = f"Content-Disposition: attachment{parameter('filename', name)}"
    head = f"Content-Type: {one.content_type}\r\nContent-Transfer-Encoding: base64\r\n{disposition}\r\n\r\n"
    return head.encode("ascii") + one.encoded
