"""The content digest of a message: equal for two copies of one message that took different ways (RFC 5322).

Version 1: addresses of From, To and Cc, subject, date in UTC seconds, and for every MIME leaf its type and the
sha256 of its decoded bytes; text leaves with LF line ends and without blanks at line ends. Not in it: Received,
DKIM, ARC, X-*, Bcc, Message-ID, boundaries, transfer encodings.
"""

import hashlib
from collections.abc import Iterable

from mailcrm.mail.message import ParsedHeaders

MAX_NORMALISED = 4_000_000
"""Longer text leaves are hashed as they are: nobody sends them twice in two forms."""
VERSION = "1"


def leaf(content_type: str, data: bytes) -> str:
    """The digest of one leaf: its type and the hash of its bytes."""
    if content_type.startswith("text/") and len(data) < MAX_NORMALISED:
        data = b"\n".join([line.rstrip() for line in data.splitlines()]).rstrip()
    return f"{content_type}:{hashlib.sha256(data).hexdigest()}"


def message(headers: ParsedHeaders, leaves: Iterable[str]) -> str:
    """The digest of a message, as "version:hex", from its headers and the digests of its leaves."""
    people = [",".join(sorted({one.email for one in group})) for group in (headers.from_, headers.to, headers.cc)]
    date = str(int(headers.date.timestamp())) if headers.date else ""
    record = "\n".join([*people, " ".join(headers.subject.split()), date, *sorted(leaves)])
    return f"{VERSION}:{hashlib.sha256(record.encode()).hexdigest()}"
