"""ParsedHeaders from header fields: ids, dates, addresses and the words that tell lists and robots from people.

The values of address fields and of the date come from the parser library (see `parse`); this file repairs what
the library gives up on and reads the fields that it does not know.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

from mailcrm.mail import address, words
from mailcrm.mail.address import Address
from mailcrm.mail.slim import Field

MAX_ID = 998
"""Longer ids (RFC 5322 §2.1.1: no line may be longer) are replaced by their hash, which still joins a thread."""
MAX_REFERENCES = 500
EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_ID = re.compile(r"<([^<>]*)>")
_YEAR_OF_ZEROS = re.compile(r"(?<![+\-:\d])0\d{3}(?!\d)")
_BLANK = re.compile(r"\s+")
_ANGLE = re.compile(r"<\s*([^<>\s]+@[^<>\s]+)\s*>")
_BULK = ("bulk", "list", "junk")


def ids(value: bytes) -> tuple[str, ...]:
    """The message ids in a header value, without brackets and white space, each once, in order."""
    text = words.text(value)
    found = _ID.findall(text) if "<" in text else [word for word in text.split() if "@" in word]
    if not found and "<" in text:
        found = [text.replace("<", " ").replace(">", " ")]
    return tuple(dict.fromkeys(filter(None, map(_short, found))))


def message_id(value: bytes) -> str:
    """The one id of a Message-ID field; also of fields without brackets, with several ids or with blanks inside."""
    text = words.text(value)
    match = _ID.search(text)
    return _short(match[1] if match else text.strip("<>"))


def _short(value: str) -> str:
    """An id without white space; its hash in place of one that is too long to be stored in an index."""
    value = _BLANK.sub("", value)
    if len(value) <= MAX_ID:
        return value
    return f"{hashlib.sha256(value.encode()).hexdigest()}@too-long.invalid"


def date(parsed: datetime | None, value: bytes) -> tuple[datetime | None, str]:
    """The date in UTC and a defect. `parsed` is what the library read; None makes us try harder."""
    if not value:
        return None, "no-date"
    defect = ""
    if parsed is None:
        parsed, defect = _lenient_date(words.text(value)), "bad-date"
    if parsed is None:
        return None, "bad-date"
    return (parsed, defect) if EARLIEST <= parsed < LATEST else (None, "absurd-date")


def _lenient_date(value: str) -> datetime | None:
    """A date that breaks RFC 5322 §3.3: no zone, no seconds, a two-digit year; a zone of a day or more is refused."""
    try:
        parts = parsedate_tz(value[:200])
        if parts is None or abs(parts[9] or 0) >= 86_400 or _YEAR_OF_ZEROS.search(value):
            return None
        return datetime(*parts[:6], tzinfo=UTC) - timedelta(seconds=parts[9] or 0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def addresses(parsed: Iterable[tuple[str, str]], value: bytes) -> tuple[tuple[Address, ...], str]:
    """What the library found in an address field as values, and a defect.

    Where it found nothing although there is an @, the addresses in angle brackets or bare words are taken.
    """
    found = [Address(_name(name, email), address.normalise(email)) for name, email in parsed if email]
    found = [one for one in found if one.email]
    if b"@" not in value or found:
        return tuple(dict.fromkeys(found)), ""
    text = words.text(value)
    emails = [address.normalise(email) for email in _ANGLE.findall(text)] or address.find(text)
    name = text[: text.find("<")].strip(" \"'") if "<" in text and len(emails) == 1 else ""
    rescued = tuple(dict.fromkeys(Address(name, email) for email in emails if email))
    return rescued, "broken-address"


def _name(name: str, email: str) -> str:
    """A display name worth keeping: on one line, without the quotes some clients double, not the address again."""
    name = words.one_line(name)
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return "" if name.casefold() == email.casefold() else name


def bulk(values: Sequence[Field]) -> bool:
    """Whether list or bulk fields stand in the header: RFC 2919, RFC 2369, Precedence."""
    for name, value in values:
        if name in ("list-id", "list-unsubscribe", "list-post", "feedback-id", "x-campaign-id", "x-mailer-recptid"):
            return True
        if name == "precedence" and value.strip().lower().decode("latin-1") in _BULK:
            return True
    return False
