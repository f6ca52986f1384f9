"""How one session waits for news: NOTIFY, IDLE with sweeps, or sweeps alone; and what its lines say."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from mailcrm.errors import ServerRefused
from mailcrm.net.imap.folders import read_status
from mailcrm.net.imap.session import Session
from mailcrm.net.imap.values import Folder, Status

Mode = Literal["notify", "idle", "poll"]
INBOX = b"INBOX"
_COUNTS = ("messages", "uidnext", "uidvalidity", "highestmodseq")
_INBOX_NEWS = re.compile(rb"\d+ (EXISTS|EXPUNGE)\b|VANISHED ", re.IGNORECASE)
_OVERFLOW = re.compile(rb"(OK|NO) \[NOTIFICATIONOVERFLOW", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outlook:
    """How a session waits, and the counts of its folders when it was last looked at."""

    mode: Mode
    counts: dict[bytes, Status]
    watched: tuple[bytes, ...] = ()
    """Folders to ask one by one, where the server cannot list all counts at once."""


def begin(session: Session) -> Outlook:
    """Chooses the best way the server has and starts waiting. Raises what a session raises."""
    if "NOTIFY" in session.capabilities and "IDLE" in session.capabilities and session.quirks.notify:
        try:
            outlook = Outlook("notify", session.notify())
        except ServerRefused:
            pass  # advertised, but not for this mailbox: IDLE still works
        else:
            session.idle()
            return outlook
    listed = session.folders()
    idles = "IDLE" in session.capabilities and session.quirks.idle
    watched = () if "LIST-STATUS" in session.capabilities else _important(listed, with_inbox=not idles)
    outlook = Outlook("idle" if idles else "poll", _counts(session, listed, watched), watched)
    if idles:
        session.examine(INBOX)
        session.idle()
    return outlook


def renew(session: Session, outlook: Outlook) -> tuple[Outlook, set[bytes]]:
    """Ends the waiting, sweeps, waits again. Returns the new outlook and the folders with news."""
    news = set()
    if outlook.mode != "poll":
        news = told(session.done(), outlook) or set()
    if outlook.mode == "notify":
        counts = session.notify()  # arms it anew: after an overflow the server has forgotten it
    else:
        counts = _counts(session, [] if outlook.watched else session.folders(), outlook.watched)
    news |= {name for name, status in counts.items() if _learn(outlook, name, status)}
    outlook = replace(outlook, counts={name: outlook.counts[name] for name in counts})
    if outlook.mode != "poll":
        session.idle()
    return outlook, news


def told(lines: Iterable[bytes], outlook: Outlook) -> set[bytes] | None:
    """The folders that these lines report news of; None where only looking at all of them can tell."""
    news: set[bytes] = set()
    for line in lines:
        if line[:7].upper() == b"STATUS ":
            try:
                name, status = read_status([line])
            except ValueError:  # its name is a literal, which does not come as one line
                return None
            if _learn(outlook, name, status):
                news.add(name)
        elif outlook.mode == "idle" and _INBOX_NEWS.match(line):
            news.add(INBOX)
        elif _OVERFLOW.match(line):
            return None
    return news


def _learn(outlook: Outlook, name: bytes, now: Status) -> bool:
    """Notes the counts; whether they tell of something new. Dovecot tells now more of them, now fewer."""
    before = outlook.counts.get(name)
    if before is None:
        outlook.counts[name] = now
        return True
    pairs = [(getattr(before, part), getattr(now, part)) for part in _COUNTS]
    outlook.counts[name] = Status(*(old if new is None else new for old, new in pairs))
    return any(None not in pair and pair[0] != pair[1] for pair in pairs)


def _important(listed: list[Folder], with_inbox: bool) -> tuple[bytes, ...]:
    wanted = {"sent", "inbox"} if with_inbox else {"sent"}
    return tuple(folder.raw_name for folder in listed if folder.selectable and folder.role in wanted)[:5] or (INBOX,)


def _counts(session: Session, listed: list[Folder], watched: tuple[bytes, ...]) -> dict[bytes, Status]:
    if watched:
        return {name: session.status(name) for name in watched}
    return {folder.raw_name: folder.status for folder in listed if folder.status is not None}
