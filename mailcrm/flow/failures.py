"""What could not be read or stored: told apart, tried again later, and kept in quarantine; never skipped silently."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mailcrm.net.imap.values import Bad, Missing
from mailcrm.store import ledger, messages
from mailcrm.store.ledger import FolderRow, Work

_WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=7),
)


def note_failures(
    connection: Connection, folder: FolderRow, failed: Iterable[tuple[Work, Bad | Missing]], now: datetime
) -> None:
    """Note each failure on its placement; what the server confirms to be gone is gone."""
    gone: list[int] = []
    for work, answer in failed:
        if isinstance(answer, Missing):
            gone.append(work.uid)
        else:
            fail(connection, work, answer.reason, now)
    orphans = ledger.mark_gone(connection, folder.id, folder.uidvalidity, gone, now)
    messages.note_removed(connection, orphans, now)


def fail(connection: Connection, work: Work, reason: str, now: datetime) -> None:
    """Count one more failed attempt and say when the next is due."""
    attempts = work.attempts + 1
    wait = _WAITS[min(attempts, len(_WAITS)) - 1]
    ledger.note_failure(connection, work.id, attempts, reason, now + wait)
