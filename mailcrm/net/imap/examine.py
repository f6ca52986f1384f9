"""Reads the answer to EXAMINE (RFC 3501 §6.3.2, RFC 7162, RFC 8474)."""

import re

from mailcrm.net.imap import parse
from mailcrm.net.imap.replies import read_code
from mailcrm.net.imap.uids import NOTHING
from mailcrm.net.imap.values import Examined, Flags
from mailcrm.net.imap.wire import Response

_EXISTS = re.compile(rb"(\d{1,10}) EXISTS", re.IGNORECASE)


def read_examined(raw_name: bytes, untagged: list[Response], qresync: bool) -> Examined:
    """The counts, and what QRESYNC told; lines that cannot be read are left out. `qresync`: it is enabled."""
    codes: dict[str, bytes] = {}
    exists, gone = 0, NOTHING
    flags: tuple[str, ...] = ()
    changed: list[Flags] = []
    for parts in untagged:
        line = parts[0]
        try:
            if found := _EXISTS.match(line):
                exists = int(found[1])
            elif line[:3].upper() == b"OK ":
                code, data = read_code(line[3:])
                codes[code] = data
            elif line[:6].upper() == b"FLAGS ":
                flags = parse.flag_names(parse.tokens(parts)[1])
            elif vanished := parse.vanished(parts):
                gone = gone | vanished.uids
            elif parse.is_fetch(parts) and (now := parse.flags_of(parse.fetch_items(parts))):
                changed.append(now)
        except ValueError:
            continue
    modseq = None if "NOMODSEQ" in codes else _number(codes.get("HIGHESTMODSEQ")) or None
    return Examined(
        raw_name,
        _number(codes.get("UIDVALIDITY")) or 0,
        _number(codes.get("UIDNEXT")) or None,
        exists,
        modseq,
        "plain" if modseq is None else "qresync" if qresync else "condstore",
        flags,
        codes["MAILBOXID"].decode("ascii", "replace").strip("()") if "MAILBOXID" in codes else None,
        gone,
        tuple(changed),
    )


def _number(data: bytes | None) -> int | None:
    return int(data) if data is not None and data.isdigit() and len(data) < 20 else None
