"""Line: an open SMTP connection on which many commands may be under way (RFC 2920).

aiosmtplib connects, encrypts and signs in; then its transport is given to this protocol, as its own one pairs each
command with the next reply and drops everything else. A reply that comes late can never be taken for another's: once
nothing came in time, the connection is closed for good.
"""

import asyncio
from collections import deque
from typing import cast

from mailcrm.mailing.answer import answer
from mailcrm.net.smtp.values import Features, SmtpFailed

_LONGEST = 65_536
_LOOK = 1.0
"""Seconds between looks at the clock: one timer a connection costs less than one a reply."""
Reply = tuple[int, str]


class Line(asyncio.Protocol):
    """Write commands, await their replies in order. Raises SmtpFailed once the connection is lost."""

    def __init__(self, transport: asyncio.Transport, features: Features) -> None:
        self.features = features
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._lines: list[bytes] = []
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._lost = ""
        self._timer = self._loop.call_later(_LOOK, self._look)
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Whether more can be written."""
        return not self._lost and not self._transport.is_closing()

    def write(self, data: bytes) -> None:
        """Send bytes; raises SmtpFailed where the connection is lost already, so that nothing of them has gone."""
        if not self.is_open:
            raise self._failure("mail")
        self._transport.write(data)

    async def reply(self, phase: str, timeout: float) -> Reply:
        """The next reply, awaited for so many seconds; raises SmtpFailed of this phase, with the line closed."""
        if not self._replies:
            await self._wait(timeout)
        if not self._replies:
            raise self._failure(phase)
        return self._replies.popleft()

    async def all_good(self, firsts: tuple[int, ...], timeout: float) -> bool:
        """Whether the next replies begin with these digits; they are taken then, and left where they are otherwise.
        The usual case, without an object for each reply."""
        while len(self._replies) < len(firsts) and not self._lost:
            if any(code // 100 != first for (code, _), first in zip(self._replies, firsts, strict=False)):
                return False
            await self._wait(timeout)
        if len(self._replies) < len(firsts) or any(
            code // 100 != first for (code, _), first in zip(self._replies, firsts, strict=False)
        ):
            return False
        for _ in firsts:
            self._replies.popleft()
        return True

    async def _wait(self, timeout: float) -> None:
        if self._lost:
            return
        self._deadline = self._loop.time() + timeout
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        except asyncio.CancelledError:
            self.close("it was given up")
            raise
        finally:
            self._waiter = None
            self._deadline = 0.0

    def close(self, why: str = "it was closed") -> None:
        """End the connection at once, without a word: a message whose dot was not sent is thrown away."""
        if not self._lost:
            self._lost = why
            self._timer.cancel()
            self._transport.abort()
            self._wake()

    async def quit(self) -> None:
        """Sign off; waits five seconds at most."""
        try:
            self.write(b"QUIT\r\n")
            await self.reply("mail", 5.0)
        except SmtpFailed:
            pass
        self.close()

    # asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        """Cut what came into lines and replies."""
        self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            self._lines.append(line)
            if line[3:4] != b"-":
                self._complete()
        if len(self._buffer) + sum(map(len, self._lines)) > _LONGEST:
            self.close("the server sends a reply without end")
        elif self._replies:
            self._wake()

    def _complete(self) -> None:
        lines, self._lines = self._lines, []
        if not lines[-1][:3].isdigit():
            self.close("the server sends what is no reply")
            return
        text = "\n".join(line[4:].strip().decode("utf-8", "replace") for line in lines)
        self._replies.append((int(lines[-1][:3]), text))

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side is gone."""
        self._lost = self._lost or (str(exc) if exc else "the server closed the connection")
        self._timer.cancel()
        self._wake()

    def eof_received(self) -> bool:
        """Nothing more will come; the transport closes itself."""
        return False

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _look(self) -> None:
        if self._deadline and self._loop.time() > self._deadline:
            self.close("no reply came in time")
        elif not self._lost:
            self._timer = self._loop.call_later(_LOOK, self._look)

    def _failure(self, phase: str) -> SmtpFailed:
        return SmtpFailed(answer(phase, 0, self._lost or "the connection is closing"))


def transport_of(found: object) -> asyncio.Transport:
    """A transport as asyncio calls it; uvloop's are not subclasses."""
    return cast(asyncio.Transport, found)
