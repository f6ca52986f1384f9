"""Connections of an account to its server: opened where needed, kept a while for the next messages."""

import asyncio
import time
from dataclasses import dataclass, field

from mailcrm.errors import ConfigError
from mailcrm.flow.tools import SendTools, login_of, server_of
from mailcrm.mailing.answer import Answer
from mailcrm.net.smtp.session import Session
from mailcrm.net.smtp.values import SmtpFailed, SmtpLogin, SmtpServer
from mailcrm.store.send_accounts import SendAccountRow

IDLE = 30.0
"""Seconds for which one is kept: shorter than servers wait (RFC 5321 §4.5.3.2.7 asks them for five minutes)."""


@dataclass
class Connections:
    """The idle connections of one account. Use in one event loop."""

    tools: SendTools
    account: SendAccountRow
    _idle: list[tuple[float, Session]] = field(default_factory=list)

    async def take(self) -> tuple[Session, bool]:
        """A connection, and whether it was used before. Raises SmtpFailed."""
        while self._idle:
            _, session = self._idle.pop()
            if session.is_open:
                return session, True
        server, login = await asyncio.to_thread(self._sign_in)
        return await Session.open(server, login), False

    def put(self, session: Session) -> None:
        """Keep one."""
        self._idle.append((time.monotonic(), session))

    async def close(self, idle: float = 0.0) -> None:
        """Sign off from those that were not used for so many seconds."""
        before = time.monotonic() - idle
        old = [session for since, session in self._idle if since <= before]
        self._idle = [(since, session) for since, session in self._idle if since > before]
        await asyncio.gather(*(session.quit() for session in old))

    def _sign_in(self) -> tuple[SmtpServer, SmtpLogin | None]:
        try:
            with self.tools.database.reading() as connection:
                login = login_of(connection, self.account, self.tools.credentials)
        except ConfigError as error:
            raise SmtpFailed(Answer("auth", 535, str(error))) from error
        return server_of(self.account, self.tools.patience), login
