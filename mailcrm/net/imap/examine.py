"""Reads the answer to EXAMINE (RFC 3501 §6.3.2, RFC 7162, RFC 8474)."""

import contextlib
import re

from mailcrm.net.imap import parse
from mailcrm.net.imap.replies import read_code
from mailcrm.net.imap.uids import NOTHING
from mailcrm.net.imap.values import Examined, Flags
from mailcrm.net.imap.wire import Response

_EXISTS = re.compile(rb"(\d{1,10}) EXISTS", re.IGNORECASE)


def read_examined(raw_name: bytes, untagged: list[Response], qresync: bool) -> Examined:
    """The counts, and what QRESYNC told; lines that cannot be read are left out. `qresync`: it is enabled. What comes
    before the code CLOSED is still about the folder that was open before (RFC 7162 §3.2.11)."""
    closed = [number for number, parts in enumerate(untagged) if parts[0][:11].upper() == b"OK [CLOSED]"]
    found = _Found()
    for parts in untagged[closed[-1] + 1 :] if closed else untagged:
        with contextlib.suppress(ValueError):
            found.note(parts)
    codes = found.codes
    modseq = None if "NOMODSEQ" in codes else parse.counted(codes.get("HIGHESTMODSEQ")) or None
    return Examined(
        raw_name,
        parse.counted(codes.get("UIDVALIDITY")) or 0,
        parse.counted(codes.get("UIDNEXT")) or None,
        found.exists,
        modseq,
        "plain" if modseq is None else "qresync" if qresync else "condstore",
        found.flags,
        codes["MAILBOXID"].decode("ascii", "replace").strip("()") if "MAILBOXID" in codes else None,
        found.gone,
        tuple(found.changed),
    )


class _Found:
    """What the responses told so far."""

    def __init__(self) -> None:
        self.codes: dict[str, bytes] = {}
        self.exists = 0
        self.flags: tuple[str, ...] = ()
        self.gone = NOTHING
        self.changed: list[Flags] = []

    def note(self, parts: Response) -> None:
        """Takes one response in. Raises ValueError if it cannot be read."""
        line = parts[0]
        if found := _EXISTS.match(line):
            self.exists = int(found[1])
        elif line[:3].upper() == b"OK ":
            code, data = read_code(line[3:])
            self.codes[code] = data
        elif line[:7].upper() == b"FLAGS (":
            self.flags = parse.flag_names(parse.tokens(parts)[1])
        elif vanished := parse.vanished(parts):
            self.gone = self.gone | vanished.uids
        elif parse.is_fetch(parts) and (now := parse.flags_of(parse.fetch_items(parts))):
            self.changed.append(now)
