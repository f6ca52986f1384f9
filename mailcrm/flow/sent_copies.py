"""Copies for Sent: what was sent is appended to the sender's own Sent folder, once, with the same bytes.

Only where the account says "append"; many servers save what they submit themselves. A copy never changes what became
of the recipient: the mail has left, the copy is tried again by itself, and what went wrong is shown beside it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailcrm.errors import CredentialsRefused, MailcrmError, NotFound, ServerRefused, StorageFailed
from mailcrm.flow.tools import SendTools
from mailcrm.mailing.wire import dated
from mailcrm.net.imap.session import Session
from mailcrm.store import copies, dispatch, limits, rounds
from mailcrm.store.copies import Copy

log = logging.getLogger("mailcrm.send")

PORTION = 25
LEASE = timedelta(minutes=10)
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 30, 60))
"""Between tries of one account; the last one repeats."""
GIVE_UP = timedelta(hours=72)
LOOK_AGAIN = timedelta(minutes=10)
"""Between two looks for messages of which nobody knows whether they left."""


@dataclass
class Copies:
    """Copies for one sending process, a portion of an account at a time."""

    tools: SendTools
    _failures: dict[int, int] = field(default_factory=dict)
    _rests: dict[int, datetime] = field(default_factory=dict)

    def turn(self) -> int:
        """Append what waits, and look for what is uncertain; returns how many were settled. Raises StorageFailed."""
        with self.tools.database.reading() as connection:
            now = self.tools.clock(connection)
            waiting = copies.accounts(connection)
        return sum(self._serve(account, now) for account in waiting if self._rests.get(account.id, now) <= now)

    def _serve(self, account: copies.CopyAccount, now: datetime) -> int:
        key = f"copies:{account.id}"
        with self.tools.database.writing() as connection:
            if not limits.hold(connection, key, now, now + LEASE):
                return 0
            todo = copies.pending(connection, account.id, PORTION)
            unknown = copies.uncertain(connection, account.id, PORTION) if account.sent_copy == "server" else []
        try:
            done = self._settle(account, todo, unknown)
            self._failures.pop(account.id, None)
            if not todo:
                self._rests[account.id] = now + LOOK_AGAIN
        except StorageFailed:
            raise
        except MailcrmError as error:
            self._failed(account, todo, error, now)
            done = 0
        finally:
            with self.tools.database.writing() as connection:
                limits.let_go(connection, key, now)
        return done

    def _settle(self, account: copies.CopyAccount, todo: Sequence[Copy], unknown: Sequence[Copy]) -> int:
        if not todo and not unknown:
            return 0
        credentials = self.tools.credentials
        with self.tools.database.reading() as connection:
            mailbox = rounds.account(connection, account.mailbox_id)
        if mailbox is None:
            raise NotFound(f"The mailbox of {account.address} is gone.")
        with Session.open(credentials.server(mailbox), credentials.login(mailbox)) as session:
            folder = sent_folder(session)
            session.examine(folder)
            for one in todo:
                self._append(session, folder, one)
            found = [one.id for one in unknown if session.find_message_id(one.message_id)]
        if found:
            with self.tools.database.writing() as connection:
                dispatch.found_in_sent(connection, found, self.tools.clock(connection))
        return len(todo) + len(found)

    def _append(self, session: Session, folder: bytes, one: Copy) -> None:
        # A process that was killed after it appended and before it wrote that down must not append again.
        if not session.find_message_id(one.message_id):
            raw = dated(self.tools.blobs.read(one.raw_sha256), one.dated_at)
            session.append(folder, raw, ("\\Seen",), one.dated_at)
        with self.tools.database.writing() as connection:
            copies.settle(connection, [one.id], "done", "")

    def _failed(self, account: copies.CopyAccount, todo: Sequence[Copy], error: MailcrmError, now: datetime) -> None:
        failures = self._failures[account.id] = self._failures.get(account.id, 0) + 1
        wait = timedelta(hours=6) if isinstance(error, CredentialsRefused) else WAITS[min(failures, len(WAITS)) - 1]
        self._rests[account.id] = now + wait
        log.warning("no copy in Sent", extra={"account": account.id, "reason": str(error)})
        old = [one.id for one in todo if now - one.accepted_at >= GIVE_UP]
        with self.tools.database.writing() as connection:
            copies.settle(connection, [one.id for one in todo], "pending", str(error))
            copies.settle(connection, old, "failed", str(error))


def sent_folder(session: Session) -> bytes:
    """The Sent folder by its role or by its name in any language; raises ServerRefused where there is none."""
    for folder in session.folders():
        if folder.role == "sent" and folder.selectable:
            return folder.raw_name
    raise ServerRefused(f"There is no Sent folder at {session.host}: make one in the mail program.")
