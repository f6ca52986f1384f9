"""Commands out, responses in: tags, literals, several commands in flight, and what breaks a connection."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from mailcrm.errors import LimitExceeded, ServerUnavailable
from mailcrm.net.imap.replies import Reply, bye, read_reply, refusal
from mailcrm.net.imap.transport import Transport

Response = list[bytes]
"""One untagged response: its line without "* ", then by turns a literal and the rest of the line."""
MOST_RESPONSES = 500_000
"""To one command whose answer is read as a whole."""
SLOWEST = 50_000
"""Bytes a second: what a command may keep us waiting for beyond the patience for any command."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A string argument; sent as a literal where it cannot be quoted."""

    value: bytes


@dataclass(frozen=True, slots=True)
class Literal:
    """Bytes sent as a literal whatever they are: a message to append."""

    value: bytes


Argument = bytes | Quoted | Literal


class Wire:
    """Sends commands and reads responses in order. Every failure of the connection is ServerUnavailable (or
    LimitExceeded) and ends it for good: `broken` says so."""

    def __init__(self, transport: Transport, patience: float) -> None:
        self.transport = transport
        self.host = transport.host
        self.broken = False
        self.commands: deque[str] = deque(maxlen=10_000)
        """Names of the commands sent, without arguments: proof of what a session did."""
        self.open_tags: set[bytes] = set()
        self._patience = patience
        self._count = 0

    def send(self, name: str, *arguments: Argument, expected: int = 0) -> bytes:
        """Sends a command and returns its tag without waiting for the answer (except before a literal).
        `expected` is the number of bytes asked for. Raises ServerUnavailable; ValueError for NUL, CR or LF."""
        if self.broken:
            raise ServerUnavailable(f"The connection to {self.host} was given up; a new one is needed.")
        _check(arguments)
        self._count += 1
        tag = b"c%d" % self._count
        self.commands.append(name)
        allowance = self._patience + expected / SLOWEST
        self.transport.be_patient(2 * allowance if self.open_tags else allowance)
        self.open_tags.add(tag)
        line = tag + b" " + name.encode("ascii")
        for argument in arguments:
            if isinstance(argument, bytes):
                line += b" " + argument
            elif isinstance(argument, Quoted) and argument.value.isascii():
                line += b' "' + argument.value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
            else:
                self.write(line + b" {%d}\r\n" % len(argument.value))
                self.await_go_ahead()
                line = argument.value
        self.write(line + b"\r\n")
        return tag

    def be_patient_for(self, expected: int) -> None:
        """Begins the waiting time anew: the patience for any command, and one second for every 50 kB expected."""
        self.transport.be_patient(self._patience + expected / SLOWEST)

    def write(self, data: bytes) -> None:
        """Bytes as they are. Raises ServerUnavailable."""
        try:
            self.transport.send(data)
        except OSError as error:
            raise self.lost(error) from None

    def read_any(self) -> Response | tuple[bytes, Reply] | None:
        """The next untagged response, tag and reply of a command that ended, or None for a "+". Raises
        ServerUnavailable on EOF, timeout, BYE or a line that is no response (the stream is out of step then), and
        LimitExceeded."""
        parts = self._next()
        line = parts[0]
        if line.startswith(b"* "):
            parts[0] = line[2:]
            if line.startswith(b"* BYE") and "LOGOUT" not in self.commands:
                self.broken = True
                raise bye(self.host, line[5:].strip())
            return parts
        if line.startswith(b"+"):
            return None
        tag, reply = self._tagged(line)
        self.open_tags.discard(tag)
        return tag, reply

    def read(self) -> Response | tuple[bytes, Reply]:
        """As `read_any`, where a "+" would be out of step. Raises the same."""
        got = self.read_any()
        if got is None:
            raise self._out_of_step()
        return got

    def await_go_ahead(self) -> list[Response]:
        """Waits for the server's "+"; returns the responses that came before it. Raises what a refusal stands for."""
        early: list[Response] = []
        while (got := self.read_any()) is not None:
            if isinstance(got, tuple):
                raise refusal(self.host, self.commands[-1], got[1])
            early.append(got)
        return early

    def run(self, name: str, *arguments: Argument, expected: int = 0) -> tuple[list[Response], Reply]:
        """A whole small command: its untagged responses and its OK. Raises what a refusal stands for."""
        tag = self.send(name, *arguments, expected=expected)
        return self.finish(name, tag)

    def finish(self, name: str, tag: bytes) -> tuple[list[Response], Reply]:
        """Reads until the command with this tag has ended."""
        untagged: list[Response] = []
        while True:
            got = self.read()
            if isinstance(got, list):
                untagged.append(got)
                if len(untagged) > MOST_RESPONSES:
                    self.broken = True
                    raise LimitExceeded(f"{self.host} answered {name} without an end.")
            elif got[0] == tag:
                if got[1].status != "OK":
                    raise refusal(self.host, name, got[1])
                return untagged, got[1]

    def stream(self, name: str, *arguments: Argument) -> Iterator[Response]:
        """The untagged responses of one command as they come. A caller that stops early gives the connection up."""
        tag = self.send(name, *arguments)
        complete = False
        try:
            while isinstance(got := self.read(), list):
                self.be_patient_for(0)
                yield got
            complete = got[0] == tag
            if got[1].status != "OK":
                raise refusal(self.host, name, got[1])
        finally:
            self.broken = self.broken or not complete

    def _next(self) -> list[bytes]:
        try:
            return self.transport.next_response()
        except OSError as error:
            raise self.lost(error) from None
        except LimitExceeded:
            self.broken = True
            raise

    def _tagged(self, line: bytes) -> tuple[bytes, Reply]:
        tag, _, rest = line.partition(b" ")
        status, _, text = rest.partition(b" ")
        if tag not in self.open_tags or status.upper() not in (b"OK", b"NO", b"BAD"):
            raise self._out_of_step()
        return tag, read_reply(status, text)

    def _out_of_step(self) -> ServerUnavailable:
        self.broken = True
        return ServerUnavailable(f"{self.host} sent something that is no answer; the connection was given up.")

    def lost(self, error: OSError) -> ServerUnavailable:
        """Closes the connection after a failure of its socket; returns the error to raise."""
        self.broken = True
        self.transport.shutdown()
        if isinstance(error, TimeoutError):
            return ServerUnavailable(f"{self.host} took too long to answer; the connection was given up.")
        return ServerUnavailable(f"The connection to {self.host} was lost: {error}.")


def _check(arguments: tuple[Argument, ...]) -> None:
    """Nothing that could end a command early and begin another."""
    for argument in arguments:
        if isinstance(argument, Literal):
            continue
        value = argument.value if isinstance(argument, Quoted) else argument
        if b"\0" in value or b"\r" in value or b"\n" in value:
            raise ValueError("an argument of a command may not contain NUL, CR or LF")
