"""Reads untagged responses: FETCH, STATUS, SEARCH, ESEARCH, VANISHED (RFC 3501 §7, RFC 4731, RFC 7162).

Every function raises ValueError for what it cannot read; the caller isolates that one response.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from mailcrm.net.imap.uids import LAST, UidSet
from mailcrm.net.imap.values import Flags, Seen, Status, Vanished

Token = bytes | None | list["Token"]
"""bytes of an atom, a string or a literal; None for NIL; a list for what stood in parentheses."""

DEEPEST = 50
_TOKEN = re.compile(rb' *(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|((?:[^ ()"\[]|\[[^\]\[]{0,1000}\]|\[)+))', re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_LITERAL = re.compile(rb"~?\{\d+\+?\}$")
_FETCH = re.compile(rb"\d+ FETCH ", re.IGNORECASE)
_UID = re.compile(rb"[( ]UID (\d{1,10})[ )]", re.IGNORECASE)
_DATE = re.compile(
    rb" ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{1,2}):(\d{2}):(\d{2})(?: ([+-])(\d{2})(\d{2}))?", re.IGNORECASE
)
_BESIDE_A_BODY = {b"UID", b"FLAGS", b"MODSEQ", b"INTERNALDATE", b"RFC822.SIZE", b"EMAILID", b"THREADID", b"SAVEDATE"}
_LARGEST_SIZE = 1 << 40
_LONGEST_WORD = 255
_MOST_FLAGS = 100
_MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")


def tokens(parts: list[bytes]) -> list[Token]:
    """A whole response as nested lists. Raises ValueError for unbalanced or absurdly deep parentheses."""
    root: list[Token] = []
    stack = [root]
    for token in _flat(parts):
        if token == b"(" and isinstance(token, _Bracket):
            if len(stack) > DEEPEST:
                raise ValueError("a response is nested too deep")
            inner: list[Token] = []
            stack[-1].append(inner)
            stack.append(inner)
        elif token == b")" and isinstance(token, _Bracket):
            if len(stack) == 1:
                raise ValueError("a response has a parenthesis too many")
            stack.pop()
        else:
            stack[-1].append(token)
    if len(stack) > 1:
        raise ValueError("a response ends inside a parenthesis")
    return root


class _Bracket(bytes):
    """A parenthesis that is not part of a string."""


_OPEN, _CLOSE = _Bracket(b"("), _Bracket(b")")


def _flat(parts: list[bytes]) -> Iterator[bytes | None]:
    for index in range(0, len(parts), 2):
        line = parts[index]
        end = len(line)
        if index + 1 < len(parts):
            found = _LITERAL.search(line)
            end = found.start() if found else end
        yield from _line_tokens(line, end)
        if index + 1 < len(parts):
            yield parts[index + 1]


def _line_tokens(line: bytes, end: int) -> Iterator[bytes | None]:
    at = 0
    while at < end:
        found = _TOKEN.match(line, at, end)
        if found is None:
            if line[at:end].strip(b" "):
                raise ValueError("a response has a string without an end")
            return
        at = found.end()
        kind = found.lastindex
        if kind == 4:
            atom = found[4]
            yield None if atom in (b"NIL", b"nil") else atom
        elif kind == 3:
            yield _ESCAPED.sub(rb"\1", found[3]) if b"\\" in found[3] else found[3]
        else:
            yield _OPEN if kind == 1 else _CLOSE


def is_fetch(parts: list[bytes]) -> bool:
    """Whether this is a FETCH response."""
    return _FETCH.match(parts[0]) is not None


def fetch_items(parts: list[bytes]) -> dict[bytes, Token]:
    """The items of a FETCH response by upper-case name (`BODY[HEADER]`, `UID`). Raises ValueError."""
    found = tokens(parts)
    if len(found) != 3 or not isinstance(found[2], list) or len(found[2]) % 2:
        raise ValueError("a FETCH response is not a list of pairs")
    items: dict[bytes, Token] = {}
    for name, value in zip(found[2][::2], found[2][1::2], strict=True):
        if not isinstance(name, bytes) or not name[:1].isalpha():  # a literal shorter than announced looks like this
            raise ValueError("a FETCH response has an item without a name")
        if items.setdefault(name.upper(), value) is not value:
            raise ValueError("a FETCH response has an item twice")
    return items


def uid_hint(parts: list[bytes]) -> int | None:
    """The UID in a response that could not be read, if it shows outside the literals."""
    for line in parts[::2]:
        if found := _UID.search(line):
            return int(found[1])
    return None


def body(items: dict[bytes, Token]) -> bytes | None:
    """The bytes of the BODY[…] item: None where it is absent; an empty message may come as NIL. Raises ValueError
    where anything stands beside it that no server sends: then a literal was shorter than announced."""
    found: bytes | None = None
    for name, value in items.items():
        if name.startswith(b"BODY[") and not isinstance(value, list):
            found = value or b""
        elif name not in _BESIDE_A_BODY and not name.startswith(b"X-"):
            raise ValueError("a response has an item that was not asked for")
    return found


def number(value: Token) -> int:
    """A number of a response; tolerates mail.ru's 9.3736e+06. Raises ValueError."""
    if not isinstance(value, bytes) or len(value) > 30:
        raise ValueError("a number is missing")
    try:
        return int(value) if value.isdigit() else int(float(value))
    except OverflowError:
        raise ValueError("a number is infinite") from None


def counted(value: Token) -> int | None:
    """A count as a 63-bit integer (RFC 7162 allows no more); None for anything else."""
    found = int(value) if isinstance(value, bytes) and value.isdigit() and len(value) < 20 else -1
    return found if 0 <= found < 2**63 else None


def _uid(value: Token) -> int:
    found = number(value)
    if not 0 < found <= LAST:
        raise ValueError("a UID is out of range")
    return found


def seen(items: dict[bytes, Token]) -> Seen | None:
    """A message of discovery; None for an unasked FETCH without a UID. Raises ValueError."""
    if b"UID" not in items:
        return None
    email_id = _text(items.get(b"EMAILID")) or _text(items.get(b"X-GM-MSGID"))
    size = items.get(b"RFC822.SIZE")
    return Seen(
        _uid(items[b"UID"]),
        min(max(number(size), 0), _LARGEST_SIZE) if size else 0,
        internal_date(items.get(b"INTERNALDATE")),
        flag_names(items.get(b"FLAGS")),
        _modseq(items),
        email_id or None,
    )


def flags_of(items: dict[bytes, Token]) -> Flags | None:
    """UID, flags and modseq; None where UID or flags were left out. Raises ValueError."""
    if b"UID" not in items or b"FLAGS" not in items:
        return None
    return Flags(_uid(items[b"UID"]), flag_names(items[b"FLAGS"]), _modseq(items))


def flag_names(value: Token) -> tuple[str, ...]:
    """A list of flags, sorted, as text; without \\Recent, which tells of a session and not of the message."""
    listed = value if isinstance(value, list) else []
    names = {
        flag.decode("utf-8", "replace") for flag in listed if isinstance(flag, bytes) and flag.lower() != b"\\recent"
    }
    return tuple(sorted(name for name in names if name.isprintable() and len(name) <= _LONGEST_WORD)[:_MOST_FLAGS])


def _modseq(items: dict[bytes, Token]) -> int | None:
    value = items.get(b"MODSEQ")
    inner = value[0] if isinstance(value, list) and value else value
    return counted(inner)


def _text(value: Token) -> str:
    inner = value[0] if isinstance(value, list) and value else value
    found = inner.decode("ascii", "replace") if isinstance(inner, bytes) else ""
    return found if found.isprintable() and len(found) <= _LONGEST_WORD else ""


def internal_date(value: Token) -> datetime | None:
    """INTERNALDATE in UTC; None for nonsense."""
    found = _DATE.match(value) if isinstance(value, bytes) else None
    if found is None or found[2].lower() not in _MONTHS:
        return None
    month = _MONTHS.index(found[2].lower()) + 1
    offset = timedelta(hours=int(found[8] or 0), minutes=int(found[9] or 0))
    try:
        zone = timezone(-offset if found[7] == b"-" else offset)
        when = datetime(int(found[3]), month, int(found[1]), int(found[4]), int(found[5]), int(found[6]), tzinfo=zone)
        return when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def status_of(items: Token) -> Status:
    """The pairs of a STATUS response; counts left out or unreadable are None."""
    pairs = items if isinstance(items, list) else []
    counts: dict[str, int] = {}
    for name, value in zip(pairs[::2], pairs[1::2], strict=False):
        if isinstance(name, bytes) and (count := counted(value)) is not None:
            counts[name.decode("ascii", "replace").upper()] = count
    return Status(
        counts.get("MESSAGES"), counts.get("UIDNEXT"), counts.get("UIDVALIDITY"), counts.get("HIGHESTMODSEQ") or None
    )


def found_uids(parts: list[bytes]) -> UidSet | None:
    """The UIDs of a SEARCH or ESEARCH response; None for any other response. Raises ValueError."""
    line = parts[0]
    if line[:6].upper() == b"SEARCH":
        return UidSet.of(int(word) for word in line[6:].partition(b"(")[0].split())
    if line[:7].upper() != b"ESEARCH":
        return None
    words = line.split()
    upper = [word.upper() for word in words]
    return UidSet.parse(words[upper.index(b"ALL") + 1]) if b"ALL" in upper[:-1] else UidSet()


def vanished(parts: list[bytes]) -> Vanished | None:
    """A VANISHED response; None for any other. Raises ValueError."""
    words = parts[0].split()
    if not words or words[0].upper() != b"VANISHED" or len(words) < 2:
        return None
    return Vanished(UidSet.parse(words[-1]), words[1].upper() == b"(EARLIER)")
