"""Session: messages handed over on one connection, in two steps with a gap between them.

`offer` goes as far as the server's "354, go ahead"; nothing is sent yet. There the caller writes down, durably, that
the message is about to go; `send` then sends it with its final dot. So everything that is refused before is certain,
and only a message between `send` and its answer can ever be uncertain. Where the server has PIPELINING, MAIL, RCPT and
DATA go in one packet, and those of the following message behind the dot of this one: one round trip a message instead
of four.
"""

import re

from mailcrm.mailing.answer import Answer, answer
from mailcrm.mailing.wire import Unwritable
from mailcrm.net.smtp.line import Line
from mailcrm.net.smtp.opening import open_line
from mailcrm.net.smtp.values import Envelope, Features, SmtpFailed, SmtpLogin, SmtpServer

_ADDRESS = re.compile(r"[^\s<>\x00-\x20\x7f]+@[^\s<>\x00-\x20\x7f]+")
_XTEXT = re.compile(rb"[^!-*,-<>-~]")
_LONE = re.compile(rb"\r\n|\r|\n")
_GO_AHEAD = 354
_BYTES_A_SECOND = 20_000
"""The slowest upload that is still waited for, beside the time for the reply."""


class Session:
    """One connection; use it in one task. Every method raises SmtpFailed once it is broken: open another then."""

    def __init__(self, line: Line, server: SmtpServer) -> None:
        self._line = line
        self._server = server
        self._ahead: Envelope | None = None
        self._pipelines = "pipelining" in line.features.names

    @classmethod
    async def open(cls, server: SmtpServer, login: SmtpLogin | None) -> "Session":
        """Connect and sign in; raises SmtpFailed."""
        return cls(await open_line(server, login), server)

    @property
    def features(self) -> Features:
        """What the server offers."""
        return self._line.features

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""
        return self._line.is_open

    async def offer(self, envelope: Envelope) -> Answer | None:
        """None where the server waits for the message now; else what it said no to. Raises SmtpFailed, and Unwritable
        for an address that would break out of its command."""
        if self._ahead is envelope:
            return await self._offered()
        if refusal := self._impossible(envelope):
            return refusal
        if self._pipelines:
            if self._ahead is not None:
                raise ValueError("another message was to follow")
            self._line.write(b"".join(command for _, command in self._commands(envelope)))
            return await self._offered()
        for phase, command in self._commands(envelope):
            self._line.write(command)
            got = await self._answer(phase)
            if not got.is_good:
                await self._reset(got)
                return got
        return None

    async def send(self, raw: bytes, following: Envelope | None = None) -> Answer:
        """The message and its dot, after `offer` returned None; what the server says to it. With `following`, which has
        to be offered next, its commands go along where the server allows it."""
        data = stuffed(raw)
        self._ahead = None
        if following is not None and self._pipelines and not self._impossible(following):
            data += b"".join(command for _, command in self._commands(following))
            self._ahead = following
        self._line.write(data)
        code, text = await self._line.reply("dot", self._server.dot_timeout + len(data) / _BYTES_A_SECOND)
        return answer("dot", code, text)

    def abandon(self) -> None:
        """Do not send the message that the server waits for: the connection ends without a dot, nothing was sent."""
        self._line.close("it was given up before the message")

    async def quit(self) -> None:
        """Sign off."""
        await self._line.quit()

    async def _offered(self) -> Answer | None:
        """The answers to the commands that went in one packet."""
        self._ahead = None
        if await self._line.all_good((2, 2, 3), self._server.command_timeout):
            return None
        mail, rcpt, data = [await self._answer(phase) for phase in ("mail", "rcpt", "data")]
        refusal = next((one for one in (mail, rcpt, data) if not one.is_good), None)
        if refusal is None:
            return None
        if data.code == _GO_AHEAD:
            # It waits for a message to nobody. RFC 2920 §3.1 has an empty one for that, which a server that is wrong
            # about this much might even deliver.
            self._line.close("it was given up before the message")
            return refusal
        await self._reset(refusal)
        return refusal

    async def _answer(self, phase: str) -> Answer:
        code, text = await self._line.reply(phase, self._server.command_timeout)
        got = answer(phase, code, text)
        if code == 421:
            self._line.close(text)
            raise SmtpFailed(got)
        if phase == "data" and code != _GO_AHEAD and code < 400:
            return Answer("data", 500, f"an answer that is none to DATA: {code} {text}"[:200])
        return got

    async def _reset(self, after: Answer) -> None:
        self._line.write(b"RSET\r\n")
        try:
            await self._line.reply(after.phase, self._server.command_timeout)
        except SmtpFailed:
            # What it said no to is known; the next message finds the line closed.
            return

    def _impossible(self, envelope: Envelope) -> Answer | None:
        features = self._line.features
        if envelope.needs_utf8 and "smtputf8" not in features.names:
            return Answer("rcpt", 553, "The server cannot write to this address: it has no SMTPUTF8.", "5.6.7")
        if features.size and envelope.size > features.size:
            words = f"The message has {envelope.size} bytes, the server takes {features.size}."
            return Answer("mail", 552, words, "5.3.4")
        return None

    def _commands(self, envelope: Envelope) -> list[tuple[str, bytes]]:
        names = self._line.features.names
        for address in (envelope.sender, envelope.recipient):
            if not _ADDRESS.fullmatch(address):
                raise Unwritable(f"{address!r} is not an address that mail can be sent to.")
        mail = f"MAIL FROM:<{envelope.sender}>"
        rcpt = f"RCPT TO:<{envelope.recipient}>"
        if "size" in names and envelope.size:
            mail += f" SIZE={envelope.size}"
        if envelope.needs_utf8:
            mail += " SMTPUTF8"
        elif "dsn" in names:
            mail += f" RET=HDRS ENVID={xtext(envelope.id)}" if envelope.id else " RET=HDRS"
            rcpt += f" NOTIFY=FAILURE,DELAY ORCPT=rfc822;{xtext(envelope.recipient)}"
        return [("mail", f"{mail}\r\n".encode()), ("rcpt", f"{rcpt}\r\n".encode()), ("data", b"DATA\r\n")]


def xtext(value: str) -> str:
    """RFC 3461 §4: everything but printable ASCII without "+" and "=" as +XX."""
    return _XTEXT.sub(lambda found: b"+%02X" % found.group()[0], value.encode()).decode("ascii")


def stuffed(raw: bytes) -> bytes:
    """The message for DATA: CRLF throughout, leading dots doubled, the final dot (RFC 5321 §4.5.2)."""
    if not raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r"):
        raw = _LONE.sub(b"\r\n", raw)
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    if raw.startswith(b"."):
        raw = b"." + raw
    return raw.replace(b"\r\n.", b"\r\n..") + b".\r\n"
