"""An SMTP server in a thread that answers as a test tells it to: refusals, silence, lost connections, late replies."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

EXTENSIONS = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN", "SIZE 10485760")


@dataclass(frozen=True)
class Turn:
    """One command at the server: its words, whose transaction it is, and how many messages were taken before."""

    command: str
    line: str
    recipient: str
    taken: int
    connection: int


Answer = str | float | None
"""A reply; seconds of silence before the usual one; or None for the usual one. "drop" closes, "hang" never answers."""


@dataclass(frozen=True)
class Taken:
    """A message that was accepted."""

    sender: str
    recipient: str
    data: bytes
    lines: tuple[str, ...]


@dataclass
class FakeSmtp:
    """Use as a context manager. `script` decides on each command: EHLO, AUTH, MAIL, RCPT, DATA, DOT, GREET."""

    script: Callable[[Turn], Answer] = lambda _: None
    extensions: tuple[str, ...] = EXTENSIONS
    taken: list[Taken] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        serving = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", self.port), self._loop
        )
        self._server = serving.result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def recipients(self) -> list[str]:
        """To whom messages were accepted, in order."""
        return [one.recipient for one in self.taken]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        conversation = _Conversation(self, reader, writer, self.connections)
        try:
            await conversation.hold()
        except (_Ended, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            if not self._loop.is_closed():
                writer.close()


class _Ended(Exception):
    pass


class _Conversation:
    def __init__(
        self, server: FakeSmtp, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self.server, self.reader, self.writer, self.number = server, reader, writer, number
        self.sender = self.recipient = ""
        self.since: list[str] = []

    async def say(self, command: str, line: str, usual: str) -> str:
        """Answer as the script wants; returns what was said."""
        answer = self.server.script(Turn(command, line, self.recipient, len(self.server.taken), self.number))
        if answer == "drop":
            raise _Ended
        if answer == "hang":
            await asyncio.sleep(3600)
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            answer = None
        said = str(answer or usual)
        if self.writer.transport.is_closing() and command == "DOT":
            return said
        self.writer.write(f"{said}\r\n".encode())
        return said

    async def hold(self) -> None:
        await self.say("GREET", "", "220 fake ESMTP")
        while line := (await self.reader.readline()).decode().rstrip("\r\n"):
            self.server.lines.append(line)
            self.since.append(line)
            word = line.partition(" ")[0].partition(":")[0].upper()
            if word == "QUIT":
                self.server.script(Turn("QUIT", line, "", len(self.server.taken), self.number))
                self.writer.write(b"221 bye\r\n")
                return
            await self.command(word, line)

    async def command(self, word: str, line: str) -> None:
        if word in ("EHLO", "HELO"):
            offered = ["fake", *self.server.extensions]
            usual = "\r\n".join(f"250{'-' if one is not offered[-1] else ' '}{one}" for one in offered)
            await self.say("EHLO", line, usual)
        elif word == "MAIL":
            self.sender, self.recipient = line.partition("<")[2].partition(">")[0], ""
            self.since = [line]
            if not (await self.say("MAIL", line, "250 2.1.0 ok")).startswith("2"):
                self.sender = ""
        elif word == "RCPT":
            self.recipient = line.partition("<")[2].partition(">")[0]
            usual = "250 2.1.5 ok" if self.sender else "503 5.5.1 no sender"
            if not (await self.say("RCPT", line, usual)).startswith("2"):
                self.recipient = ""
        elif word == "DATA":
            await self.data(line)
        elif word == "AUTH":
            await self.say("AUTH", line, "235 2.7.0 welcome")
        else:
            await self.say(word, line, "250 2.0.0 ok")

    async def data(self, line: str) -> None:
        usual = "354 go ahead" if self.recipient else "503 5.5.1 no recipient"
        if not (await self.say("DATA", line, usual)).startswith("354"):
            return
        data = b""
        while (part := await self.reader.readuntil(b"\r\n")) != b".\r\n":
            data += part.removeprefix(b".")
        said = await self.say("DOT", "", "250 2.0.0 taken")
        if said.startswith("2"):
            self.server.taken.append(Taken(self.sender, self.recipient, data, tuple(self.since)))
