"""The story of receiving: discover, decide on headers, fetch what is kept, record. One round over one mailbox.

Each step is a function of its own module; each settles what it did in one transaction, so that a process killed at
any moment loses nothing and repeats little.
"""

import time
from dataclasses import dataclass

from mailcrm.errors import LimitExceeded, ServerRefused
from mailcrm.flow.box import Box
from mailcrm.flow.decide import decide_next
from mailcrm.flow.desk import Desk
from mailcrm.flow.discover import PARKED, discover, finish_generation, list_folders
from mailcrm.flow.fetch import fetch_next
from mailcrm.net.imap.session import Session
from mailcrm.store import ledger
from mailcrm.store.ledger import FolderRow

FAILURES_BEFORE_PARKING = 3


@dataclass
class Round:
    """What one round did."""

    decided: int = 0
    fetched: int = 0
    refused: int = 0
    budget: int = 8 << 20
    """Bytes to ask for at a time: about as many as come in one turn of a folder."""

    def note_pace(self, size: int, seconds: float, wanted_seconds: float) -> None:
        """Learn from the last fetch how much fits into a turn; at most doubled or halved at once."""
        if size >= self.budget // 2 and seconds > 0:
            fitting = int(size * wanted_seconds / seconds)
            self.budget = max(1 << 20, min(2 * self.budget, max(self.budget // 2, fitting), 256 << 20))


def receive(desk: Desk, box: Box, session: Session) -> Round:
    """Bring the ledger and the messages of a mailbox up to what its server holds, newest mail first.

    Folders take turns, so that new mail never waits for old. Raises ServerUnavailable, CredentialsRefused and
    StorageFailed: everything recorded until then stays, the rest waits in the ledger. A folder that the server
    refuses is noted on the health page and does not stop the others.
    """
    done = Round()
    with desk.recording(box.mailbox_id) as connection:
        ledger.release_quarantine(connection, box.mailbox_id, desk.now())
    waiting = list_folders(desk, box, session)
    while waiting and not desk.stopping():
        turns = [_turn(desk, box, session, folder, done) for folder in waiting]
        waiting = [folder for folder in turns if folder is not None]
    return done


def _turn(desk: Desk, box: Box, session: Session, folder: FolderRow, done: Round) -> FolderRow | None:
    # Returns the folder as the ledger now has it where more of it is waiting.
    try:
        current = discover(desk, box, session, folder)
        more = _settle(desk, box, session, current, done) or current.backfill > 1
    except (ServerRefused, LimitExceeded) as error:
        _note_refusal(desk, box, folder, str(error))
        done.refused += 1
        return None
    if not more and current.generation > 1:
        finish_generation(desk, box, current)
    return current if more else None


def _settle(desk: Desk, box: Box, session: Session, folder: FolderRow, done: Round) -> bool:
    ends = time.monotonic() + desk.limits.slice_seconds
    while not desk.stopping():
        decided = decide_next(desk, box, session, folder)
        started = time.monotonic()
        fetched, size = fetch_next(desk, box, session, folder, done.budget)
        done.note_pace(size, time.monotonic() - started, desk.limits.slice_seconds)
        done.decided += decided
        done.fetched += fetched
        if not decided and not fetched:
            return False
        if time.monotonic() > ends:
            return True
    return False


def _note_refusal(desk: Desk, box: Box, folder: FolderRow, reason: str) -> None:
    failures = folder.failures + 1
    values = {"failures": failures, "error": reason, "checked_at": desk.now()}
    if failures >= FAILURES_BEFORE_PARKING:
        values["parked_until"] = desk.now() + PARKED
    with desk.recording(box.mailbox_id) as connection:
        ledger.update_folder(connection, folder.id, values)
