"""What the watcher remembers of one mailbox, and when it looks or tries again."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mailcrm.errors import MailcrmError, ServerUnavailable
from mailcrm.net.imap.news import Outlook
from mailcrm.net.imap.replies import Throttled
from mailcrm.net.imap.session import Session


@dataclass(frozen=True, slots=True)
class Timing:
    """Times in seconds. Those of the server's quirk profile count where they are shorter."""

    debounce: float = 0.3
    """News of one folder within this time are told once."""
    silence: float = 300.0
    """A connection that said nothing for so long is tried (DONE, 15 s)."""
    sweep: float = 50.0
    refresh: float = 24 * 60.0
    """IDLE anew."""
    first_retry: float = 2.0
    last_retry: float = 600.0
    stable: float = 300.0
    """A connection that lived so long is opened again at once."""


State = Literal["connecting", "watching", "waiting", "refused"]


class Watched:
    """One mailbox as the selector thread knows it; times are of the monotonic clock, in seconds."""

    def __init__(self, mailbox_id: int, host: str, open_session: Callable[[], Session]) -> None:
        self.mailbox_id = mailbox_id
        self.host = host
        self.open_session = open_session
        self.state: State = "waiting"
        self.session: Session | None = None
        self.outlook: Outlook | None = None
        self.opened_at = self.idle_since = self.heard_at = 0.0
        self.failures = 0
        self.timer = 0
        self.removed = False

    def next_look(self, timing: Timing, session: Session, outlook: Outlook) -> float:
        """Seconds until the waiting connection must be renewed: IDLE anew, a sweep, or a silence too long."""
        now = time.monotonic()
        until_refresh = self.idle_since + min(timing.refresh, session.quirks.idle_seconds) - now
        if outlook.mode == "notify":
            return max(min(until_refresh, self.heard_at + timing.silence - now), 0.0)
        return max(min(until_refresh, timing.sweep, session.quirks.sweep_seconds), 0.0)

    def failed(self, timing: Timing, error: MailcrmError) -> float:
        """Counts a failure; returns the seconds until the next try: at once after a long life, else ever later."""
        lived = time.monotonic() - self.opened_at if self.state == "watching" else 0.0
        self.failures = 0 if lived >= timing.stable else self.failures + 1
        if isinstance(error, Throttled):
            return error.wait
        if not isinstance(error, ServerUnavailable):
            return timing.last_retry
        grown = timing.first_retry * 1.5 ** min(self.failures - 1, 30) if self.failures else 0.0
        return min(grown, timing.last_retry) + random.uniform(0, timing.first_retry)  # noqa: S311 (no secret)
